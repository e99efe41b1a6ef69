"""Templates: everything that they are given is text until they say otherwise."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.io.messages import printable
from pipeline.report import histogram, light_curve, words

FOLDER = Path(__file__).parent / "data"
PAGE, INDEX, ONE, STYLE = "page.html", "index.html", "one.html", "page.css"
PARTS = ("blocks.html", "card.html")
"""What the pages include: named here, so that their content counts as code."""


def render(template: str, **values: Any) -> str:
    """Return a page.

    Parameters
    ----------
    template : str
        `PAGE`, `INDEX`, or `ONE` (of one object or event).
    **values
        Its variables. Whatever is no `Markup` is escaped.
    """
    return render_fragment(template, **values) + "\n"


def render_fragment(template: str, **values: Any) -> str:
    """Return a template of `FOLDER` with its values; see `render`."""
    style = Markup((FOLDER / STYLE).read_text(encoding="utf-8").strip())  # noqa: S704 - our own
    return _environment().get_template(template).render(style=style, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": words.number,
        "cut": words.cut,
        "utc": words.utc,
        "plural": words.plural,
        "base64": lambda content: b64encode(content).decode(),
    }
    environment.globals |= {
        "kind_of": kind_of,
        "runs": runs,
        "of_words": of_words,
        "draw_histogram": histogram.draw,
        "draw_light_curve": lambda o: light_curve.draw(o["points"], o["mjd"]),
        "symbol": light_curve.symbol,
    }
    return environment


def of_words(rows: Sequence[Sequence[Any]]) -> list[bool]:
    """Return for each column of a table whether it has words: others stand to the right."""
    return [any(isinstance(value, str) for value in column) for column in zip(*rows, strict=True)]


def _shown(value: Any) -> Any:
    """Return what a page shows of a variable: of text no control characters, as in a terminal.

    Names come from packets: escaped they are no markup, but could still turn the direction of
    writing of what follows, and a NUL is an error of HTML. What is `Markup` is ours.
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value, keep="\n\t")
    return value


def band_colours() -> list[str]:
    """Return the colours of bands on white, by their numbers, as ``#00785a``."""
    style = (FOLDER / STYLE).read_text(encoding="utf-8")
    first, _, _ = style.partition("}")
    return [colour for _, colour in sorted(re.findall(r"--b(\d):(#[0-9a-f]{6})", first))]


def kind_of(block: Any) -> str:
    """Return what kind of block something is: one, or its plain values."""
    return block["block"] if isinstance(block, Mapping) else type(block).__name__.lower()


def runs(blocks: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    """Return blocks of one kind that follow one another, together."""
    return [(kind, list(run)) for kind, run in groupby(blocks, kind_of)]
