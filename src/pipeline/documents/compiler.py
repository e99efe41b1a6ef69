"""Expressions: constants, paths, objects, arrays and operators, each by its kind."""

import datetime
import functools
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import duckdb
from bson import Decimal128, Int64, ObjectId, Regex

from pipeline.documents import sql
from pipeline.documents.choose import packed
from pipeline.documents.context import OPERATORS, Context
from pipeline.documents.paths import path
from pipeline.documents.refused import Refused
from pipeline.documents.storage import encoded, joined
from pipeline.documents.types import ALL_LONG, BY_SIZE, Type, laid_out
from pipeline.documents.values import MISSING, NO_CONSTANT, NULL, Array, Record, Value

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def compiled(ctx: Context, given: Any) -> Value:
    """Translate an expression.

    Parameters
    ----------
    ctx : Context
        What it can refer to.
    given : object
        As MongoDB's: a path, a constant, an object, an array, {"$operator": arguments}.

    Returns
    -------
    Value

    Raises
    ------
    Refused
        If it cannot be translated exactly.
    """
    ctx = ctx.deeper()
    if isinstance(given, str) and given.startswith("$"):
        return path(ctx, given)
    if isinstance(given, Mapping):
        operators = [key for key in given if key.startswith("$")]
        if not operators:
            return _object(ctx, given)
        if len(given) != 1:
            raise Refused(f"an expression with more than {operators[0]}: {', '.join(given)}")
        return _operator(ctx, operators[0], given[operators[0]])
    if isinstance(given, list):
        return array_of([element(compiled(ctx, item)) for item in given], ctx)
    return constant(given)


def _operator(ctx: Context, name: str, arguments: Any) -> Value:
    translate = OPERATORS.get(name)
    if translate is None:
        raise Refused(f"{name}: not translated")
    try:
        value = translate(ctx, arguments)
    except Refused as error:
        if str(error).startswith("$"):
            raise
        raise Refused(f"{name}: {error}") from error
    if value.error != sql.FALSE and is_constant(arguments):
        # MongoDB computes constants beforehand, and fails for all documents then
        if value.error == sql.TRUE or _holds(value.error):
            raise Refused(f"{name}: MongoDB fails on these constants")
        value = replace(value, error=sql.FALSE)
    return value if ctx.hoist is None else ctx.hoist(value)


@functools.cache
def _holds(condition: str) -> bool:
    """Compute a condition on constants."""
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {condition}").fetchone()
    return found is None or found[0] is not False


def is_constant(given: Any) -> bool:
    """Whether an expression refers to nothing, so that MongoDB computes it beforehand."""
    if isinstance(given, str):
        return not given.startswith("$")
    if isinstance(given, list):
        return all(map(is_constant, given))
    if isinstance(given, Mapping):
        return bool(set(given) & {"$literal", "$const"}) or all(map(is_constant, given.values()))
    return True


def _object(ctx: Context, given: Mapping[str, Any]) -> Value:
    fields, errors = {}, []
    for key, item in given.items():
        if not key or "." in key:
            raise Refused(f"the field name {key!r} in an object expression")
        fields[key] = compiled(ctx, item)
        errors.append(fields[key].error)
    return Value(record=Record(sql.TRUE, fields), error=sql.either(*errors))


def element(value: Value) -> Value:
    """Give an item of an array: there a missing value is null."""
    if not value.missing:
        return value
    return replace(value, null=True, missing=False, null_sql="", constant=NO_CONSTANT)


def array_of(values: list[Value], ctx: Context) -> Value:
    """Give the array of some values that are not missing."""
    if not values:
        return Value(array=Array("CAST([] AS BOOLEAN[])", Type()), constant=[])
    items = joined(values)
    listed = ", ".join(encoded(value, items, ctx.names) for value in values)
    text = f"CAST([{listed}] AS {items.sql()}[])"
    return Value(array=Array(text, items), error=sql.either(*(v.error for v in values)))


def constant(given: Any) -> Value:  # noqa: PLR0911 (a case a kind)
    """Give the value of a constant, objects and arrays included."""
    if given is None:
        return NULL
    if isinstance(given, bool):
        return Value({"bool": sql.TRUE if given else sql.FALSE}, constant=given)
    if isinstance(given, int):
        if not -(2**63) <= given < 2**63:
            raise Refused(f"the integer {given}: more than 64 bits")
        bits = max(given.bit_length(), 1)
        if isinstance(given, Int64) and bits <= 31:
            bits = 32
        width = ALL_LONG if isinstance(given, Int64) else BY_SIZE
        return Value({"int": sql.integer(given)}, bits=bits, width=width, constant=int(given))
    if isinstance(given, float):
        finite = math.isfinite(given)
        return Value(
            {"double": sql.double(given)},
            nan=math.isnan(given),
            infinite=not finite,
            constant=given,
        )
    if isinstance(given, str):
        return Value({"string": sql.text(given)}, constant=given)
    if isinstance(given, datetime.datetime):
        return Value({"date": sql.integer(milliseconds(given))}, constant=given)
    if isinstance(given, ObjectId):
        return Value({"oid": sql.text(str(given))}, constant=given)
    if isinstance(given, list):
        # constants inside are never missing
        ctx = Context(MISSING)
        return array_of([constant(item) for item in given], ctx)
    if isinstance(given, Mapping):
        return Value(record=Record(sql.TRUE, {k: constant(v) for k, v in given.items()}))
    if isinstance(given, Decimal128 | Regex):
        raise Refused(f"a constant of type {type(given).__name__}")
    raise Refused(f"a constant of type {type(given).__name__}")


def milliseconds(given: datetime.datetime) -> int:
    """Give the milliseconds since 1970 of a date; without a zone it is UTC."""
    aware = given if given.tzinfo else given.replace(tzinfo=datetime.UTC)
    return (aware - _EPOCH) // datetime.timedelta(milliseconds=1)


def arguments(ctx: Context, given: Any, least: int, most: int | None = None) -> list[Value]:
    """Translate an operator's arguments; a single one may stand without its list."""
    items = given if isinstance(given, list) else [given]
    most = least if most is None else most
    if not least <= len(items) <= most:
        raise Refused(f"takes {least} to {most} arguments, not {len(items)}")
    return [compiled(ctx, item) for item in items]


def named(given: Any, wanted: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Check an operator's named arguments."""
    if not isinstance(given, Mapping):
        raise Refused("takes named arguments")
    for key in given:
        if key not in (*wanted, *optional):
            raise Refused(f"the argument {key!r}")
    for key in wanted:
        if key not in given:
            raise Refused(f"lacks the argument {key!r}")
    return dict(given)


__all__ = [
    "arguments",
    "array_of",
    "compiled",
    "constant",
    "element",
    "laid_out",
    "named",
    "packed",
]
