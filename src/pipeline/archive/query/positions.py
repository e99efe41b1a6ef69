"""Positions and radii as people write them."""

import ast
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.sky.coordinates import SEXAGESIMAL, wrapped

ARCSEC_IN = {
    "arcsec": 1.0,
    "arcmin": 60.0,
    "deg": 3600.0,
    "rad": math.degrees(1.0) * 3600.0,
}
"""Arc seconds in each unit."""
MOST_TEXT = 10_000_000
"""Letters of a text with positions at most."""


class Positions(NamedTuple):
    """Named positions.

    Attributes
    ----------
    names : list of n str
        Each once; what was "." is "_", as in a MongoDB's field names.
    ra, dec : ndarray of float64, shape (n,)
        ICRS [deg]; ra in [0, 360).
    """

    names: list[str]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]


def read_positions(given: Any) -> Positions:
    """Read one position, a list of them, or a mapping of names to them.

    Parameters
    ----------
    given : sequence, mapping or str
        A position is a pair of right ascension and declination: degrees, or ``h:m:s`` and
        ``d:m:s``, or ``HHhMMmSSs`` and ``DDdMMmSSs``. A text is any of these as Python or
        JSON writes it, or just the two words. Without names positions are named
        ``str([ra, dec])``, as Kowalski does; the same one twice is one.

    Raises
    ------
    ValueError
        If something is no position, or two names become the same.

    Examples
    --------
    >>> read_positions({"M31.core": ["00h42m44.3s", "+41:16:09"]}).names
    ['M31_core']
    >>> read_positions("10.5 -20")
    Positions(names=['[10_5, -20_0]'], ra=array([10.5]), dec=array([-20.]))
    """
    value = _literal(given) if isinstance(given, str) else given
    if isinstance(value, Mapping):
        return _named((str(name), pair) for name, pair in value.items())
    if _is_pair(value):
        value = [value]
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError(
            f"positions: expected [ra, dec], a list or names of them (found {given!r})"
        )
    return _named(
        {str(list(pair)) if _is_pair(pair) else repr(pair): pair for pair in value}.items()
    )


def read_angle(value: Any, unit: str = "arcsec") -> float:
    """Return an angle [arcsec].

    Raises
    ------
    ValueError
        If it is no number of at least 0, or the unit is none of `ARCSEC_IN`.

    >>> read_angle(2, "arcmin")
    120.0
    """
    if unit not in ARCSEC_IN:
        raise ValueError(f"unit: expected one of {', '.join(ARCSEC_IN)} (found {unit!r})")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(f"an angle is a number of at least 0 (found {value!r})")
    return float(value) * ARCSEC_IN[unit]


def _named(pairs: Iterable[tuple[str, Any]]) -> Positions:
    found: dict[str, tuple[float, float]] = {}
    for name, pair in pairs:
        safe = name.replace(".", "_")
        if safe in found:
            raise ValueError(f"position {name!r}: another one is called {safe!r} too")
        if not _is_pair(pair):
            raise ValueError(f"position {name!r}: expected [ra, dec] (found {pair!r})")
        try:
            found[safe] = (_right_ascension(pair[0]), _declination(pair[1]))
        except ValueError as error:
            raise ValueError(f"position {name!r}: {error}") from None
    ra, dec = np.array(list(found.values()), np.float64).reshape(-1, 2).T
    return Positions(list(found), wrapped(ra), dec.copy())


def _literal(text: str) -> Any:
    """Return what a text says: a Python or JSON literal, or two words."""
    if len(text) > MOST_TEXT:
        raise ValueError(f"positions: a text of {len(text)} letters; {MOST_TEXT} at most")
    text = text.strip()
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        words = re.split(r"\s*,\s*|\s+", text)
        if len(words) == 2:
            return [_number(word) for word in words]
        raise ValueError(f"positions: cannot be read: {text[:100]!r}") from None
    if isinstance(found, dict):
        _each_name_once(text, len(found))
    return found


def _each_name_once(text: str, number: int) -> None:
    """Refuse a literal of a mapping that names two positions alike: Python keeps the last."""
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Dict)
    if len(node.keys) > number:
        names = [ast.literal_eval(key) for key in node.keys if key is not None]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"position {twice!r}: stands twice")


def _number(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word


def _is_pair(value: Any) -> bool:
    """Return whether it is two numbers or words, and not two positions."""
    return (
        isinstance(value, (Sequence, np.ndarray))
        and not isinstance(value, str)
        and len(value) == 2
        and all(isinstance(part, (str, int, float, np.number)) for part in value)
    )


def _right_ascension(value: Any) -> float:
    ra = _angle(value, 15.0)
    if not abs(ra) <= 360.0:
        raise ValueError(f"a right ascension is in [-360, 360] deg (found {value!r})")
    return ra


def _declination(value: Any) -> float:
    dec = _angle(value, 1.0)
    if not abs(dec) <= 90.0:
        raise ValueError(f"a declination is in [-90, 90] deg (found {value!r})")
    return dec


def _angle(value: Any, scale: float) -> float:
    """Return degrees; `scale` is degrees for one unit of sexagesimal text."""
    if isinstance(value, bool):
        raise ValueError(f"expected degrees or a text (found {value!r})")
    if not isinstance(value, str):
        return float(value)
    if not isinstance(number := _number(value), str):
        return number
    found = re.match(SEXAGESIMAL, value)
    if found is None:
        raise ValueError(f"expected degrees, d:m:s or 00h00m00s (found {value[:50]!r})")
    whole, minutes, seconds = (float(found[part]) for part in ("whole", "minutes", "seconds"))
    if minutes >= 60 or seconds >= 60:
        raise ValueError(f"minutes and seconds are less than 60 (found {value!r})")
    angle = scale * (whole + minutes / 60 + seconds / 3600)
    return -angle if found["sign"] == "-" else angle
