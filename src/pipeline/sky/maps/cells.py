"""Cells of all orders as half-open intervals of pixels of order 29, nested."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.sky import healpix
from pipeline.sky.maps.errors import MapError

ORDER = healpix.MAX_ORDER
PIXELS = 12 << 2 * ORDER
"""Of order 29 on the whole sky."""
PIXEL_SR = float(healpix.pixel_area(1 << ORDER))
SQUARE_DEGREE = (np.pi / 180) ** 2
"""In steradian."""
Ints = NDArray[np.int64]


def width(order: ArrayLike) -> Ints:
    """Return how many pixels of order 29 a cell of an order has.

    >>> width([29, 28])
    array([1, 4])
    """
    return np.int64(1) << (2 * (ORDER - np.asarray(order, np.int64)))


def intervals_of_uniq(uniq: Ints) -> tuple[Ints, Ints]:
    """Return begin and end of UNIQ numbers.

    Raises
    ------
    MapError
        If one is none of an order up to 29.
    """
    if uniq.size and not (uniq.min() >= 4 and uniq.max() < 1 << 2 * ORDER + 4):
        wrong = uniq[(uniq < 4) | (uniq >= 1 << 2 * ORDER + 4)][0]
        raise MapError(f"UNIQ {wrong} is no cell: expected 4 to 2^62 - 1, those of orders 0 to 29")
    nside, pixel = healpix.uniq_to_nested(uniq)
    size = (np.int64(1 << ORDER) // nside) ** 2
    return pixel * size, (pixel + 1) * size


def check_apart(begin: Ints, end: Ints) -> None:
    """Raise if cells, sorted by their begin, overlap.

    Raises
    ------
    MapError
        With a place where two do.
    """
    over = np.flatnonzero(begin[1:] < np.maximum.accumulate(end)[:-1])
    if over.size:
        lon, lat = centre(begin[over[0] + 1], end[over[0] + 1])
        raise MapError(
            f"cells overlap: {over.size} with those before them, as around {lon:.4f}, {lat:+.4f} "
            "deg: expected each place of the sky in one cell"
        )


def centre(begin: np.int64, end: np.int64) -> tuple[float, float]:
    """Return the centre [deg] of a cell."""
    order = ORDER - (int(end - begin).bit_length() - 1) // 2
    lon, lat = healpix.pixel_to_lonlat(1 << order, begin // (end - begin), nest=True)
    return float(lon), float(lat)


def merge_siblings(begin: Ints, end: Ints, *layers: NDArray[np.float64]) -> tuple[Ints, Ints, Ints]:
    """Unite four cells with one parent wherever all their values are equal, again and again.

    Parameters
    ----------
    begin, end : ndarray of int64, shape (n,)
        Cells, sorted and apart.
    *layers : ndarray, shape (n,)
        Values; two of them that are no number are not equal.

    Returns
    -------
    begin, end : ndarray of int64, shape (m,)
        Sorted and apart.
    which : ndarray of int64, shape (m,)
        A cell of old whose values each new one has.
    """
    which, size = np.arange(len(begin)), end - begin
    for order in range(ORDER, 0, -1):
        of_order = np.flatnonzero(size == width(order))
        if len(of_order) < 4:
            continue
        values = [layer[which[of_order]] for layer in layers]
        first = _with_equal_siblings(begin[of_order], int(width(order)), values)
        size[of_order[first]] = width(order - 1)
        stays = np.ones(len(begin), bool)
        for child in range(1, 4):
            stays[of_order[first + child]] = False
        begin, size, which = begin[stays], size[stays], which[stays]
    return begin, begin + size, which


def _with_equal_siblings(begin: Ints, size: int, layers: list[NDArray[np.float64]]) -> Ints:
    """Return the places of cells, of one size, that three equal siblings follow."""
    first = np.flatnonzero(begin[:-3] % (4 * size) == 0)
    first = first[begin[first + 3] == begin[first] + 3 * size]
    for layer in layers:
        for child in range(1, 4):
            first = first[layer[first] == layer[first + child]]
    return first
