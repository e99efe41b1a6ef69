"""The picture of the surroundings of the best fit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.wcs import WCS
from numpy.typing import ArrayLike

from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.products.frame import Frame, framed
from pipeline.skymaps.products.graticule import draw_graticule
from pipeline.skymaps.products.pictures import (
    COLOURS,
    Caption,
    Mark,
    away,
    best_fit_label,
    draw_contours,
    draw_mark,
    draw_unscanned,
    mark_label,
    outline,
)

FURTHEST = 3.0
"""Where the colours end, in units of the outermost contour's 2Δllh."""
SIZE = 9.4, 7.3
SMALLEST, LARGEST = 1.0, 75.0
"""Half the side of the picture [deg]."""
MARGIN = 1.25
"""Half the side, in units of what the outermost contour needs."""
NEAR = 1.5
"""The picture grows by up to this factor to show a mark as well."""
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
    ra, dec, half = _view(skymap, marks)
    wcs = _projection(ra, dec, half)
    x, y = np.meshgrid(np.arange(PIXELS), np.arange(PIXELS))
    there = wcs.all_pix2world(x.ravel(), y.ravel(), 0)
    depth = skymap.cells.values_at(there[0] % 360, there[1]).reshape(x.shape)
    axes = frame.figure.add_axes((0.09, 0.075, 0.62, 0.62 * SIZE[0] / SIZE[1]), projection=wcs)
    image = axes.imshow(
        np.ma.masked_invalid(depth),
        origin="lower",
        cmap=COLOURS,
        vmin=0,
        vmax=frame.furthest,
    )

    def plot(ra: ArrayLike, dec: ArrayLike, **style: Any) -> None:
        """Draw a line, cut where it passes the far side of the sky."""
        x, y = wcs.all_world2pix(ra, dec, 0)
        jumps = np.flatnonzero(np.hypot(np.diff(x), np.diff(y)) > PIXELS / 2) + 1
        axes.plot(np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan), **style)

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


def _projection(ra: float, dec: float, half: float) -> WCS:
    """Return an equal-area projection about a position, of `PIXELS` a side, east left."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---ZEA", "DEC--ZEA"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [PIXELS / 2 + 0.5] * 2
    wcs.wcs.cdelt = [-2 * half / PIXELS, 2 * half / PIXELS]
    return wcs


def _view(skymap: Skymap, marks: Sequence[Mark]) -> tuple[float, float, float]:
    """Return the middle and half the side of a picture of all of the outermost contour [deg]."""
    corners = outline(skymap)
    ra, dec, half = skymap.ra, skymap.dec, SMALLEST
    # The middle of what is seen from the best fit, then the same from there: regions of which
    # the best fit is not the middle move into it.
    for _ in range(3):
        # 1e-9 of a degree off the pole, where right ascension has no meaning
        wcs = _projection(ra, float(np.clip(dec, -90 + 1e-9, 90 - 1e-9)), 1.0)
        seen = np.column_stack(wcs.all_world2pix(*corners.T, 0))
        low, high = seen.min(axis=0), seen.max(axis=0)
        middle = wcs.all_pix2world([(low + high) / 2], 0)[0]
        if not np.isfinite(middle).all():  # beyond the sky: the region is more than half of it
            break
        half = MARGIN * float((high - low).max()) / PIXELS
        ra, dec = float(middle[0] % 360), float(middle[1])
    near = [away(skymap, mark) * 1.15 for mark in marks]
    half = max([half, *(reach for reach in near if half < reach < NEAR * half)])
    return ra, dec, float(np.clip(half, SMALLEST, LARGEST))
