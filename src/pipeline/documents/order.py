"""Sort keys: MongoDB's order of values as a struct that SQL sorts likewise."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pipeline.documents.compare import classes, number, rank
from pipeline.documents.refused import Refused
from pipeline.documents.values import Value

Row = TypeVar("Row")


def key_of(value: Value, descending: bool = False, nothing_is_null: bool = False) -> str:
    """Give `key_parts` as one struct."""
    return f"struct_pack({', '.join(key_parts(value, descending, nothing_is_null))})"


def key_parts(value: Value, descending: bool = False, nothing_is_null: bool = False) -> list[str]:
    """Give that by which values sort in MongoDB's order.

    Parameters
    ----------
    value : Value
        Of scalars; arrays and objects are refused.
    descending : bool
        Whether the greatest comes first.
    nothing_is_null : bool
        Whether missing counts as null, as it does where documents are sorted.

    Returns
    -------
    list of str
        ``name := SQL``, to be sorted upwards one after the other, NULLs last.
    """
    found = classes(value)
    sign = "-" if descending else ""
    place = rank(value)
    if nothing_is_null and value.missing:
        place = f"greatest({place}, 1)"
    parts = [f"r := {sign}({place})"]
    for one in found:
        if one == "number":
            parts += _numbers(value, descending)
        elif one in ("bool", "date"):
            parts.append(f"{one[0]} := {sign}(CAST({value.scalars[one]} AS BIGINT))")
        elif one in ("string", "oid") and not descending:
            parts.append(f"{one[0]} := {value.scalars[one]}")
        else:
            raise Refused(f"sorted by values of type {one}" + (" downwards" * descending))
    return parts


def _numbers(value: Value, descending: bool) -> list[str]:
    sign = "-" if descending else ""
    if "double" not in value.scalars:
        # -x - 1 turns the order round without leaving 64 bits
        text = value.scalars["int"]
        return [f"n := {f'-1 - CAST({text} AS BIGINT)' if descending else text}"]
    if "int" in value.scalars and value.bits > 53:
        raise Refused("sorted by integers of 64 bits together with floats")
    text = number(value)
    parts = []
    if value.nan:
        real = f"isnan({text})" if descending else f"NOT isnan({text})"
        parts.append(f"q := ({real})")
    return [*parts, f"n := {sign}({text})"]


def sorted_together(
    rows: Iterable[tuple[Sequence[Mapping[str, Any]], Row]], directions: Sequence[int]
) -> list[Row]:
    """Return what came from relations of different schemas in one order, MongoDB's.

    Parameters
    ----------
    rows : iterable of pairs
        The structs that `key_of` gives, upwards, and whatever they sort.
    directions : sequence of int
        Of each struct, 1 or -1; the first counts most.

    >>> three = {"r": 2, "q": True, "n": 3.0}, {"r": 2, "n": 1}, {"r": 1}
    >>> sorted_together([([key], key["r"]) for key in three], [-1])
    [2, 2, 1]
    """
    found = list(rows)
    for place in reversed(range(len(directions))):
        found.sort(key=lambda row: _comparable(row[0][place]), reverse=directions[place] == -1)
    return [row for _, row in found]


def _comparable(key: Mapping[str, Any]) -> tuple[int, bool, Any]:
    """Return a key as Python compares it: Python's integers and floats compare exactly."""
    real = key.get("q") is not False  # NaN is the least number, and equals itself
    values = (key.get(name) for name in ("n", "b", "d", "s", "o"))
    value = next((value for value in values if value is not None), 0) if real else 0
    return key["r"], real, value
