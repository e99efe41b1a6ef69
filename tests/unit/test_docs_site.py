"""What the documentation site is made of: found in the code, and none left out."""

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    sys.path.insert(0, str(ROOT / "docs/site"))
    try:
        from generate import generate
    finally:
        sys.path.pop(0)
    generate(target)
    return target


def test_every_module_has_a_page(site):
    pages = {path.stem for path in (site / "reference/api").glob("*.md")}
    for path in (ROOT / "src/pipeline").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        assert name.removesuffix(".__init__") in pages


def test_every_rule_is_described(site):
    page = (site / "reference/rules.md").read_text()
    texts = [path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk")]
    rules = re.findall(r"^ *rule (\w+):", "\n".join(texts), flags=re.MULTILINE)
    assert rules
    for rule in rules:
        (section,) = re.findall(rf"^### {rule}\n\n(.+?)^```$", page, flags=re.M | re.S)
        assert section.strip()
        assert "output:" in section


def test_every_key_is_described(site):
    page = (site / "reference/configuration.md").read_text()
    schema = json.loads((ROOT / "config/config.schema.json").read_text())
    sections = [schema, *schema["$defs"].values()]
    for key in {key for section in sections for key in section.get("properties", {})}:
        assert f"| `{key}` | " in page


def test_the_index_has_every_page(site):
    """Sphinx says so as well; `make docs` takes half a minute."""
    index = (site / "index.md").read_text()
    pages = {path.relative_to(site).with_suffix("").as_posix() for path in site.glob("*.md")}
    pages |= {f"decisions/{path.stem}" for path in (site / "decisions").glob("*.md")}
    missing = {page for page in pages - {"index"} if f"<{page}>" not in index}
    assert not missing, f"docs/README.md links to all pages but {missing}"


def test_links_lead_to_pages_of_the_site(site):
    for path in site.rglob("*.md"):
        prose = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
            assert "://" in link or (path.parent / link).exists(), f"{path.name}: {link}"
