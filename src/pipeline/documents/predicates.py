"""What a $match asks of one value: its operators compare within one type."""

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from pipeline.documents import sql
from pipeline.documents.compare import EXACT_BITS, SIGNS, compared
from pipeline.documents.compiler import constant
from pipeline.documents.refused import Refused
from pipeline.documents.types import ALL_LONG, UNSURE
from pipeline.documents.values import Value

TYPES = {
    "double": 1, "string": 2, "object": 3, "array": 4, "binData": 5, "undefined": 6,
    "objectId": 7, "bool": 8, "date": 9, "null": 10, "regex": 11, "dbPointer": 12,
    "javascript": 13, "symbol": 14, "javascriptWithScope": 15, "int": 16, "timestamp": 17,
    "long": 18, "decimal": 19, "minKey": -1, "maxKey": 127,
}  # fmt: skip
UNSURE_WIDTH = "whether an integer is an int or a long: it is computed, or the documents disagree"
_NEVER = ("undefined", "regex", "dbPointer", "javascript", "symbol", "javascriptWithScope",
          "timestamp", "decimal", "minKey", "maxKey")  # fmt: skip
_KINDS = {"binData": "binary", "objectId": "oid"}


def comparison(  # noqa: PLR0911 (a case a type)
    operator: str, given: Any, value: Value
) -> str:
    """Give the condition that a value compares so with a constant of its type.

    Parameters
    ----------
    operator : str
        eq, lt, lte, gt or gte.
    given : object
        The constant.
    value : Value
        Of any kinds; not its elements, where it is an array.

    Returns
    -------
    str
        Never NULL.
    """
    if value.unknown:
        raise Refused("a column of a type that documents do not have")
    if given is None:
        if operator in ("lt", "gt"):
            return sql.FALSE
        return sql.either(value.is_null(), value.is_missing())
    if isinstance(given, bool):
        return _compared(operator, value, "bool", sql.TRUE if given else sql.FALSE)
    if isinstance(given, int | float):
        return _number(operator, value, given)
    if isinstance(given, str):
        return _compared(operator, value, "string", sql.text(given))
    if isinstance(given, datetime.datetime):
        return _compared(operator, value, "date", constant(given).scalars["date"])
    if isinstance(given, ObjectId):
        return _compared(operator, value, "oid", constant(given).scalars["oid"])
    if isinstance(given, list) and operator == "eq":
        return compared("eq", value, constant(given)) if value.array else sql.FALSE
    raise Refused(f"a constant of type {type(given).__name__}")


def _compared(operator: str, value: Value, kind: str, text: str) -> str:
    if kind not in value.scalars:
        return sql.FALSE
    return _sure(value, kind, f"({value.scalars[kind]} {SIGNS[operator]} {text})")


def _sure(value: Value, kind: str, condition: str) -> str:
    if value.always and value.kinds == {kind}:
        return condition
    return sql.coalesce(condition, sql.FALSE)


def among(items: Sequence[Any], value: Value) -> tuple[str, list[int]]:
    """Give the condition that a value equals one of some texts and numbers, looked up by hash.

    Parameters
    ----------
    items : sequence of object
        Constants.
    value : Value
        As for `comparison`.

    Returns
    -------
    condition : str
        Never NULL.
    rest : list of int
        The places of items that it leaves out: those are to be compared one by one.
    """
    texts, numbers, rest = [], [], []
    exact = 2**EXACT_BITS if "double" in value.scalars else 2**63 - 1
    for place, item in enumerate(items):
        if isinstance(item, str):
            texts.append(sql.text(item))
        elif isinstance(item, int | float) and not isinstance(item, bool) and abs(item) <= exact:
            numbers.append(item)
        else:  # NaN too: it is not less than anything
            rest.append(place)
    if value.unknown or len(texts) + len(numbers) < 2:
        return sql.FALSE, list(range(len(items)))
    found = {"string": texts}
    if "int" in value.scalars:
        found["int"] = [str(int(n)) for n in numbers if n == int(n)]
    if "double" in value.scalars:
        found["double"] = [sql.double(float(n)) for n in numbers]
    return sql.either(*(_in(value, kind, texts) for kind, texts in found.items())), rest


def _in(value: Value, kind: str, texts: list[str]) -> str:
    if kind not in value.scalars or not texts:
        return sql.FALSE
    return _sure(value, kind, f"({value.scalars[kind]} IN ({', '.join(texts)}))")


