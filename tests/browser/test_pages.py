"""The pages in a browser: offline, without errors, readable by all, wide, narrow and dark."""

import os
from pathlib import Path

import pytest

SHOWN = ("event.html", "object.html", "hostile.html")
"""What `nightmill show` writes."""
PAGES = ("index.html", "ztf/20180202.html", "ztf/20180203.html", *SHOWN)
VIEWS = ((1280, False), (400, False), (1280, True), (400, True))
PICTURES = os.environ.get("NIGHTMILL_SCREENSHOTS")


@pytest.fixture(params=[(p, *v) for p in PAGES for v in VIEWS], ids=str)
def opened(request, browser, report):
    """Return a browser with a page open."""
    page, width, dark = request.param
    browser.open(report / page, width, dark)
    if PICTURES:
        name = f"{Path(page).stem}-{width}{'-dark' if dark else ''}.png"
        browser.screenshot(Path(PICTURES) / name)
    return browser


def test_nothing_is_fetched_and_nothing_fails(opened):
    asked = {event["request"]["url"].partition(":")[0] for event in
             opened.said("Network.requestWillBeSent")}  # fmt: skip
    assert asked <= {"file", "data"}
    assert opened.said("Runtime.exceptionThrown") == []
    assert [e["entry"]["text"] for e in opened.said("Log.entryAdded")] == []
    assert opened.value("document.title") != "owned"


def test_every_picture_is_one(opened):
    lost = "[...document.images].filter(i => i.complete && !i.naturalWidth).length"
    assert opened.value(lost) == 0


def test_the_page_is_as_wide_as_the_window(opened):
    """Tables scroll within themselves."""
    wider = opened.value("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0


def test_events_have_whole_names_in_low_rows(browser, report):
    """At any width a name is one line, and a row at most two."""
    for width in (1280, 400):
        browser.open(report / "ztf/20180202.html", width)
        rows = "[...document.querySelectorAll('table')].find(t => t.caption.textContent == "
        rows += "'Neutrino events').tBodies[0].rows"
        lines = "[...r.cells].map(c => (c.getClientRects()[0].height))"
        line = "parseFloat(getComputedStyle(r).lineHeight)"
        assert browser.value(f"[...{rows}].every(r => Math.max(...{lines}) < 3 * {line})")
        range_ = "(n => { const x = document.createRange(); x.selectNodeContents(n); return x })"
        name = f"{range_}({rows}[0].cells[0]).getClientRects().length"
        assert browser.value(name) == 1


def test_links_lead_somewhere(browser, report):
    for page in PAGES:
        browser.open(report / page)
        links = browser.value("[...document.links].map(a => a.getAttribute('href'))")
        assert links
        for link in links:
            file, _, anchor = link.partition("#")
            if "://" in link:
                assert link.startswith("https://")
            elif file:
                assert (report / page).parent.joinpath(file).is_file(), link
            else:
                assert browser.value(f"!!document.getElementById({anchor!r})"), link


def test_accessibility(opened, axe):
    opened.value(axe + ";0")
    told = opened.value("axe.run({resultTypes: ['violations']}).then(r => r.violations.map("
                        "v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)"
                        " + ' ' + n.failureSummary).join(' | ')))")  # fmt: skip
    assert told == []


def test_search(browser, report):
    browser.open(report / "index.html")
    search = (
        "(asked => { const i = document.getElementById('search'); i.value = asked;"
        "i.dispatchEvent(new Event('input'));"
        "return [...document.querySelectorAll('#found a')].map(a => a.getAttribute('href')) })"
    )
    assert browser.value(search + "('18ABC')") == ["ztf/20180203.html#o1000001"]
    assert browser.value(search + "('<script>')") == ["ztf/20180203.html#o1000000"]
    assert browser.value(search + "('1000001')") == ["ztf/20180203.html#o1000001"]
    assert browser.value(search + "('no such')") == []
    assert "No card" in browser.value("document.getElementById('found').textContent")
    assert browser.value("document.querySelectorAll('#found script').length") == 0


def test_keyboard(browser, report):
    """What can be opened, scrolled or followed can be reached, and shows where one is."""
    browser.open(report / PAGES[1])
    browser("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab",
            windowsVirtualKeyCode=9)  # fmt: skip
    assert browser.value("document.activeElement.className") == "skip"
    style = "getComputedStyle(document.activeElement)"
    assert browser.value(f"{style}.outlineStyle") == "solid"
