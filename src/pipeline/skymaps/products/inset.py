"""A small region, enlarged beside the whole sky."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import ConnectionPatch

from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.products.frame import Frame
from pipeline.skymaps.products.pictures import (
    COLOURS,
    SYMBOLS,
    Style,
    draw_contours,
    draw_unscanned,
    halo,
)
from pipeline.skymaps.products.view import depth_in, plotter, projection, view_of

PIXELS = 300
FURTHEST = 0.3
"""Where its colours end, in units of the whole sky's."""
LINE: Style = {"color": "0.5", "linewidth": 0.7}


def draw_inset(
    frame: Frame, skymap: Skymap, place: tuple[float, float, float, float], sky: Axes
) -> None:
    """Draw all of the outermost contour, east left, and a line to where it is on the sky.

    Parameters
    ----------
    frame : Frame
        Of the picture.
    skymap : Skymap
        What to draw.
    place : tuple of float
        Left, bottom, width and height in units of the figure; free of all else.
    sky : Axes
        The whole sky, whose longitude is 180° − right ascension [rad].
    """
    ra, dec, half = view_of(skymap)
    wcs = projection(ra, dec, half, PIXELS)
    depth = depth_in(skymap, wcs, PIXELS)
    axes = frame.figure.add_axes(place)
    axes.imshow(
        np.ma.masked_invalid(depth),
        origin="lower",
        cmap=COLOURS,
        vmin=0,
        vmax=FURTHEST * frame.furthest,
    )
    plot = plotter(axes, wcs, PIXELS)
    draw_contours(axes, skymap, plot, thinner=0.6)
    draw_unscanned(axes, depth)
    star = SYMBOLS["best fit"] | {"markersize": 7}
    plot([skymap.ra], [skymap.dec], linestyle="", zorder=5, **star)
    axes.set(xlim=(-0.5, PIXELS - 0.5), ylim=(-0.5, PIXELS - 0.5), xticks=[], yticks=[])
    axes.text(
        0.04,
        0.04,
        f"{2 * half:.1f}° wide",
        fontsize=7,
        transform=axes.transAxes,
        path_effects=halo(1.5, "white"),
        zorder=6,
    )
    there = np.radians(180 - skymap.ra % 360), np.radians(skymap.dec)
    line = ConnectionPatch(
        there, (0, 0), "data", "axes fraction", axesA=sky, axesB=axes, shrinkA=11, **LINE
    )
    frame.figure.add_artist(line)
