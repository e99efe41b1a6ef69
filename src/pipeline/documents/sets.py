"""Arrays as sets: $setIsSubset, $setEquals, $setIntersection, $setUnion, $setDifference."""

from typing import Any

from pipeline.documents import sql
from pipeline.documents.arrays import any_element, list_of, must_be_array
from pipeline.documents.compare import compared
from pipeline.documents.compiler import arguments, compiled
from pipeline.documents.context import Context, operator
from pipeline.documents.numbers import ordered_errors
from pipeline.documents.refused import Refused
from pipeline.documents.storage import decoded
from pipeline.documents.values import Array, Value, boolean


def _inside(ctx: Context, ours: Array, theirs: Array) -> str:
    """Give whether every element of a list is in another."""
    one, other = ctx.names.fresh(), ctx.names.fresh()
    equal = compared("eq", decoded(one, ours.items), decoded(other, theirs.items))
    absent = sql.negated(any_element(theirs.sql, other, equal))
    return sql.negated(any_element(ours.sql, one, absent))


@operator("$setIsSubset")
def _subset(ctx: Context, given: Any) -> Value:
    a, b = arguments(ctx, given, 2)
    error = sql.either(must_be_array(a), must_be_array(b))
    return boolean(_inside(ctx, list_of(a), list_of(b)), error)


@operator("$setEquals")
def _equals(ctx: Context, given: Any) -> Value:
    values = arguments(ctx, given, 2, 100)
    first = list_of(values[0])
    parts = []
    for other in values[1:]:
        parts += [_inside(ctx, first, list_of(other)), _inside(ctx, list_of(other), first)]
    return boolean(sql.both(*parts), sql.either(*map(must_be_array, values)))


def _plain(value: Value) -> str:
    """Refuse sets of anything but elements of one kind that SQL sorts as MongoDB does."""
    items = list_of(value).items
    if not items.alternatives and not items.null:
        return ""
    kinds = [a.kind for a in items.alternatives]
    if items.null or len(kinds) != 1 or kinds[0] not in ("int", "string", "date"):
        raise Refused("a set made of elements other than integers, texts or dates")
    return kinds[0]


def _made(name: str) -> Any:
    function = {"$setIntersection": "list_intersect", "$setUnion": "list_concat"}[name]

    def translate(ctx: Context, given: Any) -> Value:
        values = [compiled(ctx, item) for item in (given if isinstance(given, list) else [given])]
        if len(values) != 2:
            raise Refused("sets of more or less than two arrays")
        if len({_plain(v) for v in values} - {""}) != 1:
            raise Refused("sets of unlike elements")
        lists = [list_of(v) for v in values]
        items = next(a.items for a in lists if a.items.alternatives)
        typed = [f"CAST({a.sql} AS {items.sql()}[])" for a in lists]
        text = f"list_sort(list_distinct({function}({', '.join(typed)})))"
        null = sql.either(*(sql.negated(v.has("array")) for v in values))
        text = sql.case([(null, "NULL")], text)
        error = ordered_errors(values, "array")
        return Value(array=Array(text, items), null=null != sql.FALSE, error=error)

    return translate


for _name in ("$setIntersection", "$setUnion"):
    operator(_name)(_made(_name))
