"""Class maps: which labels are of class 1, which of 0, and which are not classified."""

from collections.abc import Mapping
from types import MappingProxyType

ClassMap = Mapping[str, int]

CLASS_MAPS: Mapping[str, ClassMap] = MappingProxyType(
    {
        "gal": {"extragal": 0, "gal": 1, "agn": 0, "varstar": 1},
        "real": {"real": 1, "extragal": 1, "gal": 1, "agn": 1, "bogus": 0, "varstar": 1},
        "trans": {"extragal": 1, "gal": 1, "agn": 0, "varstar": 0},
    }
)
"""Those of finkvra."""


def class_map(classes: str | Mapping[str, int]) -> dict[str, int]:
    """Return the map of a name, or one's own as it is, in the order of its labels.

    Raises
    ------
    ValueError
        If no map has the name, or one's own has not both classes.

    Examples
    --------
    >>> class_map("gal")["varstar"]
    1
    """
    if isinstance(classes, str):
        if classes not in CLASS_MAPS:
            raise ValueError(f"{classes!r}: no class map; there are {', '.join(CLASS_MAPS)}")
        found = CLASS_MAPS[classes]
    else:
        found = classes
        if set(found.values()) != {0, 1}:
            raise ValueError("a class map has labels of class 0 and labels of class 1")
    return dict(sorted(found.items()))
