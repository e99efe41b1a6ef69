"""The picture of the whole sky."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.coordinates import Galactic, SkyCoord
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.lines import Line2D

from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.products.frame import Frame, framed
from pipeline.skymaps.products.inset import draw_inset
from pipeline.skymaps.products.pictures import (
    COLOURS,
    Caption,
    Mark,
    Style,
    away,
    best_fit_label,
    degrees_label,
    draw_contours,
    draw_mark,
    draw_unscanned,
    halo,
    mark_label,
    outline,
)

FURTHEST = 10.0
"""Where the colours end, in units of the outermost contour's 2Δllh."""
SIZE = 10.0, 6.6
TICKS = (0, 5, 20, 50, 100, 200, 500)
"""Of the colours, which run with the root of 2Δllh."""
HALF_A_LABEL = 4.0
"""Half the height of a declination's label [pt]."""
SMALL = 4.0
"""A region that reaches less far [deg] gets a ring about it, and is shown beside the sky enlarged:
it is a speck on the whole of it."""
INSET = (0.845, 0.735, 0.13, 0.13 * SIZE[0] / SIZE[1])
"""Where, in the free corner of the ellipse."""


def draw_sky(
    skymap: Skymap, path: str | Path, caption: Caption, marks: Sequence[Mark] = ()
) -> None:
    """Draw the whole sky in Mollweide's projection, right ascension to the left, as PNG.

    Parameters
    ----------
    skymap : Skymap
        What to draw.
    path : str or Path
        Ends on ``.png``.
    caption : Caption
        For the heading.
    marks : sequence of Mark
        Other positions to show.
    """
    with framed(skymap, path, caption, size=SIZE, furthest=FURTHEST) as frame:
        _draw(frame, skymap, marks)


def _draw(frame: Frame, skymap: Skymap, marks: Sequence[Mark]) -> None:
    axes = frame.figure.add_axes((0.05, 0.2, 0.9, 0.65), projection="mollweide")
    # Longitude on the plot is 180° − right ascension, so that 0 h lies at the right edge.
    longitude, latitude = np.meshgrid(np.linspace(-180, 180, 721), np.linspace(-90, 90, 361))
    middle = [
        0.25 * (g[1:, 1:] + g[1:, :-1] + g[:-1, 1:] + g[:-1, :-1]) for g in (longitude, latitude)
    ]
    depth = skymap.cells.values_at(180 - middle[0], middle[1])
    image = axes.pcolormesh(
        np.radians(longitude),
        np.radians(latitude),
        np.ma.masked_invalid(depth),
        cmap=COLOURS,
        norm=PowerNorm(0.5, vmin=0, vmax=frame.furthest, clip=True),
        rasterized=True,
    )

    def plot(ra: np.ndarray, dec: np.ndarray, **style: Any) -> None:
        """Draw a line, cut where it crosses the edge of the picture."""
        longitude, latitude = np.radians(180 - np.asarray(ra) % 360), np.radians(dec)
        jumps = np.flatnonzero(np.abs(np.diff(longitude)) > np.pi) + 1
        axes.plot(np.insert(longitude, jumps, np.nan), np.insert(latitude, jumps, np.nan), **style)

    plane = SkyCoord(np.linspace(0, 360, 721), np.zeros(721), unit="deg", frame=Galactic()).icrs
    plane_style: Style = {"color": "0.45", "linewidth": 1.0, "linestyle": ":"}
    plot(plane.ra.deg, plane.dec.deg, **plane_style)
    contours = draw_contours(axes, skymap, plot, thinner=0.6)
    small = float(skymap.separation(*outline(skymap).T).max()) < SMALL
    places = _draw_places(skymap, marks, plot, small)
    if small:
        draw_inset(frame, skymap, INSET, axes)
    _draw_grid(axes)
    ticks = [tick for tick in TICKS if tick <= frame.furthest]
    frame.colour_bar(image, (0.05, 0.1, 0.27, 0.022), ticks=ticks)
    lines = [*contours, Line2D([], [], **plane_style, label="Galactic plane")]
    lines += draw_unscanned(axes, depth)
    for handles, place in ((lines, (0.37, 0.015)), (places, (0.68, 0.015))):
        frame.legend(handles, place, loc="lower left", fontsize=8)


def _draw_grid(axes: Axes) -> None:
    """Draw meridians and parallels, right ascensions on the equator, declinations at the left.

    Matplotlib would write declinations a tenth farther from the equator than they are.
    """
    longitudes, latitudes = range(-150, 180, 30), range(-75, 90, 15)
    axes.set_xticks(np.radians(longitudes), labels=[""] * len(longitudes))
    axes.set_yticks(np.radians(latitudes), labels=[""] * len(latitudes))
    axes.grid(color="0.6", linewidth=0.4)
    style: Style = {"fontsize": 8, "color": "0.3", "textcoords": "offset points", "zorder": 6}
    inside: Style = style | {"xytext": (0, 2), "ha": "center", "va": "bottom"}
    inside["path_effects"] = halo(1.0, "white")  # contours and the unscanned sky run below
    for x in longitudes:
        axes.annotate(f"{180 - x}°", (np.radians(x), 0), **inside)
    for y in latitudes:
        low, high = axes.transData.transform([(-np.pi, np.radians(y + i)) for i in (-1, 1)])
        run, rise = abs(high - low)
        aside = 4 + HALF_A_LABEL * run / rise  # its corners, too, stay off the map
        outside: Style = style | {"xytext": (-aside, 0), "ha": "right", "va": "center"}
        axes.annotate(degrees_label(y), (-np.pi, np.radians(y)), **outside)


def _draw_places(skymap: Skymap, marks: Sequence[Mark], plot: Any, small: bool) -> list[Artist]:
    """Draw the best fit and the marks; return what stands for them in the legend."""
    best = best_fit_label(skymap)
    handles: list[Artist] = []
    if small:
        # Symbols would hide a small region: a ring about it shows where to look.
        inside = [mark for mark in marks if away(skymap, mark) < SMALL]
        marks = [mark for mark in marks if mark not in inside]
        ring: Style = {"marker": "o", "fillstyle": "none", "linestyle": "", "color": "black"}
        plot([skymap.ra], [skymap.dec], **ring, markersize=22, markeredgewidth=1.2, zorder=4)
        label = "\n".join([f"{best} (ring)", *(mark_label(skymap, mark) for mark in inside)])
        handles.append(Line2D([], [], **ring, markersize=11, label=label))
    for mark in marks:
        label = mark_label(skymap, mark)
        handles.append(draw_mark(plot, mark.kind, label, mark.ra, mark.dec, size=0.6))
    if not small:  # last: on top of the marks, which lie near it
        star = draw_mark(plot, "best fit", best, skymap.ra, skymap.dec, size=0.6)
        handles.insert(0, star)
    return handles
