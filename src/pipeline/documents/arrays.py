"""Arrays: their elements, parts, search, and what is made of each element."""

import math
from typing import Any

from pipeline.documents import sql
from pipeline.documents.choose import choose, packed
from pipeline.documents.compare import compared
from pipeline.documents.compiler import arguments, array_of, compiled, element, named
from pipeline.documents.context import Context, operator
from pipeline.documents.logic import checked, truth
from pipeline.documents.numbers import ordered_errors, other_than
from pipeline.documents.predicates import among
from pipeline.documents.refused import Refused
from pipeline.documents.storage import decoded, recoded
from pipeline.documents.types import Alternative, Type, union
from pipeline.documents.values import MISSING, NO_CONSTANT, NULL, Array, Value, boolean

_INTEGER = Alternative("int", "INTEGER")


def must_be_array(value: Value) -> str:
    """Give where an operator fails that takes nothing but an array, not even null."""
    return sql.either(value.error, sql.negated(value.has("array")))


def array_or_null(value: Value) -> str:
    """Give where an operator fails that takes an array, null or missing."""
    return sql.either(value.error, other_than(value, "array"))


def list_of(value: Value) -> Array:
    """Give the list of a value; an empty one where it cannot be an array."""
    return value.array or Array("CAST(NULL AS BOOLEAN[])", Type())


def index(ctx: Context, given: Value) -> int:
    """Check a constant index or count."""
    number = given.constant
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise Refused("an index that is no constant number")
    if math.isnan(number) or number != int(number) or abs(number) >= 2**31:
        raise Refused(f"the index {number}: MongoDB takes 32-bit integers")
    return int(number)


def taken(array: Array, at: str, exists: str, ctx: Context) -> Value:
    """Give an element, missing where there is none."""
    if not array.items.alternatives and not array.items.null:
        return MISSING
    found = decoded(f"({array.sql})[{at}]", array.items)
    return choose([(exists, found)], MISSING, ctx.names)


@operator("$size")
def _size(ctx: Context, given: Any) -> Value:
    (value,) = arguments(ctx, given, 1)
    text = f"len({list_of(value).sql})"
    return Value({"int": text}, bits=31, error=must_be_array(value), null=not value.always)


@operator("$isArray")
def _is_array(ctx: Context, given: Any) -> Value:
    (value,) = arguments(ctx, given, 1)
    return boolean(value.has("array"), value.error)


@operator("$arrayElemAt")
def _array_elem_at(ctx: Context, given: Any) -> Value:
    value, at = arguments(ctx, given, 2)
    if at.constant is NO_CONSTANT:
        return _elem_at(ctx, value, at)
    if at.constant is None:
        return Value(null=True, error=value.error)
    place = index(ctx, at)
    array = list_of(value)
    one_based = place + 1 if place >= 0 else place
    exists = f"coalesce(len({array.sql}) >= {one_based if place >= 0 else -place}, FALSE)"
    return _of_array(value, taken(array, str(one_based), exists, ctx), ctx)


def _of_array(value: Value, found: Value, ctx: Context) -> Value:
    """Give what is found in an array; null where the array is null or missing."""
    found = choose([(value.has("array"), found)], NULL, ctx.names)
    return found.failing(array_or_null(value))


def _elem_at(ctx: Context, value: Value, at: Value) -> Value:
    """Take an element at an index that is computed."""
    if at.kinds - {"int"} or not at.kinds:
        raise Refused("an index that may be no integer")
    array, place = list_of(value), at.scalars["int"]
    one_based = f"(CASE WHEN {place} >= 0 THEN {place} + 1 ELSE {place} END)"
    exists = (
        f"coalesce(CASE WHEN {place} >= 0 THEN {place} < len({array.sql})"
        f" ELSE -{place} <= len({array.sql}) END, FALSE)"
    )
    found = taken(array, one_based, exists, ctx)
    found = choose([(at.there(), found)], NULL, ctx.names)
    error = sql.either(at.error, sql.both(at.there(), array_or_null(value)), value.error)
    if at.bits > 31:
        far = f"coalesce({place} NOT BETWEEN -2147483648 AND 2147483647, FALSE)"
        error = sql.either(error, sql.both(value.there(), far))
    found = choose([(value.has("array"), found)], NULL, ctx.names)
    return found.failing(error)


