"""$min and $max: of some values, or of the elements of an array."""

from dataclasses import replace
from typing import Any

from pipeline.documents import sql
from pipeline.documents.choose import choose
from pipeline.documents.compare import compared
from pipeline.documents.compiler import array_of, compiled, element
from pipeline.documents.context import Context, Operator, operator
from pipeline.documents.numbers import constants_last
from pipeline.documents.order import key_of
from pipeline.documents.refused import Refused
from pipeline.documents.storage import decoded
from pipeline.documents.values import NULL, Array, Names, Value


def folded_inputs(
    ctx: Context, given: Any, sorts: bool = False
) -> tuple[list[Value], Array | None, str]:
    """Give the values to fold: an array's elements where it is the only argument.

    Parameters
    ----------
    ctx : Context
    given : object
        The operator's arguments.
    sorts : bool
        Whether constants come last.

    Returns
    -------
    list of Value
        Empty where an array is folded.
    Array or None
        That array.
    str
        Where an argument fails.
    """
    items = given if isinstance(given, list) else [given]
    if sorts and len(items) > 1:
        # as MongoDB's optimizer does: it decides which of two equal values is taken
        free, fixed = constants_last(items)
        items = [*free, *fixed]
    values = [compiled(ctx, item) for item in items]
    error = sql.either(*(v.error for v in values))
    if len(values) == 1 and values[0].array is not None:
        if values[0].kinds != {"array"}:
            raise Refused("a single argument that may be an array or not")
        return [], values[0].array, error
    return values, None, error


def _extreme(comparison: str) -> Operator:
    def translate(ctx: Context, given: Any) -> Value:
        values, array, error = folded_inputs(ctx, given, sorts=True)
        if len(values) > 1 and not any(v.kinds & {"array", "object"} for v in values):
            array = array_of([element(v) for v in values], ctx).array
        if array is not None:
            return extreme_of(array, comparison, ctx.names).failing(error)
        if not values:
            return NULL
        best = values[0]
        for value in values[1:]:
            best = _better(ctx, best, value, comparison)
        found = replace(best, null=not best.always, missing=False, null_sql="")
        return replace(found, error=error)

    return translate


def _better(ctx: Context, best: Value, other: Value, comparison: str) -> Value:
    """Give the less (or greater) of two values; null and missing lose."""
    first = sql.either(sql.negated(best.there()), compared(comparison, other, best))
    return choose([(sql.both(other.there(), first), other)], best, ctx.names)


operator("$min")(_extreme("lt"))
operator("$max")(_extreme("gt"))


def extreme_of(array: Array, comparison: str, names: Names) -> Value:
    """Give the least or greatest element of a list, null where there is none.

    Parameters
    ----------
    array : Array
    comparison : str
        "lt" for the least, "gt" for the greatest.
    names : Names

    Returns
    -------
    Value
    """
    items = array.items
    if not items.alternatives:
        return NULL
    one = names.fresh()
    inner = decoded(one, items)
    kind = items.alternatives[0].kind
    simple = len(items.alternatives) == 1 and not items.boxed
    if not simple or kind not in ("double", "int", "string", "bool", "date", "oid"):
        return _any_kind(array, comparison, names)
    text = array.sql
    if inner.scalars[kind] != one:
        text = f"list_transform({text}, lambda {one}: {inner.scalars[kind]})"
    if kind == "double" and inner.nan:
        found = _doubles(text, comparison, names)
    else:
        found = f"{'list_min' if comparison == 'lt' else 'list_max'}({text})"
    return Value({kind: found}, null=True, bits=inner.bits, nan=inner.nan, infinite=inner.infinite)


def _doubles(text: str, comparison: str, names: Names) -> str:
    """NaN is less than all numbers, while DuckDB has it above them."""
    top = f"list_max({text})"
    if comparison == "lt":
        return f"(CASE WHEN isnan({top}) THEN {top} ELSE list_min({text}) END)"
    one = names.fresh()
    real = f"list_max(list_filter({text}, lambda {one}: NOT isnan({one})))"
    return f"(CASE WHEN isnan({top}) THEN coalesce({real}, {top}) ELSE {top} END)"


def _any_kind(array: Array, comparison: str, names: Names) -> Value:
    """Find the extreme of elements of several kinds by sort keys; the first wins a tie."""
    one, at, pair = names.fresh(), names.fresh(), names.fresh()
    value = decoded(one, array.items)
    key = key_of(value, descending=comparison == "gt")
    # the element comes along last, where it is never compared: no two have one place
    body = f"struct_pack(k := {key}, i := {at}, t := {value.there()}, v := {one})"
    keys = f"list_transform({array.sql}, lambda {one}, {at}: {body})"
    best = f"list_min(list_filter({keys}, lambda {pair}: {pair}.t))"
    return choose([(f"({best}.i IS NOT NULL)", decoded(f"{best}.v", array.items))], NULL, names)
