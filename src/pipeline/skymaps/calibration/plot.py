"""The picture of a calibration: how often the truth lies within a given 2Δllh."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from pipeline.io.atomic import atomic_path
from pipeline.skymaps.map.levels import wilks

MARGIN = 1.6  # of the highest level, up to where the picture goes


def draw_coverage(
    table: str | Path, output: str | Path, others: Sequence[float] | None = None
) -> None:
    """Draw how often tracks' truths lay within 2Δllh, Wilks' expectation and the levels.

    Parameters
    ----------
    table : str or Path
        What `pipeline.skymaps.calibration.measured_tracks.write_calibration` wrote.
    output : str or Path
        Ends on ``.png``.
    others : sequence of float, optional
        Statistics of further tracks, which the levels were not derived from.
    """
    content = json.loads(Path(table).read_text())
    statistics = [track["statistic"] for track in content["measured"]]
    contours = [c for c in content["contours"] if c["low"] is not None]
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    last = MARGIN * max([c["level"] for c in contours] + [wilks(0.99)])
    grid = np.linspace(0, last, 500)
    axes.plot(grid, -np.expm1(-grid / 2), color="0.4", linestyle="--", label="Wilks' theorem")
    _steps(axes, statistics, last, "C0", f"{len(statistics)} simulated tracks")
    if others is not None:
        _steps(axes, others, last, "C1", f"{len(others)} other tracks")
    for contour in contours:
        p, level = contour["containment"], contour["level"]
        interval = [[level - contour["low"]], [contour["high"] - level]]
        axes.errorbar(level, p, xerr=interval, fmt="o", color="C0", capsize=4, zorder=3)
        axes.plot(contour["wilks"], contour["wilks_holds"], "x", color="0.2", markersize=8)
        axes.axhline(p, color="0.8", linewidth=0.8, zorder=0)
        text = (
            f"{100 * p:g} % within {level:.2f} ({contour['low']:.2f} to {contour['high']:.2f}); "
            f"Wilks' {contour['wilks']:.2f} holds "
            f"{100 * contour['wilks_holds']:.0f} ± {100 * contour['wilks_error']:.0f} %"
        )
        axes.annotate(
            text,
            (last, p),
            xytext=(-4, -3),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize="small",
        )
    axes.set(
        xlim=(0, last),
        ylim=(0, 1.02),
        xlabel="2 Δllh from the best fit to the truth",
        ylabel="share of tracks within",
        title=f"{content['reco']}, {content.get('ice', 'unknown')} ice, {content['nsides']}",
    )
    axes.legend(loc="lower right")
    with atomic_path(output) as temporary:
        figure.savefig(temporary, dpi=150, format="png")


def _steps(axes: Axes, statistics: ArrayLike, last: float, color: str, label: str) -> None:
    """Draw the cumulative distribution with its binomial error."""
    ordered = np.sort(statistics)
    share = np.arange(1, len(ordered) + 1) / len(ordered)
    error = np.sqrt(share * (1 - share) / len(ordered))
    x = np.concatenate([[0], ordered.clip(0, last), [last]])
    y, band = (np.concatenate([[0], v, v[-1:]]) for v in (share, error))
    axes.step(x, y, where="post", color=color, label=label)
    axes.fill_between(x, y - band, y + band, step="post", color=color, alpha=0.2, linewidth=0)
