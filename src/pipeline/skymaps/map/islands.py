"""Islands: the parts that the region inside a contour falls into."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.sky import healpix
from pipeline.skymaps.map.cells import Cells


def islands(cells: Cells, two_delta_llh: float) -> np.ndarray:
    """Label the connected parts of the region up to a level.

    Two cells are connected if they share an edge or a corner, whatever their sizes
    (HEALPix's 8 neighbours, across nsides).

    Parameters
    ----------
    cells : Cells
        The scanned sky.
    two_delta_llh : float
        Cells up to this level are inside.

    Returns
    -------
    numpy.ndarray
        Of int64, shape (n,): each cell's island, −1 outside. Island 0 holds the best cell;
        the others follow by falling area, equal ones in the order of their first cells.
    """
    labels = np.full(len(cells.nside), -1)
    inside = np.flatnonzero(cells.two_delta_llh <= two_delta_llh)
    if not len(inside):
        return labels
    pairs = touching(cells.nside[inside], cells.nested[inside])
    graph = coo_array((np.ones(len(pairs[0]), bool), pairs), shape=(len(inside), len(inside)))
    count, found = connected_components(graph, directed=False)
    area = np.bincount(found, cells.area[inside])
    area[found[np.argmin(cells.two_delta_llh[inside])]] = np.inf
    _, first = np.unique(found, return_index=True)
    rank = np.empty(count, np.int64)
    rank[np.lexsort((first, -area))] = np.arange(count)
    labels[inside] = rank[found]
    return labels


def island_areas(cells: Cells, labels: np.ndarray) -> np.ndarray:
    """Return the area of each island [deg²], shape (number of islands,).

    Parameters
    ----------
    cells : Cells
        The scanned sky.
    labels : numpy.ndarray
        What `islands` returned for it.
    """
    inside = labels >= 0
    return np.bincount(labels[inside], cells.area[inside]) * np.degrees(1.0) ** 2


def containing(
    nside: np.ndarray, nested: np.ndarray, wanted_nside: np.ndarray, wanted: np.ndarray
) -> np.ndarray:
    """Return which of some cells contains each pixel.

    Parameters
    ----------
    nside, nested : numpy.ndarray
        Shape (n,), cells that do not overlap.
    wanted_nside, wanted : numpy.ndarray
        Shape (m,), pixels, nested; a pixel −1 is in no cell.

    Returns
    -------
    numpy.ndarray
        Of int64, shape (m,): places among the cells; −1 where the pixel is in no cell, which
        holds too where only finer cells cover it.
    """
    finest = max(nside.max(initial=1), wanted_nside.max(initial=1))
    start = nested * (finest // nside) ** 2
    order = np.argsort(start)
    at = wanted * (finest // wanted_nside) ** 2
    place = order[np.searchsorted(start[order], at, side="right") - 1]
    same = nested[place] == wanted // (wanted_nside // nside[place]).clip(min=1) ** 2
    return np.where((nside[place] <= wanted_nside) & same & (wanted >= 0), place, -1)


def touching(nside: np.ndarray, nested: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of cells that share an edge or a corner.

    Parameters
    ----------
    nside, nested : numpy.ndarray
        Shape (n,), cells that do not overlap.

    Returns
    -------
    tuple of numpy.ndarray
        Of int64, places among the cells, the finer one of a pair first; cells of one size come
        in both orders.
    """
    pairs = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for own in np.unique(nside).tolist():
        # Of two cells that touch, the finer has a neighbour of its own size within the other.
        here = np.flatnonzero(nside == own)
        around = healpix.with_neighbours(own, nested[here], nest=True)[1:]
        other = containing(nside, nested, np.full(around.size, own), around.ravel())
        pairs.append((np.tile(here, 8)[other >= 0], other[other >= 0]))
    finer, coarser = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    return finer, coarser
