"""Write the README's picture of the page, of the demonstration's results: needs Chromium.

Not part of `make docs`: run it by hand where the page looks different, and look at the picture.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/browser"))
from chromium import Browser, program  # noqa: E402 - beside the tests of the page

PICTURE = ROOT / "docs/images/report.png"
WIDTH, HEIGHT = 1150, 1405
"""Of the window [px]: two cards side by side, down to their light curves."""

LEFT = """
document.querySelectorAll('main > section').forEach(e => e.style.margin = 0);
const keep = [document.querySelector('figure.sky'), document.querySelector('.cards')];
document.querySelectorAll('main *').forEach(e => {
    if (e.closest('.verdict, .problems') || e.querySelector('.verdict, .problems')) return;
    if (!keep.some(k => k.contains(e) || e.contains(k))) e.style.display = 'none';
});
keep[0].querySelector('figcaption').style.display = 'none';
"""
"""Of the page stay its head, the sky and the first objects."""


def write(page: Path) -> None:
    """Write the picture of a night's page."""
    where = program()
    if where is None:
        sys.exit("no Chromium")
    browser = Browser(where)
    try:
        browser.open(page.resolve(), WIDTH)
        browser.value(LEFT + "0")
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / "whole.png"
            browser.screenshot(whole)
            with Image.open(whole) as image:
                part = image.convert("RGB").crop((0, 0, WIDTH, HEIGHT))
    finally:
        browser.close()
    part.quantize(256, method=Image.Quantize.MAXCOVERAGE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else ".demo/results/report/ztf/20260101.html"))
