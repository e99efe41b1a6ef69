"""Which pixels a scan looks at next, and where their fits start.

A scan goes in synchronous rounds: each is chosen from all results of the rounds before it
and from nothing else, so it is the same for any number of workers.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.sky import healpix
from pipeline.sky.nsides import Level
from pipeline.skymaps.scan.results import State

POINTED_RADIUS = 3.5
"""A pointed scan looks this far around the seed [deg]."""


def first_pixels(nside: int, centre: tuple[float, float] | None = None) -> np.ndarray:
    """Return the pixels of the first round, RING, sorted.

    Parameters
    ----------
    nside : int
        Of the first level.
    centre : tuple of float, optional
        Right ascension and declination [deg] of a pointed scan's seed. Its pixels are those
        with centres within `POINTED_RADIUS`, as Skymap Scanner's, and always the seed's own
        and its neighbours: where pixels are large there would be one or none.
    """
    if centre is None:
        return np.arange(12 * nside**2)
    inside = healpix.query_disc(nside, *centre, POINTED_RADIUS)
    own = healpix.with_neighbours(nside, np.atleast_1d(healpix.lonlat_to_pixel(nside, *centre)))
    return np.union1d(inside, own[own >= 0])


def choose(
    levels: Sequence[Level],
    state: State,
    centre: tuple[float, float] | None = None,
    outermost: float | None = None,
) -> dict[int, np.ndarray]:
    """Choose the pixels of the next round.

    For each two consecutive levels of which the coarser has begun, its pixels whose centre
    lies strictly within sqrt(extension · area / π) of the best fit so far, at whatever level
    that is, are refined (Skymap Scanner's rule). When that leaves nothing to do, the islands
    inside the outermost contour are refined (`pipeline.skymaps.scan.refinement`), which may find a
    better fit, and so on.

    Parameters
    ----------
    levels : sequence of Level
        The progression.
    state : State
        All results so far.
    centre : tuple of float, optional
        Right ascension and declination [deg] of a pointed scan's seed; such a scan has
        one round.
    outermost : float, optional
        2Δllh of the outermost contour; without it there is Skymap Scanner's rule alone.

    Returns
    -------
    dict of int to numpy.ndarray
        By nside, RING indices, sorted, none of which was tried before. Empty at the fixed
        point.
    """
    nside = levels[0].nside
    if not len(state.done(nside)):
        return {nside: first_pixels(nside, centre)}
    best = state.best()
    if best is None or centre is not None:
        return {}
    chosen = _around_the_best(levels, state, best)
    if not chosen and outermost is not None:
        # Islands take 0.3 s to import, which jobs that end before them need not pay.
        from pipeline.skymaps.scan.refinement import refine_islands  # noqa: PLC0415

        chosen = refine_islands(levels, state, outermost)
    return chosen


def _around_the_best(levels: Sequence[Level], state: State, best: np.void) -> dict[int, np.ndarray]:
    """Choose by Skymap Scanner's rule."""
    around = healpix.pixel_to_vec(int(best["nside"]), best["index"])
    chosen = {}
    for coarse, fine in pairwise(levels):
        if not len(state.done(coarse.nside)):
            break
        near = disc(coarse.nside, around, fine.extension)
        children = healpix.children(coarse.nside, near, nside_out=fine.nside).ravel()
        new = np.sort(children[~_is_in(children, state.done(fine.nside))])
        if len(new):
            chosen[fine.nside] = new
    return chosen


def disc(nside: int, around: np.ndarray, count: float) -> np.ndarray:
    """Return the pixels whose centres lie strictly within an area of `count` pixels.

    Parameters
    ----------
    nside : int
        Of the pixels returned.
    around : numpy.ndarray
        Shape (3,), unit vector to the middle of the disc.
    count : float
        Area of the disc in pixels, as if it were flat.

    Returns
    -------
    numpy.ndarray
        RING indices, sorted.
    """
    radius = np.sqrt(count * healpix.pixel_area(nside) / np.pi)
    lon, lat = healpix.vec_to_lonlat(around)
    pixels = healpix.query_disc(nside, float(lon), float(lat), float(np.degrees(radius)) * 1.001)
    distance = 2 * np.arcsin(
        np.linalg.norm(healpix.pixel_to_vec(nside, pixels) - around, axis=-1).clip(max=2) / 2
    )
    return pixels[distance < radius]


def seed_vertices(
    levels: Sequence[Level], state: State, nside: int, index: np.ndarray, seed: np.ndarray
) -> np.ndarray:
    """Return the vertex of each pixel's nearest reconstructed ancestor, else the event's.

    Parameters
    ----------
    levels : sequence of Level
        The progression.
    state : State
        All results of the rounds before.
    nside : int
        Of the pixels.
    index : numpy.ndarray
        Shape (n,), RING.
    seed : numpy.ndarray
        Shape (4,), the event's own vertex: x, y, z [m], t [ns].

    Returns
    -------
    numpy.ndarray
        Shape (n, 4).
    """
    vertices = np.tile(seed, (len(index), 1))
    nested = healpix.ring_to_nest(nside, index)
    for level in levels:  # coarse to fine: a nearer ancestor overwrites a farther one
        rows = state.pixels.get(level.nside)
        if level.nside >= nside or rows is None or not len(rows):
            continue
        ancestor = healpix.nest_to_ring(level.nside, nested // (nside // level.nside) ** 2)
        place = np.searchsorted(rows["index"], ancestor).clip(max=len(rows) - 1)
        known = rows["index"][place] == ancestor
        for column, name in enumerate(("X", "Y", "Z", "T")):
            vertices[known, column] = rows[name][place[known]]
    return vertices


def expected_pixels(levels: Sequence[Level], pointed: bool = False) -> dict[int, int]:
    """Return how many pixels each level of a scan will have, roughly: for progress and ETA.

    >>> expected_pixels([Level(8, 0), Level(64, 12), Level(512, 24)])
    {8: 768, 64: 768, 512: 1536}
    """
    first = levels[0].nside
    if pointed:
        sky = 4 * np.pi * np.degrees(1.0) ** 2
        share = np.pi * POINTED_RADIUS**2 / sky
        return {first: max(9, round(12 * first**2 * share))}
    counts = {first: 12 * first**2}
    for coarse, fine in pairwise(levels):
        children = (fine.nside // coarse.nside) ** 2
        counts[fine.nside] = min(fine.extension * children, 12 * fine.nside**2)
    return counts


def _is_in(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Return which values are among `ordered` ones, which are sorted."""
    if not len(ordered):
        return np.zeros(len(values), bool)
    return ordered[np.searchsorted(ordered, values).clip(max=len(ordered) - 1)] == values
