"""Classifiers: an allowed list of scikit-learn's, made, fitted and asked in one way."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Parameters = Mapping[str, str | int | float | bool | None]


class _Kind(NamedTuple):
    module: str
    scaled: bool = False
    """Whether features must be of one scale."""
    seeded: bool = True
    defaults: Parameters = {}


BOOSTED = "HistGradientBoostingClassifier"
ALLOWED = {
    BOOSTED: _Kind(
        "sklearn.ensemble",
        defaults={"max_iter": 100, "l2_regularization": 10.0, "learning_rate": 0.1},
    ),
    "RandomForestClassifier": _Kind("sklearn.ensemble"),
    "ExtraTreesClassifier": _Kind("sklearn.ensemble"),
    "GradientBoostingClassifier": _Kind("sklearn.ensemble"),
    "AdaBoostClassifier": _Kind("sklearn.ensemble"),
    "LogisticRegression": _Kind("sklearn.linear_model", scaled=True, defaults={"max_iter": 1000}),
    "KNeighborsClassifier": _Kind("sklearn.neighbors", scaled=True, seeded=False),
}
"""Those whose ONNX was compared with them; the defaults of the first are finkvra's."""


def class_name(name: str) -> str:
    """Return the class of a name, which may be dotted.

    Raises
    ------
    ValueError
        If it is not in the list.

    Examples
    --------
    >>> class_name("sklearn.ensemble.RandomForestClassifier")
    'RandomForestClassifier'
    """
    dotted = {f"{kind.module}.{short}": short for short, kind in ALLOWED.items()}
    short = dotted.get(name, name)
    if short not in ALLOWED:
        raise ValueError(f"{name!r}: no classifier that can be kept; there are {', '.join(dotted)}")
    return short


def fit(name: str, parameters: Parameters, x: Matrix, y: NDArray[np.int64], seed: int) -> Any:
    """Return a classifier that learned.

    Boosted trees take NaN as it is; before the others the median stands for it. A leaf of
    boosted trees has no more samples at least than half of the smaller class, unless
    `parameters` says so: scikit-learn's 20 make a model of less than 40 samples constant.

    Parameters
    ----------
    name : str
        See `class_name`.
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
    return np.asarray(model.predict_proba(x)[:, 1], np.float64)


def _behind_medians(model: Any, scaled: bool) -> Any:
    from sklearn.impute import SimpleImputer  # noqa: PLC0415 - planning reads the list alone
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    medians = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(medians, *([StandardScaler()] if scaled else []), model)
