"""All catalogue rows within a radius of positions, exactly."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.crossmatch.store import Store
from pipeline.sky.healpix import order_covering, order_of, vec_to_pixel, with_neighbours

POSITIONS = 1 << 17  # looked up at a time
CANDIDATES = 1 << 21  # rows whose distance is computed at a time


class Pairs(NamedTuple):
    """Positions and the rows near them, ordered by position, distance, row."""

    position: NDArray[np.int64]
    row: NDArray[np.int64]
    radians: NDArray[np.float64]  # great-circle distance


def pairs_within(vec: NDArray[np.float64], store: Store, arcsec: float) -> Pairs:
    """Return all pairs of a position and a catalogue row not farther apart than a radius.

    Parameters
    ----------
    vec : ndarray of float64, shape (n, 3)
        Unit vectors of the positions; one that is NaN pairs with nothing.
    store : Store
        The catalogue.
    arcsec : float
        Radius, inclusive [arcsec].

    Notes
    -----
    The distance is 2 arcsin(chord / 2): the chord of two unit vectors in double precision
    is good to some 1e-16 rad (4e-11") at any angle up to half a radian or so.
    """
    order = min(order_covering(arcsec / 3600), order_of(store.nside))
    largest_chord = 2 * np.sin(np.radians(arcsec / 3600) / 2)
    usable = np.flatnonzero(np.isfinite(vec).all(axis=1))
    found = [(usable[:0], usable[:0], np.empty(0))]
    for start in range(0, len(usable), POSITIONS):
        position = usable[start : start + POSITIONS]
        for where, row in _candidates(vec[position], store, order):
            chord = np.linalg.norm(vec[position[where]] - store.vec[row], axis=1)
            near = np.flatnonzero(chord <= largest_chord)
            found.append((position[where[near]], row[near], 2 * np.arcsin(chord[near] / 2)))
    position, row, radians = (np.concatenate(part) for part in zip(*found, strict=True))
    by = np.lexsort((row, radians, position))
    return Pairs(position[by], row[by], radians[by])


def _candidates(
    vec: NDArray[np.float64], store: Store, order: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield, piece by piece, each position with all rows of its pixel and the neighbours."""
    nside = 1 << order
    probes = with_neighbours(nside, vec_to_pixel(nside, vec, nest=True), nest=True)
    shift = 2 * (order_of(store.nside) - order)
    flat = probes.ravel()
    by_pixel = np.argsort(flat)  # ascending lookups walk through the mapped file once
    by_pixel = by_pixel[np.searchsorted(flat, 0, sorter=by_pixel) :]  # -1: no such neighbour
    first, last = flat[by_pixel] << shift, (flat[by_pixel] + 1) << shift
    low = np.searchsorted(store.ipix, first)
    # most pixels are empty: only the others need the second search
    full = np.flatnonzero(low < len(store.ipix))
    full = full[store.ipix[low[full]] < last[full]]
    low = low[full]
    count = np.searchsorted(store.ipix, last[full]) - low
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
