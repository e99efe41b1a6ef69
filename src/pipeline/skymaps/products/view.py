"""What a narrow picture shows: its middle, its size, the map and lines in it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from astropy.wcs import WCS
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.products.pictures import Mark, away, outline

SMALLEST, LARGEST = 1.0, 75.0
"""Half the side of the picture [deg]."""
MARGIN = 1.25
"""Half the side, in units of what the outermost contour needs."""
NEAR = 1.5
"""The picture grows by up to this factor to show a mark as well."""
SIDE = 600
"""Pixels of the pictures in which a view is looked for; any number finds the same."""


def depth_in(skymap: Skymap, wcs: WCS, pixels: int) -> np.ndarray:
    """Return 2Δllh in a projection, shape (pixels, pixels); NaN where nothing was scanned."""
    x, y = np.meshgrid(np.arange(pixels), np.arange(pixels))
    there = wcs.all_pix2world(x.ravel(), y.ravel(), 0)
    return skymap.cells.values_at(there[0] % 360, there[1]).reshape(x.shape)


def plotter(axes: Axes, wcs: WCS, pixels: int) -> Callable[..., None]:
    """Return a function that draws a line of right ascensions and declinations [deg]."""

    def plot(ra: ArrayLike, dec: ArrayLike, **style: Any) -> None:
        """Draw a line, cut where it passes the far side of the sky."""
        x, y = wcs.all_world2pix(ra, dec, 0)
        jumps = np.flatnonzero(np.hypot(np.diff(x), np.diff(y)) > pixels / 2) + 1
        axes.plot(np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan), **style)

    return plot


def projection(ra: float, dec: float, half: float, pixels: int) -> WCS:
    """Return an equal-area projection about a position, of so many pixels a side, east left."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---ZEA", "DEC--ZEA"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [pixels / 2 + 0.5] * 2
    wcs.wcs.cdelt = [-2 * half / pixels, 2 * half / pixels]
    return wcs


def view_of(skymap: Skymap, marks: Sequence[Mark] = ()) -> tuple[float, float, float]:
    """Return the middle and half the side of a picture of all of the outermost contour [deg]."""
    corners = outline(skymap)
    ra, dec, half = skymap.ra, skymap.dec, SMALLEST
    # The middle of what is seen from the best fit, then the same from there: regions of which
    # the best fit is not the middle move into it.
    for _ in range(3):
        # 1e-9 of a degree off the pole, where right ascension has no meaning
        wcs = projection(ra, float(np.clip(dec, -90 + 1e-9, 90 - 1e-9)), 1.0, SIDE)
        seen = np.column_stack(wcs.all_world2pix(*corners.T, 0))
        low, high = seen.min(axis=0), seen.max(axis=0)
        middle = wcs.all_pix2world([(low + high) / 2], 0)[0]
        if not np.isfinite(middle).all():  # beyond the sky: the region is more than half of it
            break
        half = MARGIN * float((high - low).max()) / SIDE
        ra, dec = float(middle[0] % 360), float(middle[1])
    near = [away(skymap, mark) * 1.15 for mark in marks]
    half = max([half, *(reach for reach in near if half < reach < NEAR * half)])
    return ra, dec, float(np.clip(half, SMALLEST, LARGEST))