@operator("$first")
def _first(ctx: Context, given: Any) -> Value:
    return _array_elem_at(ctx, [_only(given), 0])


@operator("$last")
def _last(ctx: Context, given: Any) -> Value:
    return _array_elem_at(ctx, [_only(given), -1])


def _only(given: Any) -> Any:
    if isinstance(given, list):
        if len(given) != 1:
            raise Refused(f"takes 1 argument, not {len(given)}")
        return given[0]
    return given


@operator("$slice")
def _slice(ctx: Context, given: Any) -> Value:
    values = arguments(ctx, given, 2, 3)
    value, array = values[0], list_of(values[0])
    if any(v.constant is None for v in values[1:]):
        raise Refused("null as an index")
    numbers = [index(ctx, v) for v in values[1:]]
    size = f"len({array.sql})"
    if len(numbers) == 1:
        count = numbers[0]
        first = "1" if count >= 0 else f"greatest({size} + {count} + 1, 1)"
        last = str(count) if count >= 0 else size
    else:
        at, count = numbers
        if count <= 0:
            raise Refused("a third argument that is not positive: MongoDB fails")
        first = str(at + 1) if at >= 0 else f"greatest({size} + {at} + 1, 1)"
        last = f"{first} + {count - 1}"
    text = f"list_slice({array.sql}, {first}, {last})"
    if numbers == [0]:
        text = f"list_slice({array.sql}, 2, 1)"
    return _array_result(value, Array(text, array.items))


def _array_result(value: Value, array: Array, error: str = sql.FALSE) -> Value:
    """Give an array made of one; null where that is null or missing."""
    null = not (value.always and value.kinds == {"array"})
    return Value(array=array, null=null, error=sql.either(array_or_null(value), error))


@operator("$reverseArray")
def _reverse(ctx: Context, given: Any) -> Value:
    (value,) = arguments(ctx, given, 1)
    array = list_of(value)
    return _array_result(value, Array(f"list_reverse({array.sql})", array.items))


@operator("$concatArrays")
def _concat(ctx: Context, given: Any) -> Value:
    values = [compiled(ctx, g) for g in (given if isinstance(given, list) else [given])]
    if not values:
        return array_of([], ctx)
    error = ordered_errors(values, "array")
    if any(v.array is None for v in values):
        return Value(null=True, error=error)
    arrays = [list_of(v) for v in values]
    items = arrays[0].items
    for one in arrays[1:]:
        items = union(items, one.items)
    text = " || ".join(f"CAST({recoded(a, items, ctx.names)} AS {items.sql()}[])" for a in arrays)
    if any(not (v.always and v.kinds == {"array"}) for v in values):
        missing = sql.either(*(sql.negated(v.has("array")) for v in values))
        text = sql.case([(missing, "NULL")], text)
        return Value(array=Array(text, items), null=True, error=error)
    return Value(array=Array(f"({text})", items), error=error)


@operator("$filter")
def _filter(ctx: Context, given: Any) -> Value:
    parts = named(given, ("input", "cond"), ("as",))
    value = compiled(ctx, parts["input"])
    array, one = list_of(value), ctx.names.fresh()
    inner = ctx.inside(**{checked(parts.get("as", "this")): decoded(one, array.items)})
    condition = compiled(inner, parts["cond"])
    error = any_element(array.sql, one, condition.error)
    text = f"list_filter({array.sql}, lambda {one}: {truth(condition)})"
    return _array_result(value, Array(text, array.items), error)


