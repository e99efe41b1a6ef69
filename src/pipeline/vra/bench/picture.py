"""Campaigns as a picture: recall by labels, a band a strategy."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.io.atomic import atomic_path
from pipeline.vra.bench.curves import RANDOM

SIZE, DPI = (10.0, 4.2), 120
_COLOURS = {
    "random": "0.45",
    "uncertainty": "#0b6e99",
    "entropy": "#7a3b9a",
    "margin": "#2e7d32",
    "diverse": "#c4500a",
}
"""Told apart also by the dashes: one a size."""
_Style = tuple[str, str, str]
_DASHES = ("-", "--", ":", "-.")


def write_picture(rows: Sequence[Mapping[str, Any]], target: float, title: str, path: Path) -> None:
    """Draw the median recall and its band by the number of labels, and the gain over random.

    Parameters
    ----------
    rows : sequence of mapping
        See `pipeline.vra.bench.curves.curves`.
    target : float
        A line at this recall.
    title : str
    path : Path
        Ends on ``.png``.
    """
    figure = Figure(SIZE, layout="constrained")
    recall, gain = figure.subplots(1, 2)
    _recall(recall, rows, target)
    _gain(gain, rows)
    figure.suptitle(title, fontsize=11)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})


def _curves(rows: Sequence[Mapping[str, Any]], of: str) -> Iterator[tuple[_Style, list[Any]]]:
    """Yield colour, dashes and words of each strategy and size, and its rows that are known."""
    sizes = sorted({row["size"] for row in rows})
    for (strategy, size), some in groupby(rows, key=itemgetter("strategy", "size")):
        known = [row for row in some if row[of] is not None]
        if known:
            words = strategy if len(sizes) == 1 else f"{strategy}, {size} a round"
            yield (_COLOURS[strategy], _DASHES[sizes.index(size) % len(_DASHES)], words), known


def _recall(axes: Axes, rows: Sequence[Mapping[str, Any]], target: float) -> None:
    for (colour, dashes, words), known in _curves(rows, "recall_50"):
        labels = [row["labels"] for row in known]
        axes.plot(labels, [row["recall_50"] for row in known], dashes, color=colour, label=words)
        low, high = ([row[f"recall_{p}"] for row in known] for p in (16, 84))
        axes.fill_between(labels, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.axhline(target, color="0.75", linestyle=":", linewidth=1, zorder=0)
    seeds = max((row["seeds"] for row in rows), default=0)
    axes.set(xlabel="labels", ylabel="recall among as many as there are of class 1")
    axes.set_title(f"median and 16 to 84 % of {seeds} seeds", fontsize=9)
    if axes.lines[:-1]:
        axes.legend(loc="lower right", fontsize=9, frameon=False)


def _gain(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    for (colour, dashes, _), known in _curves(rows, "gain"):
        if known[0]["strategy"] == RANDOM:
            continue
        labels = [row["labels"] for row in known]
        axes.plot(labels, [row["gain"] for row in known], dashes, color=colour)
        low, high = ([row["gain"] + sign * row["gain_sigma"] for row in known] for sign in (-1, 1))
        axes.fill_between(labels, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.axhline(0, color="0.45", linewidth=1, zorder=0)
    axes.set(xlabel="labels", ylabel="recall less that of random")
    axes.set_title("the same seeds: mean and its standard error", fontsize=9)
