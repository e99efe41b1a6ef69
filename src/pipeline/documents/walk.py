"""Where a path of a $match leads: every field and array element that a condition is asked of.

MongoDB goes into arrays on its own: a path into one means any of its elements, a number in a
path the element of that index, and a path that ends at an array its elements and the array
itself. A document in which a path leads nowhere is asked with a missing value; an array in
which no element has the path, or which is empty, is not asked at all.
"""

from collections.abc import Callable

from pipeline.documents import sql
from pipeline.documents.arrays import any_element
from pipeline.documents.choose import choose
from pipeline.documents.context import Context
from pipeline.documents.storage import decoded
from pipeline.documents.values import MISSING, Array, Value

Predicate = Callable[[Value], str]


def holds(ctx: Context, value: Value, parts: list[str], asked: Predicate, into: bool = True) -> str:
    """Give the condition that any value at a path is as asked.

    Parameters
    ----------
    ctx : Context
        For fresh names.
    value : Value
        The document or a part of it.
    parts : list of str
        The path from there.
    asked : callable
        From a value (of any kinds, perhaps missing) to a condition, never NULL.
    into : bool
        Whether an array at the end of the path is asked element by element too.

    Returns
    -------
    str
    """
    if not parts:
        return _leaf(ctx, value, asked, into)
    name, rest = parts[0], parts[1:]
    outcomes = []
    others = value.kinds - {"array"}
    if others or not value.always:
        child = value.record.fields.get(name, MISSING) if value.record else MISSING
        found = holds(ctx, child, rest, asked, into)
        outcomes.append(sql.both(sql.negated(value.has("array")), found))
    if value.array:
        outcomes.append(_elements(ctx, value.array, name, rest, asked, into))
    return sql.either(*outcomes)


def _leaf(ctx: Context, value: Value, asked: Predicate, into: bool) -> str:
    if value.array is None or not into:
        return asked(value)
    one = ctx.names.fresh()
    inside = any_element(value.array.sql, one, asked(decoded(one, value.array.items)))
    return sql.either(asked(value), inside)


def _elements(
    ctx: Context, array: Array, name: str, rest: list[str], asked: Predicate, into: bool
) -> str:
    """Ask the elements of an array in the middle of a path."""
    one = ctx.names.fresh()
    item = decoded(one, array.items)
    outcomes = []
    if item.record:
        child = item.record.fields.get(name, MISSING)
        found = sql.both(item.has("object"), holds(ctx, child, rest, asked, into))
        outcomes.append(any_element(array.sql, one, found))
    if name.isdecimal() and (name == "0" or not name.startswith("0")) and len(name) < 9:
        outcomes.append(_at_index(ctx, array, int(name), rest, asked, into))
    return sql.either(*outcomes)


def _at_index(
    ctx: Context, array: Array, place: int, rest: list[str], asked: Predicate, into: bool
) -> str:
    exists = f"coalesce(len({array.sql}) > {place}, FALSE)"
    if not array.items.alternatives and not array.items.null:
        return sql.FALSE
    item = decoded(f"({array.sql})[{place + 1}]", array.items)
    item = choose([(exists, item)], MISSING, ctx.names)
    if not rest:
        return sql.both(exists, asked(item))
    inside = sql.either(item.has("object"), item.has("array"))
    return sql.both(inside, holds(ctx, item, rest, asked, into))
