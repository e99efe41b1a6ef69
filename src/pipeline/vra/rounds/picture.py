"""A closed round as a picture: how good its model is, by rank and by calibration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

NAME = "round.png"
SIZE, DPI = (8.0, 3.8), 120
_SETS = {"held_out": ("held out", "C0", "o"), "train": ("learned from", "0.55", "s")}


def draw_round(metrics: Mapping[str, Any], title: str, path: Path) -> None:
    """Draw recall at rank and the calibration curve.

    Parameters
    ----------
    metrics : mapping
        ``train`` and ``held_out``: see `pipeline.vra.rounds.metrics.metrics_of`.
    title : str
    path : Path
        Ends on ``.png``.
    """
    figure = Figure(SIZE, layout="constrained")
    ranks, curve = figure.subplots(1, 2)
    _ranks(ranks, metrics)
    _calibration(curve, metrics)
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})


def _ranks(axes: Axes, metrics: Mapping[str, Any]) -> None:
    for name, (words, colour, _) in _SETS.items():
        found = metrics[name]
        if found["recall_at_rank"] is None:
            continue
        number = found["number"]
        label = f"{words}: {number}, area {found['area']:.2f}"
        share = [(rank + 1) / number for rank in range(number)]
        axes.plot(share, found["recall_at_rank"], color=colour, label=label)
    axes.plot([0, 1], [0, 1], color="0.8", linestyle=":", linewidth=1, zorder=0)
    axes.set(xlabel="share looked at, the best first", ylabel="recall", ylim=(0, 1.03), xlim=(0, 1))
    _legend(axes, metrics)


def _calibration(axes: Axes, metrics: Mapping[str, Any]) -> None:
    for name, (_, colour, marker) in _SETS.items():
        bins = metrics[name]["calibration"]
        if not bins:
            continue
        style: dict[str, Any] = {"color": colour, "marker": marker, "linewidth": 1}
        axes.plot([b["probability"] for b in bins], [b["positives"] for b in bins], **style)
    axes.plot([0, 1], [0, 1], color="0.8", linestyle=":", linewidth=1, zorder=0)
    axes.set(xlabel="probability", ylabel="share of class 1", ylim=(-0.03, 1.03), xlim=(0, 1))


def _legend(axes: Axes, metrics: Mapping[str, Any]) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right", fontsize=8, frameon=False)
    else:
        words = metrics["held_out"]["reason"] or metrics["train"]["reason"] or "no model"
        axes.text(0.5, 0.5, words, ha="center", wrap=True, transform=axes.transAxes, fontsize=9)
