"""Gather the site's pages: those of the repository, and the references made from its code.

    python docs/site/generate.py build/docs/source

Nothing is listed here by hand but the repository's pages outside docs/: modules, rules, keys
and commands are found. docs/README.md is the index; a page that it does not link to is an error
of the build (a document in no table of contents).
"""

import shutil
import sys
from pathlib import Path

from api import PACKAGE, api_pages
from commands import commands_page
from configuration import configuration_page
from pages import ROOT, index_page, repository_pages
from rules import rules_page


def generate(target: Path) -> None:
    """Write all pages into a folder, which is emptied first."""
    shutil.rmtree(target, ignore_errors=True)
    reference = {
        "reference/configuration.md": configuration_page(ROOT / "config/config.schema.json"),
        "reference/rules.md": rules_page(ROOT / "workflow"),
        "reference/commands.md": commands_page(),
    }
    pages = {**repository_pages(target), **api_pages(), **reference}
    listed = [*(name.removesuffix(".md") for name in reference), f"reference/api/{PACKAGE}"]
    pages["index.md"] = index_page(pages["index.md"], listed)
    for name, text in pages.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    generate(Path(sys.argv[1]))
