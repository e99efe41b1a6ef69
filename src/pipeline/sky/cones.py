"""All rows within a radius of positions, exactly, of what is sorted by nested HEALPix."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.sky.healpix import (
    MAX_ORDER,
    NEIGHBOUR_MARGIN,
    order_covering,
    order_of,
    vec_to_pixel,
    with_neighbours,
)

NSIDE = 65536
"""What tables are sorted by: pixels of 3.2", a pixel and its neighbours cover a disc of 2.1"."""

POSITIONS = 1 << 17  # looked up at a time
CANDIDATES = 1 << 21  # rows whose distance is computed at a time


class Sorted(Protocol):
    """Rows in the order of their pixels; the arrays may be memory-mapped."""

    @property
    def ipix(self) -> NDArray[np.int64]:
        """Nested pixels at `nside`, ascending; shape (n,)."""
        ...

    @property
    def vec(self) -> NDArray[np.float64]:
        """Unit vectors, shape (n, 3)."""
        ...

    @property
    def nside(self) -> int:
        """Of the pixels."""
        ...


class Pairs(NamedTuple):
    """Positions and the rows near them, ordered by position, distance, row."""

    position: NDArray[np.int64]
    row: NDArray[np.int64]
    radians: NDArray[np.float64]  # great-circle distance


def pairs_within(vec: NDArray[np.float64], rows: Sorted, arcsec: float) -> Pairs:
    """Return all pairs of a position and a row not farther apart than a radius.

    Parameters
    ----------
    vec : ndarray of float64, shape (n, 3)
        Unit vectors of the positions; one that is NaN pairs with nothing.
    rows : Sorted
        What is searched.
    arcsec : float
        Radius, inclusive, not negative [arcsec]. Of half a turn or more it holds everything.

    Notes
    -----
    The distance is 2 arcsin(chord / 2): the chord of two unit vectors in double precision
    is good to some 1e-16 rad (4e-11") at any angle up to half a radian or so. Near the
    antipode it is good to 1e-8 rad (2 mas) only.
    """
    radians = np.radians(arcsec / 3600)
    if not radians >= 0:
        raise ValueError(f"a radius is not negative (found {arcsec} arcsec)")
    largest_chord = 2 * np.sin(min(radians, np.pi) / 2)
    usable = np.flatnonzero(np.isfinite(vec).all(axis=1))
    found = [(usable[:0], usable[:0], np.empty(0))]
    for start in range(0, len(usable), POSITIONS):
        position = usable[start : start + POSITIONS]
        if radians > NEIGHBOUR_MARGIN:
            candidates = _everything(len(position), len(rows.ipix))
        else:
            finest = order_covering(arcsec / 3600) if radians > 0 else MAX_ORDER
            candidates = _candidates(vec[position], rows, min(finest, order_of(rows.nside)))
        for where, row in candidates:
            chord = np.linalg.norm(vec[position[where]] - rows.vec[row], axis=1)
            near = np.flatnonzero(chord <= largest_chord)
            angle = 2 * np.arcsin(np.minimum(chord[near] / 2, 1.0))
            found.append((position[where[near]], row[near], angle))
    position, row, distance = (np.concatenate(part) for part in zip(*found, strict=True))
    by = np.lexsort((row, distance, position))
    return Pairs(position[by], row[by], distance[by])


def _everything(positions: int, rows: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield, piece by piece, each position with all rows."""
    for position in range(positions):
        for start in range(0, rows, CANDIDATES):
            row = np.arange(start, min(start + CANDIDATES, rows))
            yield np.full(len(row), position), row


def _candidates(
    vec: NDArray[np.float64], rows: Sorted, order: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield, piece by piece, each position with all rows of its pixel and the neighbours."""
    nside = 1 << order
    probes = with_neighbours(nside, vec_to_pixel(nside, vec, nest=True), nest=True)
    shift = 2 * (order_of(rows.nside) - order)
    flat = probes.ravel()
    by_pixel = np.argsort(flat)  # ascending lookups walk through the mapped file once
    by_pixel = by_pixel[np.searchsorted(flat, 0, sorter=by_pixel) :]  # -1: no such neighbour
    first, last = flat[by_pixel] << shift, (flat[by_pixel] + 1) << shift
    low = np.searchsorted(rows.ipix, first)
    # most pixels are empty: only the others need the second search
    full = np.flatnonzero(low < len(rows.ipix))
    full = full[rows.ipix[low[full]] < last[full]]
    low = low[full]
    count = np.searchsorted(rows.ipix, last[full]) - low
    where = by_pixel[full] % len(vec)
    for piece in _pieces(count):
        n = count[piece]
        offset = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        yield np.repeat(where[piece], n), np.repeat(low[piece], n) + offset


def _pieces(count: NDArray[np.int64]) -> Iterator[slice]:
    """Cut ranges into consecutive groups of some `CANDIDATES` rows (or one range)."""
    group = np.cumsum(count) // CANDIDATES
    edges = np.flatnonzero(np.diff(group, prepend=-1, append=-1))
    for start, end in pairwise(edges):
        yield slice(int(start), int(end))
