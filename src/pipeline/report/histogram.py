"""A histogram as the lines of a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.contract.blocks import Histogram
from pipeline.report.axis import label, path, short, ticks

WIDTH, HEIGHT = 360, 168
LEFT, RIGHT, TOP, BOTTOM = 46, 352, 8, 132
LEAST_BINS = 8


@dataclass(frozen=True)
class Bars:
    """A drawing of `WIDTH` by `HEIGHT`.

    Attributes
    ----------
    bars, usual : str
        Paths: this night's, and the outline of the earlier ones; empty where there are none.
    below, left : list of (float, str)
        Ticks.
    words : str
        What it shows.
    """

    bars: str
    usual: str
    below: list[tuple[float, str]]
    left: list[tuple[float, str]]
    words: str


def draw(block: Histogram) -> Bars:
    """Return the drawing of a histogram, without the empty bins at its ends."""
    first, last = _shown(block)
    edges = block.edges[first : last + 1]
    counts = block.counts[first:last]
    usual = [] if block.usual is None else block.usual[first:last]
    most = max([*counts, *usual, 1.0])
    width = (RIGHT - LEFT) / (edges[-1] - edges[0])

    def x(value: float) -> float:
        return round(LEFT + (value - edges[0]) * width, 1)

    def y(count: float) -> float:
        return round(BOTTOM - count / most * (BOTTOM - TOP), 1)

    bars = "".join(
        f"M{short(x(low) + 0.5)} {BOTTOM}V{short(y(n))}H{short(x(high) - 0.5)}V{BOTTOM}z"
        for low, high, n in zip(edges[:-1], edges[1:], counts, strict=True)
        if n
    )
    return Bars(
        bars,
        path([p for b in zip(edges[:-1], edges[1:], usual, strict=True)
              for p in ((x(b[0]), y(b[2])), (x(b[1]), y(b[2])))]) if usual else "",
        [(x(t), label(t)) for t in ticks(edges[0], edges[-1], 8)],
        [(y(t), label(t)) for t in ticks(0.0, most, 4) if t == int(t)],
        _words(block),
    )  # fmt: skip


def _shown(block: Histogram) -> tuple[int, int]:
    """Return the first bin and the one behind the last that anything is in."""
    usual: Sequence[float] = block.usual or [0.0] * len(block.counts)
    both = zip(block.counts, usual, strict=True)
    there = [number for number, (n, before) in enumerate(both) if n or before >= 0.5]
    if not there:
        return 0, len(block.counts)
    first, last = there[0], there[-1] + 1
    lacking = max(0, LEAST_BINS - (last - first))
    first = max(0, first - (lacking + 1) // 2)
    return first, min(len(block.counts), max(last + lacking // 2, first + LEAST_BINS))


def _words(block: Histogram) -> str:
    total = sum(block.counts)
    if not total:
        return f"{block.title}: nothing"
    most = max(range(len(block.counts)), key=lambda number: block.counts[number])
    low, high = block.edges[most], block.edges[most + 1]
    return (
        f"{block.title}: {total:,} in all, most ({block.counts[most]:,}) "
        f"from {label(low)} to {label(high)}"
    )
