"""The classifiers that may learn: an allowed list of scikit-learn's, which planning reads."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Parameters = Mapping[str, str | int | float | bool | None]


class Kind(NamedTuple):
    """How a classifier is made."""

    module: str
    scaled: bool = False
    """Whether features must be of one scale."""
    seeded: bool = True
    defaults: Parameters = MappingProxyType({})


BOOSTED = "HistGradientBoostingClassifier"
ALLOWED = {
    BOOSTED: Kind(
        "sklearn.ensemble",
        defaults={"max_iter": 100, "l2_regularization": 10.0, "learning_rate": 0.1},
    ),
    "RandomForestClassifier": Kind("sklearn.ensemble"),
    "ExtraTreesClassifier": Kind("sklearn.ensemble"),
    "GradientBoostingClassifier": Kind("sklearn.ensemble"),
    "AdaBoostClassifier": Kind("sklearn.ensemble"),
    "LogisticRegression": Kind("sklearn.linear_model", scaled=True, defaults={"max_iter": 1000}),
    "KNeighborsClassifier": Kind("sklearn.neighbors", scaled=True, seeded=False),
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
