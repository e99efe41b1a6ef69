"""What the pictures of a skymap share: contours, marks, the words around them.

Colours are Okabe and Ito's (2008), which the colour-blind tell apart; lines and symbols differ
in form as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.time import Time
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import Normal, Stroke

from pipeline.io.atomic import atomic_path
from pipeline.skymaps.map.contours import Contour, area_words
from pipeline.skymaps.map.skymap import Skymap

Style = dict[str, Any]
"""How matplotlib draws a line: its keywords."""

DPI = 150
COLOURS = "Blues_r"
ORANGE, VERMILION, YELLOW = "#E69F00", "#D55E00", "#F0E442"
GREEN, PURPLE = "#009E73", "#CC79A7"
LINES: dict[str, Style] = {
    "50": {"color": YELLOW, "linestyle": "-", "linewidth": 1.4},
    "90": {"color": ORANGE, "linestyle": "-", "linewidth": 2.2},
    "3sigma": {"color": VERMILION, "linestyle": (0, (4, 2)), "linewidth": 1.6},
}
NAMES = {"50": "50 %", "90": "90 %", "3sigma": "3σ"}
SYMBOLS: dict[str, Style] = {
    "best fit": {"marker": "*", "markersize": 11, "color": "white", "markeredgecolor": "black"},
    "fit": {"marker": "+", "markersize": 18, "markeredgewidth": 2, "color": PURPLE},
    "truth": {"marker": "X", "markersize": 9, "color": GREEN, "markeredgecolor": "white"},
}
NOT_SCANNED: Style = {"facecolor": "0.86", "edgecolor": "0.76", "hatch": "////", "linewidth": 0}
"""Grey and hatched: the colours of large 2Δllh end near white."""


@dataclass(frozen=True)
class Mark:
    """A position to mark beside the best fit: ICRS [deg].

    `kind` is ``"fit"`` of an earlier reconstruction, or ``"truth"`` of a simulated event.
    """

    label: str
    kind: str
    ra: float
    dec: float


@dataclass(frozen=True)
class Caption:
    """What the map itself does not know.

    Attributes
    ----------
    name : str
        What events.tsv calls the event.
    reco : str
        What fitted it.
    limits : str
        To what the scan was limited, or what else must be known first; mostly empty.
    """

    name: str
    reco: str
    limits: str = ""


def halo(width: float, colour: str = "black") -> list[Any]:
    """Return the effects that set a line or a symbol off from what is below."""
    return [Stroke(linewidth=width + 1.2, foreground=colour, alpha=0.8), Normal()]


def draw_contours(axes: Axes, skymap: Skymap, plot: Any, thinner: float = 1.0) -> list[Artist]:
    """Draw all contours; return what stands for them in a legend.

    Parameters
    ----------
    axes : Axes
        Where.
    skymap : Skymap
        Of what.
    plot : callable
        Draws a line of right ascensions and declinations [deg], with matplotlib's style.
    thinner : float
        Factor of the lines' widths.
    """
    handles: list[Artist] = []
    for name, contour in reversed(skymap.contours.items()):
        style = LINES[name] | {"linewidth": thinner * LINES[name]["linewidth"]}
        effects = halo(style["linewidth"])
        for polygon in contour.polygons:
            plot(*polygon.T, **style, path_effects=effects, zorder=3)
        handles.append(Line2D([], [], **style, path_effects=effects, label=_label(name, contour)))
    return handles[::-1]


def draw_unscanned(axes: Axes, depth: np.ndarray) -> list[Artist]:
    """Fill what a scan did not look at; return what stands for it in a legend.

    Parameters
    ----------
    axes : Axes
        Where the picture is drawn, masked where `depth` is NaN.
    depth : numpy.ndarray
        2Δllh of all that is shown.

    Returns
    -------
    list of Artist
        Empty where all of the picture was scanned.
    """
    if not np.isnan(depth).any():
        return []
    axes.patch.set(**NOT_SCANNED)
    return [Patch(**NOT_SCANNED, label="not scanned")]


def draw_mark(plot: Any, kind: str, label: str, ra: float, dec: float, size: float = 1.0) -> Artist:
    """Draw the symbol of a position; return what stands for it in a legend."""
    style: Style = {"linestyle": "", **SYMBOLS[kind]}
    style["markersize"] *= size
    effects = halo(1.8) if kind == "fit" else None
    plot([ra], [dec], **style, path_effects=effects, zorder=5)
    return Line2D([], [], **style, path_effects=effects, label=label)


def write_words(figure: Figure, skymap: Skymap, caption: Caption) -> None:
    """Write the heading: which event, reconstructed how, and what the contours are worth."""
    event = skymap.event
    when = "time not known"
    if event.mjd is not None:
        when = Time(event.mjd, format="mjd").to_datetime().strftime("%Y-%m-%d %H:%M:%S UTC")
    kind = event.event_type if event.is_real else f"{event.event_type}, simulated"
    height = figure.get_size_inches()[1]

    def line(inches: float, text: str, **style: Any) -> None:
        figure.text(0.03, 1 - inches / height, text, verticalalignment="top", **style)

    line(0.12, caption.name, fontsize=14, fontweight="bold")
    which = f"run {event.run_id}, event {event.event_id} ({kind}), {when}"
    line(0.40, f"{which};  reconstruction: {caption.reco}", fontsize=9)
    line(0.57, f"contours: {skymap.levels.source}", fontsize=9)
    if caption.limits:
        line(0.74, caption.limits, fontsize=9, fontweight="bold", color=VERMILION)
    if not skymap.levels.calibrated:
        figure.text(
            0.97,
            1 - 0.15 / height,
            "UNCALIBRATED CONTOURS",
            fontsize=10,
            fontweight="bold",
            color=VERMILION,
            horizontalalignment="right",
            verticalalignment="top",
        )


def best_fit_label(skymap: Skymap) -> str:
    """Return the legend's words for the best fit."""
    return f"best fit: {_position(skymap.ra, skymap.dec)}"


def mark_label(skymap: Skymap, mark: Mark) -> str:
    """Return the legend's words for a marked position."""
    angle = away(skymap, mark)
    words = f"{angle:.2g}" if angle < 1 else f"{angle:.1f}"
    return f"{mark.label}:\n{_position(mark.ra, mark.dec)}, {words}° off"


def away(skymap: Skymap, mark: Mark) -> float:
    """Return how far a mark is from the best fit [deg]."""
    return float(skymap.separation(mark.ra, mark.dec))


def save(figure: Figure, path: str | Path) -> None:
    """Write the picture, the same bytes for the same map."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})


def outline(skymap: Skymap) -> np.ndarray:
    """Return the corners of the outermost contour and the best fit, shape (n, 2) [deg]."""
    polygons: Iterable[np.ndarray] = skymap.contours["3sigma"].polygons
    return np.concatenate([*polygons, np.array([[skymap.ra, skymap.dec]])])


def degrees_label(dec: float) -> str:
    """Return a declination's label.

    >>> degrees_label(-30), degrees_label(0), degrees_label(15)
    ('−30°', '0°', '+15°')
    """
    return f"{dec:+.0f}°".replace("-", "−") if dec else "0°"


def _label(name: str, contour: Contour) -> str:
    area = area_words(contour.area)
    bound = "≥ " if contour.reaches_edge else ""
    return f"{NAMES[name]}: {bound}{area} deg² (2Δllh = {contour.two_delta_llh:.2f})"


def _position(ra: float, dec: float) -> str:
    return f"{ra:.2f}°, {dec:+.2f}°".replace("-", "−")
