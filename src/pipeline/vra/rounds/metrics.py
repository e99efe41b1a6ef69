"""How good a model is on labelled alerts: by threshold, by rank, by calibration."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.vra.rounds.seeded import chance

Floats = NDArray[np.float64]
THRESHOLD = 0.5
BINS = 10
"""Of the calibration curve, equally wide."""


def metrics_of(
    candid: NDArray[np.int64], y: NDArray[np.int64], p: Floats | None, seed: int
) -> dict[str, Any]:
    """Return what a model is worth, for JSON: null where a class is missing, and why.

    Parameters
    ----------
    candid : ndarray of int64, shape (n,)
        A hash of it and of `seed` ranks alerts of one probability.
    y : ndarray of int64, shape (n,)
        Classes, 0 and 1.
    p : ndarray of float64, shape (n,), optional
        Probability of class 1; absent without a model.
    seed : int

    Returns
    -------
    dict
        ``number``, ``positives``, ``accuracy``, ``precision``, ``recall``, ``f1`` (at 0.5),
        ``recall_at_rank`` (of each rank from 1 on), ``area`` under that (its mean over the
        ranks), ``calibration`` (of each bin that has any: mean probability, share of class 1,
        number), and ``reason``, null unless something is.
    """
    number, positives = int(y.size), int(y.sum())
    found: dict[str, Any] = {
        "number": number,
        "positives": positives,
        **dict.fromkeys(("accuracy", "precision", "recall", "f1", "recall_at_rank", "area")),
        "calibration": [],
        "reason": _why_not(number, positives, p),
    }
    if p is None or not number:
        return found
    said = p > THRESHOLD
    right = int((said & (y == 1)).sum())
    found["accuracy"] = float((said == (y == 1)).mean())
    found["precision"] = right / int(said.sum()) if said.any() else None
    found["calibration"] = _calibration(y, p)
    if positives:
        found["recall"] = right / positives
        found["f1"] = 2 * right / (int(said.sum()) + positives)
    if found["reason"] is None:
        ranked = np.lexsort((candid, chance(candid, seed, "ties"), -p))
        recall = np.cumsum(y[ranked]) / positives
        found["recall_at_rank"] = recall.tolist()
        found["area"] = float(recall.mean())
        if found["precision"] is None:
            found["reason"] = f"precision: no probability is above {THRESHOLD}"
    return found


def _why_not(number: int, positives: int, p: Floats | None) -> str | None:
    if p is None:
        return "there is no model"
    if not number:
        return "no alert is labelled"
    if positives in (0, number):
        return f"all {number} labelled alerts are of class {int(positives > 0)}"
    return None


def _calibration(y: NDArray[np.int64], p: Floats) -> list[dict[str, float | int]]:
    bins = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    return [
        {
            "probability": float(p[mine].mean()),
            "positives": float(y[mine].mean()),
            "number": int(mine.sum()),
        }
        for mine in (bins == k for k in range(BINS))
        if mine.any()
    ]
