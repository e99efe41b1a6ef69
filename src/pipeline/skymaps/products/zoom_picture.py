"""The picture of the surroundings of the best fit."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.products.frame import Frame, framed
from pipeline.skymaps.products.graticule import draw_graticule
from pipeline.skymaps.products.pictures import (
    COLOURS,
    Caption,
    Mark,
    best_fit_label,
    draw_contours,
    draw_mark,
    draw_unscanned,
    mark_label,
)
from pipeline.skymaps.products.view import depth_in, plotter, projection, view_of

FURTHEST = 3.0
"""Where the colours end, in units of the outermost contour's 2Δllh."""
SIZE = 9.4, 7.3
PIXELS = 600


def draw_zoom(
    skymap: Skymap, path: str | Path, caption: Caption, marks: Sequence[Mark] = ()
) -> None:
    """Draw the surroundings of the best fit, with contours, as PNG; east is left.

    Parameters
    ----------
    skymap : Skymap
        What to draw.
    path : str or Path
        Ends on ``.png``.
    caption : Caption
        For the heading.
    marks : sequence of Mark
        Other positions to show; of those outside the picture the legend says how far.
    """
    with framed(skymap, path, caption, size=SIZE, furthest=FURTHEST) as frame:
        _draw(frame, skymap, marks)


def _draw(frame: Frame, skymap: Skymap, marks: Sequence[Mark]) -> None:
    ra, dec, half = view_of(skymap, marks)
    wcs = projection(ra, dec, half, PIXELS)
    depth = depth_in(skymap, wcs, PIXELS)
    axes = frame.figure.add_axes((0.09, 0.075, 0.62, 0.62 * SIZE[0] / SIZE[1]), projection=wcs)
    image = axes.imshow(
        np.ma.masked_invalid(depth),
        origin="lower",
        cmap=COLOURS,
        vmin=0,
        vmax=frame.furthest,
    )

    plot = plotter(axes, wcs, PIXELS)
    handles = draw_contours(axes, skymap, plot)
    unscanned = draw_unscanned(axes, depth)
    for mark in marks:
        label = mark_label(skymap, mark)
        handles.append(draw_mark(plot, mark.kind, label, mark.ra, mark.dec))
    best = draw_mark(plot, "best fit", best_fit_label(skymap), skymap.ra, skymap.dec)
    handles.insert(len(skymap.contours), best)
    axes.set_xlim(-0.5, PIXELS - 0.5)
    axes.set_ylim(-0.5, PIXELS - 0.5)
    draw_graticule(axes, wcs, (ra, dec), half, PIXELS)
    style = {"loc": "upper left", "fontsize": 8.5, "labelspacing": 0.9}
    frame.legend([*handles, *unscanned], (0.72, 0.885), **style)
    frame.colour_bar(image, (0.735, 0.11, 0.22, 0.02))
