"""$reduce, and arrays put in order: $sortArray."""

from collections.abc import Mapping
from typing import Any

from pipeline.documents import sql
from pipeline.documents.arrays import array_or_null, list_of
from pipeline.documents.choose import choose
from pipeline.documents.compiler import compiled, named
from pipeline.documents.context import Context, operator
from pipeline.documents.order import key_of
from pipeline.documents.paths import member
from pipeline.documents.refused import Refused
from pipeline.documents.storage import decoded, encoded, type_of
from pipeline.documents.types import Type, union
from pipeline.documents.values import NULL, Array, Value

ROUNDS = 5  # in which the type of what is carried on has to settle


@operator("$reduce")
def _reduce(ctx: Context, given: Any) -> Value:
    parts = named(given, ("input", "initialValue", "in"))
    value = compiled(ctx, parts["input"])
    start = compiled(ctx, parts["initialValue"])
    array = list_of(value)
    error = sql.either(sql.both(value.there(), start.error), array_or_null(value))
    if not array.items.alternatives and not array.items.null:
        return choose([(value.has("array"), start)], NULL, ctx.names).failing(error)
    state, item = ctx.names.fresh(), ctx.names.fresh()
    kind, result = _settled(ctx, parts["in"], start, array, state, item)
    folded = _folded(ctx, array, (state, item), kind, start, result)
    final = decoded(f"{folded}.v", kind)
    if result.error != sql.FALSE:
        error = sql.either(error, f"coalesce({folded}.e, FALSE)")
    return choose([(value.has("array"), final)], NULL, ctx.names).failing(error)


def _settled(
    ctx: Context, given: Any, start: Value, array: Array, state: str, item: str
) -> tuple[Type, Value]:
    """Find a type that holds the first value and all that are made of it, and the step."""
    kind = type_of(start)
    this = decoded(f"{item}.x", array.items)
    for _ in range(ROUNDS):
        inner = ctx.inside(value=decoded(f"{state}.v", kind), this=this)
        result = compiled(inner, given)
        wider = union(kind, type_of(result))
        if wider == kind:
            return kind, result
        kind = wider
    raise Refused("a value whose type grows with each element")


def _folded(
    ctx: Context, array: Array, names: tuple[str, str], kind: Type, start: Value, result: Value
) -> str:
    """Fold: DuckDB wants elements and what is carried on of one type, so each is in a struct."""
    state, item = names
    items = array.items.sql()
    nothing = f"CAST(NULL AS {items})"
    failed = sql.FALSE
    if result.error != sql.FALSE:
        failed = sql.either(f"{state}.e", result.error)
    carried = f"CAST({encoded(result, kind, ctx.names)} AS {kind.sql()})"
    step = f"struct_pack(v := {carried}, x := {nothing}, e := {failed})"
    first = f"CAST({encoded(start, kind, ctx.names)} AS {kind.sql()})"
    one = ctx.names.fresh()
    element = (
        f"struct_pack(v := CAST(NULL AS {kind.sql()}), x := CAST({one} AS {items}), e := FALSE)"
    )
    rest = f"list_transform({array.sql}, lambda {one}: {element})"
    head = f"struct_pack(v := {first}, x := {nothing}, e := FALSE)"
    return f"list_reduce(list_prepend({head}, {rest}), lambda {state}, {item}: {step})"


@operator("$sortArray")
def _sort_array(ctx: Context, given: Any) -> Value:
    parts = named(given, ("input", "sortBy"))
    value = compiled(ctx, parts["input"])
    array = list_of(value)
    one, at, pair = ctx.names.fresh(), ctx.names.fresh(), ctx.names.fresh()
    by = _by(ctx, decoded(one, array.items), parts["sortBy"])
    keys = [key_of(v, down, nothing_is_null=True) for v, down in by]
    packed = [f"k{n} := {key}" for n, key in enumerate(keys)]
    body = f"struct_pack({', '.join([*packed, f'i := {at}', f'x := {one}'])})"
    ordered = f"list_sort(list_transform({array.sql}, lambda {one}, {at}: {body}))"
    text = f"list_transform({ordered}, lambda {pair}: {pair}.x)"
    null = not (value.always and value.kinds == {"array"})
    return Value(array=Array(text, array.items), null=null, error=array_or_null(value))


def _by(ctx: Context, item: Value, given: Any) -> list[tuple[Value, bool]]:
    """Give what an array is sorted by, and whether downwards."""
    if given in (1, -1) and not isinstance(given, bool):
        return [(item, given == -1)]
    if not isinstance(given, Mapping) or not given:
        raise Refused(f"sortBy {given!r}")
    keys = []
    for name, direction in given.items():
        if direction not in (1, -1) or isinstance(direction, bool):
            raise Refused(f"the direction {direction!r}")
        value = item
        for part in name.split("."):
            value = member(value, part, ctx.names)
        keys.append((value, direction == -1))
    return keys
