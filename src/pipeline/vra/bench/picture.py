"""Campaigns as a picture: recall by labels, a band a strategy."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from pipeline.io.atomic import atomic_path

SIZE, DPI = (7.0, 4.4), 130
_COLOURS = {
    "random": "0.45",
    "uncertainty": "#0b6e99",
    "entropy": "#7a3b9a",
    "margin": "#2e7d32",
    "diverse": "#c4500a",
}
"""Told apart also by the dashes: one a size."""
_DASHES = ("-", "--", ":", "-.")


def write_picture(rows: Sequence[Mapping[str, Any]], target: float, title: str, path: Path) -> None:
    """Draw the median recall and its band by the number of labels.

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
    axes = figure.subplots()
    sizes = sorted({row["size"] for row in rows})
    for (strategy, size), some in groupby(rows, key=itemgetter("strategy", "size")):
        known = [row for row in some if row["recall_50"] is not None]
        if not known:
            continue
        labels = [row["labels"] for row in known]
        colour, dashes = _COLOURS[strategy], _DASHES[sizes.index(size) % len(_DASHES)]
        words = strategy if len(sizes) == 1 else f"{strategy}, {size} a round"
        axes.plot(labels, [row["recall_50"] for row in known], dashes, color=colour, label=words)
        low, high = ([row[f"recall_{p}"] for row in known] for p in (16, 84))
        axes.fill_between(labels, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.axhline(target, color="0.75", linestyle=":", linewidth=1, zorder=0)
    seeds = max((row["seeds"] for row in rows), default=0)
    axes.set(
        xlabel="labels",
        ylabel="recall among as many as there are of class 1",
        title=f"{title}: median and 16 to 84 % of {seeds} seeds",
    )
    axes.title.set_fontsize(10)
    if axes.lines[:-1]:
        axes.legend(loc="lower right", fontsize=9, frameon=False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})
