"""One campaign: rounds as they would go with an oracle in a person's place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.vra.rounds.allowed import Parameters
from pipeline.vra.rounds.classifiers import fit, probability
from pipeline.vra.rounds.metrics import metrics_of
from pipeline.vra.rounds.pool import matrix, numbers_of
from pipeline.vra.rounds.seeded import is_held_out
from pipeline.vra.rounds.strategies import Pool, Strategy, choose


@dataclass(frozen=True)
class Campaign:
    """How a campaign goes.

    Attributes
    ----------
    strategy : str
    first, size, rounds : int
        Labels of the first round, of each after it, and rounds in all.
    per_object : int
    held_out : float
        Share of the objects that all models are tried on.
    classes : mapping of str to int
    classifier : str
    parameters : mapping
    seed : int
        Of this campaign: it draws the first round, and decides between equals.
    """

    strategy: Strategy
    first: int
    size: int
    rounds: int
    per_object: int
    held_out: float
    classes: Mapping[str, int]
    classifier: str
    parameters: Parameters
    seed: int


def run_campaign(pool: pa.Table, oracle: Mapping[int, str], how: Campaign) -> list[dict[str, Any]]:
    """Return what each round is worth: on the pool that was labelled from, and on objects held out.

    The same ones are held out for all strategies of a seed, and all their alerts count.

    Parameters
    ----------
    pool : pyarrow.Table
        See `pipeline.vra.rounds.pool.read_pool`; alerts without a label of a class are left out.
    oracle : mapping of int to str
        The label of each candid.
    how : Campaign

    Returns
    -------
    list of dict
        A round each: ``round``, ``labels`` (learned from so far), ``recall`` of the pool among as
        many as there are of class 1, where a label that was given counts as known: what a person
        has of so many labels; of the objects held out the same (``held_out_recall``), ``area``
        (under recall at rank) and ``f1``; null where there is no model, or nothing to try it on.
    """
    candid, y, some = _labelled(pool, oracle, how.classes)
    held = is_held_out(some["object_id"].to_pylist(), how.held_out, how.seed)
    x, of = matrix(some), numbers_of(some["object_id"])
    free, trained = ~held, np.zeros(candid.size, bool)
    model: Any = None
    found: list[dict[str, Any]] = []
    for number in range(how.rounds):
        rows = np.flatnonzero(free & ~trained)
        p = None if model is None else probability(model, x[rows])
        wanted = how.size if number else how.first
        those = Pool(candid[rows], of[rows], x[rows])
        at, _ = choose(how.strategy, those, p, wanted, how.per_object, how.seed + number)
        if not at.size:
            break
        trained[rows[at]] = True
        if np.unique(y[trained]).size == 2:
            order = np.flatnonzero(trained)
            model = fit(how.classifier, how.parameters, x[order], y[order], how.seed)
        p = None if model is None else probability(model, x)
        found.append(_worth(number, candid, y, p, trained, held, how.seed))
    return found


def _labelled(
    pool: pa.Table, oracle: Mapping[int, str], classes: Mapping[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], pa.Table]:
    """Return candids, classes and rows of the pool's alerts that have a class."""
    candid = pool["candid"].to_numpy()
    said = [classes.get(oracle.get(int(one), "")) for one in candid]
    at = np.flatnonzero([one is not None for one in said])
    y = np.array([said[n] for n in at], np.int64)
    return candid[at], y, pool.take(pa.array(at))


def _worth(
    number: int,
    candid: NDArray[np.int64],
    y: NDArray[np.int64],
    p: NDArray[np.float64] | None,
    trained: NDArray[np.bool_],
    held: NDArray[np.bool_],
    seed: int,
) -> dict[str, Any]:
    tried = metrics_of(candid[held], y[held], None if p is None else p[held], seed)
    known = None if p is None else np.where(trained, y, p)[~held]
    pool = metrics_of(candid[~held], y[~held], known, seed)
    return {
        "round": number,
        "labels": int(trained.sum()),
        "recall": _recall(pool),
        "held_out_recall": _recall(tried),
        "area": tried["area"],
        "f1": tried["f1"],
    }


def _recall(metrics: Mapping[str, Any]) -> float | None:
    """Return recall among as many of the best as there are of class 1."""
    ranks = metrics["recall_at_rank"]
    return None if ranks is None else float(ranks[metrics["positives"] - 1])
