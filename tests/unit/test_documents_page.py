"""The page on translated pipelines lists what the code translates."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_lists_are_the_codes():
    site = runpy.run_path(str(ROOT / "docs" / "site" / "operators.py"))
    text = site["PAGE"].read_text()
    assert site["written"](text) == text, "run docs/site/operators.py"
