"""What a page has, for tests: read by Python's own parser of HTML."""

import re
from html.parser import HTMLParser

VOID = {"meta", "img", "input", "link", "br"}
CLOSED = {"path", "image", "circle", "ellipse", "rect"}


class PageHtml(HTMLParser):
    """Tags, ids, links, headings and text of a page; unbalanced tags are an error."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.ids, self.links, self.headings = [], [], [], []
        self.images, self.open, self.words, self.attributes = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append(tag)
        self.attributes += attrs
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes)
        if tag in ("img", "image"):
            self.images.append((tag, attributes))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


def check_page(text: str, scripts: int = 0) -> PageHtml:
    """Check what holds for every page: safe, whole, to be read by all; return what it has."""
    page = PageHtml(text)
    assert page.tags.count("script") == scripts
    assert not {"iframe", "object", "embed", "link", "form", "base"} & set(page.tags)
    assert "default-src 'none'" in text.split("<style>", maxsplit=1)[0]
    assert len(page.ids) == len(set(page.ids))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    for before, after in zip(page.headings[:-1], page.headings[1:], strict=True):
        assert after <= before + 1
    for tag, image in page.images:
        assert (image.get("src") or image["href"]).startswith("data:image/")
        assert tag == "image" or image["alt"]
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    for link in page.links:
        if link["href"].startswith("#"):
            assert link["href"][1:] in page.ids
        elif "://" in link["href"]:
            assert link["href"].startswith("https://")
            assert "noreferrer" in link["rel"]
    # what a browser would fetch by itself
    assert not re.search(r"url\(|@import|srcset|background=", text)
    return page
