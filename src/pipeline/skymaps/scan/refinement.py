"""Which pixels a scan adds until every island inside the outermost contour has its shape."""

from collections.abc import Sequence

import numpy as np

from pipeline.sky import healpix
from pipeline.sky.nsides import Level
from pipeline.skymaps.map.cells import Cells, cover
from pipeline.skymaps.map.islands import islands, touching
from pipeline.skymaps.scan.results import State

SHARE = 1 / 200
"""A cell larger than this share of its island is refined: a circle of 200 cells has its area
to 1.3 % (rms over where its centre lies), and a wide region stays affordable."""


def refine_islands(
    levels: Sequence[Level], state: State, two_delta_llh: float
) -> dict[int, np.ndarray]:
    """Choose the children of all cells that are too large for their island.

    Too large is what covers more than `SHARE` of its island. Cells outside that touch an
    island belong to it here: half of a contour's edge runs through them, and an island that
    goes on beyond a coarse one is followed there. A cell is upgraded to the next level, which
    a later round may refine again.

    Parameters
    ----------
    levels : sequence of Level
        The progression.
    state : State
        All results so far, of which the choice is a function; at least one.
    two_delta_llh : float
        Of the outermost contour.

    Returns
    -------
    dict of int to numpy.ndarray
        By nside, ascending, RING indices, sorted, none of which was tried before; empty when
        no cell is too large or all that are have the finest level.
    """
    cells = cover(levels, state)
    sampled = _sampled(cells, levels, state)
    nsides = np.array([level.nside for level in levels])
    large = healpix.pixel_area(nsides)[sampled] > SHARE * _smallest_island(cells, two_delta_llh)
    chosen = {}
    for place, level in enumerate(levels[1:]):
        here = large & (sampled == place)
        new = _pixels(cells.nside[here], cells.nested[here], level.nside)
        if len(new):
            chosen[level.nside] = new
    return chosen


def _smallest_island(cells: Cells, two_delta_llh: float) -> np.ndarray:
    """Return the area of the smallest island that each cell is in or touches [sr], else inf."""
    labels = islands(cells, two_delta_llh)
    inside = labels >= 0
    areas = np.bincount(labels[inside], cells.area[inside])
    own = np.where(inside, areas[labels] if len(areas) else np.inf, np.inf)
    smallest = own.copy()
    one, other = touching(cells.nside, cells.nested)
    np.minimum.at(smallest, one, own[other])
    np.minimum.at(smallest, other, own[one])
    return smallest


def _sampled(cells: Cells, levels: Sequence[Level], state: State) -> np.ndarray:
    """Return the place in the progression of the pixel whose value each cell has.

    What is left of a pixel that was refined in part are smaller cells with the value of its
    centre: they are no finer than the pixel.
    """
    place = np.zeros(len(cells.nside), np.int64)
    for number, level in enumerate(levels):
        here = np.flatnonzero(cells.nside >= level.nside)
        pixel = cells.nested[here] // (cells.nside[here] // level.nside) ** 2
        tried = healpix.ring_to_nest(level.nside, state.done(level.nside))
        place[here[np.isin(pixel, tried)]] = number
    return place


def _pixels(nside: np.ndarray, nested: np.ndarray, wanted: int) -> np.ndarray:
    """Return the pixels of one nside that overlap with cells, RING, sorted."""
    fine = nside > wanted
    pixels = [nested[fine] // (nside[fine] // wanted) ** 2]
    for own in np.unique(nside[~fine]).tolist():
        here = nested[nside == own]
        pixels.append(healpix.children(own, here, nside_out=wanted, nest=True).ravel())
    return np.sort(healpix.nest_to_ring(wanted, np.unique(np.concatenate(pixels))))
