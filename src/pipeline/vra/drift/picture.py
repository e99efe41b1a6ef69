"""A night's drift as a picture: how far each number has moved, beside what chance does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from pipeline.io.atomic import atomic_path

WIDTH, ROW, MARGIN, DPI = 6.4, 0.22, 1.1, 120
SURE = 0.01
"""A p-value, adjusted, below which something has moved."""


def moved(row: Mapping[str, Any]) -> bool:
    """Return whether a number, or how often there is none, has moved for sure."""
    p = (row["p_holm"], row["p_null_holm"])
    return any(one is not None and one < SURE for one in p)


def draw_drift(rows: Sequence[Mapping[str, Any]], title: str, path: Path) -> None:
    """Draw D of each number, the largest at the top, and the band of chance.

    Parameters
    ----------
    rows : sequence of mapping
        See `pipeline.vra.drift.night.drift_rows`.
    title : str
    path : Path
        Ends on ``.png``.
    """
    known = sorted((row for row in rows if row["ks"] is not None), key=lambda row: row["ks"])
    figure = Figure((WIDTH, MARGIN + ROW * max(len(known), 4)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(known):
        low, high = (row["chance"] + k * row["chance_sigma"] for k in (-2, 2))
        axes.barh(place, high - low, left=max(low, 0), height=0.8, color="0.88")
        sure = moved(row)
        axes.plot(row["ks"], place, "o", color="#b3261e" if sure else "0.35", markersize=5,
                  markerfacecolor="#b3261e" if sure else "white")  # fmt: skip
    axes.set_yticks(range(len(known)), [row["what"] for row in known], fontsize=8)
    axes.set(xlabel="Kolmogorov-Smirnov D; grey: by chance, 2 sigma", xlim=(0, 1))
    axes.set_ylim(-0.7, max(len(known), 1) - 0.3)
    axes.set_title(title, fontsize=10)
    if not known:
        axes.text(0.5, 0.5, "nothing can be compared", ha="center", transform=axes.transAxes)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})