def _number(operator: str, value: Value, given: float) -> str:
    if math.isnan(given):
        if operator in ("lt", "gt") or "double" not in value.scalars:
            return sql.FALSE
        return _sure(value, "double", f"isnan({value.scalars['double']})")
    parts = []
    if "double" in value.scalars:
        if isinstance(given, int) and abs(given) > 2**EXACT_BITS:
            raise Refused(f"a float compared with the integer {given}")
        real = value.scalars["double"]
        condition = f"({real} {SIGNS[operator]} {sql.double(float(given))})"
        if operator in ("gt", "gte") and value.nan:
            condition = f"({condition} AND NOT isnan({real}))"
        parts.append(_sure(value, "double", condition))
    if "int" in value.scalars:
        parts.append(_sure(value, "int", _integer(operator, value.scalars["int"], given)))
    return sql.either(*parts)


def _integer(operator: str, text: str, given: float) -> str:
    """Compare integers with a number exactly, as integers."""
    if math.isinf(given):
        holds = operator in (("lt", "lte") if given > 0 else ("gt", "gte"))
        return f"({text} IS NOT NULL)" if holds else sql.FALSE
    if given != int(given):
        if operator == "eq":
            return sql.FALSE
        down = operator in ("lt", "lte")
        limit, sign = (math.floor(given), "<=") if down else (math.ceil(given), ">=")
        return f"({text} {sign} {limit})"
    return f"({text} {SIGNS[operator]} {int(given)})"


def exists(value: Value) -> str:
    """Give the condition that there is a value, null included."""
    return sql.negated(value.is_missing())


def of_types(given: Any, value: Value) -> str:
    """Give the condition that a value is of one of some BSON types (by name or number)."""
    names = given if isinstance(given, list) else [given]
    if not names:
        raise Refused("$type of no type: MongoDB fails")
    return sql.either(*(_of_type(name, value) for name in names))


def _of_type(given: Any, value: Value) -> str:
    if value.unknown:
        raise Refused("a column of a type that documents do not have")
    by_number: dict[float, str] = {number: name for name, number in TYPES.items()}
    name = by_number.get(given) if isinstance(given, int | float) else given
    if name == "number":
        return sql.either(value.has("int"), value.has("double"))
    if name not in TYPES:
        raise Refused(f"the type {given!r}")
    if name in _NEVER:
        return sql.FALSE
    if name == "null":
        return value.is_null()
    if name in ("int", "long"):
        return _of_width(name, value)
    return value.has(_KINDS.get(name, name))


def _of_width(name: str, value: Value) -> str:
    """Give the condition that a value is an integer, and an int or a long."""
    if "int" not in value.scalars:
        return sql.FALSE
    if value.width == UNSURE:
        raise Refused(UNSURE_WIDTH)
    if value.width == ALL_LONG:
        return sql.FALSE if name == "int" else value.has("int")
    small = f"({value.scalars['int']} BETWEEN -2147483648 AND 2147483647)"
    return _sure(value, "int", small if name == "int" else f"(NOT {small})")


def size(given: Any, value: Value) -> str:
    """Give the condition that a value is an array of a length."""
    whole = isinstance(given, int | float) and not isinstance(given, bool)
    if not whole or given != int(given) or given < 0:
        raise Refused(f"$size: {given!r}")
    if value.array is None:
        return sql.FALSE
    return sql.coalesce(f"(len({value.array.sql}) = {int(given)})", sql.FALSE)


def remainder(given: Any, value: Value) -> str:
    """Give the condition of $mod: [divisor, remainder], of integers."""
    if not isinstance(given, list) or len(given) != 2:
        raise Refused("$mod takes [divisor, remainder]")
    if any(isinstance(g, bool) or not isinstance(g, int) or abs(g) >= 2**62 for g in given):
        raise Refused("$mod with anything but integers")
    divisor, rest = given
    if divisor == 0:
        raise Refused("$mod by zero: MongoDB fails")
    if "double" in value.scalars:
        raise Refused("$mod of floats")
    if "int" not in value.scalars:
        return sql.FALSE
    return _sure(value, "int", f"(CAST({value.scalars['int']} AS BIGINT) % ({divisor}) = {rest})")


def is_expression(given: Any) -> bool:
    """Whether a condition is {"$operator": ...}, not a constant."""
    return isinstance(given, Mapping) and bool(given) and next(iter(given)).startswith("$")
