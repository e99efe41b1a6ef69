"""Classifiers of scikit-learn, made, fitted and asked in one way."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.vra.rounds.allowed import ALLOWED, BOOSTED, Kind, Parameters, class_name

Matrix = NDArray[np.float32]


def fit(name: str, parameters: Parameters, x: Matrix, y: NDArray[np.int64], seed: int) -> Any:
    """Return a classifier that learned.

    Boosted trees take NaN as it is; before the others the median stands for it. A leaf of
    boosted trees has no more samples at least than half of the smaller class, unless
    `parameters` says so: scikit-learn's 20 make a model of less than 40 samples constant.

    Parameters
    ----------
    name : str
        See `pipeline.vra.rounds.allowed.class_name`.
    parameters : mapping
        Of scikit-learn's class.
    x : ndarray of float32, shape (n, k)
    y : ndarray of int64, shape (n,)
        Of both classes, 0 and 1.
    seed : int

    Raises
    ------
    ValueError
        If scikit-learn does not take the parameters.
    """
    short = class_name(name)
    kind = ALLOWED[short]
    given = {**kind.defaults, **({"random_state": seed} if kind.seeded else {}), **parameters}
    if short == BOOSTED:
        given.setdefault("min_samples_leaf", leaf_samples(y))
    with one_thread():
        return _fitted(short, kind, given, x, y)


def _fitted(short: str, kind: Kind, given: Parameters, x: Matrix, y: NDArray[np.int64]) -> Any:
    try:
        model = getattr(import_module(kind.module), short)(**given)
    except TypeError as error:
        raise ValueError(f"vra.rounds.classifier: {short}: {error}") from error
    if short == BOOSTED:
        # scikit-learn 1.9 fails on a column without any number; a constant one is never split
        return model.fit(np.where(np.isnan(x).all(axis=0), np.float32(0), x), y)
    return _behind_medians(model, kind.scaled).fit(x, y)


def leaf_samples(y: NDArray[np.int64]) -> int:
    """Return how many samples a leaf has at least: 20, or half of the smaller class.

    >>> leaf_samples(np.array([0] * 9 + [1] * 21)), leaf_samples(np.arange(100) % 2)
    (4, 20)
    """
    return min(20, max(1, int(np.bincount(y, minlength=2).min()) // 2))


def probability(model: Any, x: Matrix) -> NDArray[np.float64]:
    """Return the probability of class 1 of each row, shape (n,)."""
    if not len(x):
        return np.zeros(0)
    with one_thread():
        return np.asarray(model.predict_proba(x)[:, 1], np.float64)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep to the one core that a job has: threads that wait for a busy one spin."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - of scikit-learn

    with threadpool_limits(1):
        yield


def _behind_medians(model: Any, scaled: bool) -> Any:
    from sklearn.impute import SimpleImputer  # noqa: PLC0415 - planning reads the list alone
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    medians = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(medians, *([StandardScaler()] if scaled else []), model)
