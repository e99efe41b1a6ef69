"""Whom to ask about next: the alerts whose labels are worth most, by a strategy."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.vra.rounds.diverse import spread_out
from pipeline.vra.rounds.seeded import chance

Floats = NDArray[np.float64]
Strategy = Literal["uncertainty", "entropy", "margin", "random", "diverse"]
PRESELECTED = 50
"""Of a diverse batch of one: the most uncertain that it is chosen from."""


class Pool(NamedTuple):
    """Alerts that may be asked about, in any order.

    Attributes
    ----------
    candid : ndarray of int64, shape (n,)
    object_number : ndarray of int64, shape (n,)
        Alerts with the same one are of the same object.
    features : ndarray of float32, shape (n, k)
        NaN where there is none.
    """

    candid: NDArray[np.int64]
    object_number: NDArray[np.int64]
    features: NDArray[np.float32]


def uncertainty(p: Floats) -> Floats:
    """Return 0.5 less the distance of p from 0.5: from 0, certain, to 0.5."""
    return 0.5 - np.abs(p - 0.5)


def entropy(p: Floats) -> Floats:
    """Return the entropy of the two probabilities [nat]: from 0, certain, to ln 2."""
    found = np.zeros_like(p)
    for each in (p, 1 - p):
        found -= np.where(each > 0, each * np.log(np.where(each > 0, each, 1)), 0)
    return found


def margin(p: Floats) -> Floats:
    """Return 1 less the distance of the two probabilities: from 0, certain, to 1."""
    return 1 - np.abs(2 * p - 1)


_VALUES: dict[str, Callable[[Floats], Floats]] = {
    "uncertainty": uncertainty,
    "entropy": entropy,
    "margin": margin,
    "diverse": uncertainty,
}


def values_of(
    strategy: Strategy, p: Floats | None, candid: NDArray[np.int64], seed: int
) -> tuple[Floats, bool]:
    """Return what a label of each alert is worth, and whether a model says so.

    Parameters
    ----------
    strategy : str
    p : ndarray of float64, shape (n,), optional
        Probability of class 1; without a model all strategies choose at random.
    candid : ndarray of int64, shape (n,)
    seed : int
    """
    if p is None or strategy == "random":
        return chance(candid, seed, "random"), False
    return _VALUES[strategy](p), True


def choose(
    strategy: Strategy, pool: Pool, p: Floats | None, number: int, per_object: int, seed: int
) -> tuple[NDArray[np.int64], Floats]:
    """Choose alerts to ask about; return their rows, the worthiest first, and all values.

    The same alerts are chosen in whatever order they stand. Of equal values a hash of candid and
    seed decides: never the order, nor the age that candids have.

    Parameters
    ----------
    strategy : str
    pool : Pool
    p : ndarray of float64, shape (n,), optional
        See `values_of`.
    number : int
        How many at most.
    per_object : int
        How many of one object at most.
    seed : int

    Returns
    -------
    rows : ndarray of int64
    value : ndarray of float64, shape (n,)
    """
    value, by_model = values_of(strategy, p, pool.candid, seed)
    ranked = np.lexsort((pool.candid, chance(pool.candid, seed, "ties"), -value))
    ranked = _capped(ranked, pool.object_number, per_object)
    if strategy != "diverse" or not by_model:
        return ranked[:number], value
    some = ranked[: PRESELECTED * number]
    return some[spread_out(pool.features, some, value[some], number)], value


def _capped(
    ranked: NDArray[np.int64], object_number: NDArray[np.int64], most: int
) -> NDArray[np.int64]:
    """Return ranked rows without those of an object that come after the first `most`."""
    of = object_number[ranked]
    order = np.argsort(of, kind="stable")
    starts = np.flatnonzero(np.diff(of[order], prepend=-1))
    sizes = np.diff(np.append(starts, of.size))
    place = np.empty(of.size, np.int64)
    place[order] = np.arange(of.size) - np.repeat(starts, sizes)
    return ranked[place < most]