def any_element(text: str, one: str, condition: str) -> str:
    """Give whether a condition holds for any element of a list."""
    if condition == sql.FALSE:
        return sql.FALSE
    if condition == sql.TRUE:
        return f"coalesce(len({text}) > 0, FALSE)"
    tested = f"list_transform({text}, lambda {one}: {condition})"
    return f"coalesce(list_contains({tested}, TRUE), FALSE)"


@operator("$map")
def _map(ctx: Context, given: Any) -> Value:
    parts = named(given, ("input", "in"), ("as",))
    value = compiled(ctx, parts["input"])
    array, one = list_of(value), ctx.names.fresh()
    inner = ctx.inside(**{checked(parts.get("as", "this")): decoded(one, array.items)})
    result = element(compiled(inner, parts["in"]))
    error = any_element(array.sql, one, result.error)
    body, items = packed(result, ctx.names)
    text = f"list_transform({array.sql}, lambda {one}: {body})"
    return _array_result(value, Array(text, items), error)


@operator("$anyElementTrue")
def _any_true(ctx: Context, given: Any) -> Value:
    (value,) = arguments(ctx, given, 1)
    array, one = list_of(value), ctx.names.fresh()
    condition = truth(decoded(one, array.items))
    return boolean(any_element(array.sql, one, condition), must_be_array(value))


@operator("$allElementsTrue")
def _all_true(ctx: Context, given: Any) -> Value:
    if not isinstance(given, list):
        given = [given]
    (value,) = arguments(ctx, given, 1)
    array, one = list_of(value), ctx.names.fresh()
    condition = sql.negated(truth(decoded(one, array.items)))
    found = any_element(array.sql, one, condition)
    return boolean(sql.negated(found), must_be_array(value))


@operator("$in")
def _in(ctx: Context, given: Any) -> Value:
    if not isinstance(given, list) or len(given) != 2:
        raise Refused("takes 2 arguments")
    value = compiled(ctx, given[0])
    if isinstance(given[1], list):
        members = [element(compiled(ctx, item)) for item in given[1]]
        error = sql.either(value.error, *(m.error for m in members))
        condition, rest = among([m.constant for m in members], value)
        single = [compared("eq", value, members[place]) for place in rest]
        return boolean(sql.either(condition, *single), error)
    array = compiled(ctx, given[1])
    one = ctx.names.fresh()
    items = list_of(array)
    equal = compared("eq", value, decoded(one, items.items))
    error = sql.either(value.error, must_be_array(array))
    return boolean(any_element(items.sql, one, equal), error)


@operator("$indexOfArray")
def _index_of(ctx: Context, given: Any) -> Value:
    array, wanted = arguments(ctx, given, 2)
    one = ctx.names.fresh()
    items = list_of(array)
    equal = compared("eq", wanted, decoded(one, items.items))
    flags = f"list_transform({items.sql}, lambda {one}: {equal})"
    text = f"coalesce(list_position({flags}, TRUE) - 1, -1)"
    text = sql.case([(array.has("array"), text)], "NULL")
    null = not (array.always and array.kinds == {"array"})
    error = sql.either(array_or_null(array), sql.both(array.there(), wanted.error))
    return Value({"int": text}, null=null, error=error, bits=31)


@operator("$range")
def _range(ctx: Context, given: Any) -> Value:
    values = arguments(ctx, given, 2, 3)
    step = 1
    if len(values) == 3:
        step = index(ctx, values[2])
        if step == 0:
            raise Refused("a step of zero: MongoDB fails")
    texts, errors = [], [v.error for v in values]
    for value in values[:2]:
        if value.kinds != {"int"} or value.bits > 31:
            if value.constant is NO_CONSTANT:
                raise Refused("a bound that may be no 32-bit integer")
            texts.append(str(index(ctx, value)))
            continue
        errors.append(sql.negated(value.there()))
        texts.append(value.scalars["int"])
    text = f"CAST(range({texts[0]}, {texts[1]}, {step}) AS INTEGER[])"
    items = Type((_INTEGER,))
    return Value(array=Array(text, items), null=True, error=sql.either(*errors))
