"""$match and a find's filter: conditions on paths, joined."""

from collections.abc import Callable, Mapping
from typing import Any

from bson import Regex

from pipeline.documents import sql
from pipeline.documents.arrays import any_element
from pipeline.documents.compiler import compiled
from pipeline.documents.context import Context
from pipeline.documents.logic import truth
from pipeline.documents.paths import noted
from pipeline.documents.predicates import (
    among,
    comparison,
    exists,
    is_expression,
    of_types,
    remainder,
    size,
)
from pipeline.documents.refused import Refused
from pipeline.documents.regex import pattern_of, text_matches
from pipeline.documents.storage import decoded
from pipeline.documents.values import Value, boolean
from pipeline.documents.walk import holds

_COMPARISONS = {"$eq": "eq", "$lt": "lt", "$lte": "lte", "$gt": "gt", "$gte": "gte"}
QUERY_OPERATORS = (
    *_COMPARISONS, "$ne", "$in", "$nin", "$and", "$or", "$nor", "$not", "$expr", "$exists",
    "$type", "$size", "$all", "$elemMatch", "$regex", "$options", "$mod", "$comment",
)  # fmt: skip
"""All that conditions are made of."""


def matched(ctx: Context, query: Any) -> Value:
    """Translate a query into one condition.

    Parameters
    ----------
    ctx : Context
        The document.
    query : dict
        As $match's or find's.

    Returns
    -------
    Value
        A bool, with where MongoDB would fail.
    """
    return _joined_all([part for _, part in conditions(ctx, query)])


def _joined_all(parts: list[Value]) -> Value:
    return boolean(
        sql.both(*(p.scalars["bool"] for p in parts)), sql.either(*(p.error for p in parts))
    )


def conditions(ctx: Context, query: Any) -> list[tuple[dict[str, Any], Value]]:
    """Translate the conditions of a query one by one; those of a $and count singly.

    Returns
    -------
    list of (dict, Value)
        Each as it was written, and its condition.
    """
    if not isinstance(query, Mapping):
        raise Refused("a query that is no object")
    ctx = ctx.deeper()
    found = []
    for key, given in query.items():
        if key == "$and":
            for part in _list(key, given):
                found += conditions(ctx, part)
        elif key.startswith("$"):
            found.append(({key: given}, _logical(ctx, key, given)))
        else:
            found += _field(ctx, key, given)
    return found


def _list(key: str, given: Any) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise Refused(f"{key} takes a list of queries")
    return given


def _logical(ctx: Context, key: str, given: Any) -> Value:
    if key == "$expr":
        value = compiled(ctx, given)
        return boolean(truth(value), value.error)
    if key in ("$or", "$nor"):
        parts = [matched(ctx, part) for part in _list(key, given)]
        if len(parts) > 1 and any(p.error != sql.FALSE for p in parts):
            # which of them MongoDB asks first is not said
            raise Refused(f"{key} of conditions that can fail")
        joined = sql.either(*(p.scalars["bool"] for p in parts))
        error = sql.either(*(p.error for p in parts))
        return boolean(sql.negated(joined) if key == "$nor" else joined, error)
    if key == "$comment":
        return boolean(sql.TRUE)
    raise Refused(f"{key}: not translated")


def _field(ctx: Context, path: str, given: Any) -> list[tuple[dict[str, Any], Value]]:
    parts = path.split(".")
    if "" in parts or any(p.startswith("$") for p in parts):
        raise Refused(f"the path {path!r}")
    noted(ctx, parts)
    if not is_expression(given):
        return [({path: given}, boolean(asked(ctx, parts, "$eq", given)))]
    found = []
    options = given.get("$options")
    for name, argument in given.items():
        if name == "$options":
            if "$regex" not in given:
                raise Refused("$options without $regex")
            continue
        text = asked(ctx, parts, name, argument, options)
        found.append(({path: {name: argument}}, boolean(text)))
    return found


def asked(ctx: Context, parts: list[str], name: str, given: Any, options: Any = None) -> str:
    """Translate one operator on a path."""
    try:
        return _asked(ctx, parts, name, given, options)
    except Refused as error:
        raise Refused(f"{'.'.join(parts) or 'an element'}: {name}: {error}") from error


def _asked(  # noqa: PLR0911 (a case an operator)
    ctx: Context, parts: list[str], name: str, given: Any, options: Any
) -> str:
    if name in ("$ne", "$nin"):
        opposite = "$eq" if name == "$ne" else "$in"
        if isinstance(given, Regex):
            raise Refused("a regular expression")
        return sql.negated(_asked(ctx, parts, opposite, given, None))
    if name == "$not":
        return sql.negated(_negative(ctx, parts, given))
    if name == "$all":
        return _all(ctx, parts, given)
    if name == "$elemMatch":
        return holds(ctx, ctx.root, parts, _element_match(ctx, given), into=False)
    if name == "$exists":
        there = holds(ctx, ctx.root, parts, exists, into=False)
        return there if _true(given) else sql.negated(there)
    if name == "$size":
        return holds(ctx, ctx.root, parts, lambda v: size(given, v), into=False)
    if name == "$type":
        return holds(ctx, ctx.root, parts, lambda v: of_types(given, v))
    return holds(ctx, ctx.root, parts, _predicate(name, given, options))


def _true(given: Any) -> bool:
    return given not in (None, False, 0)


def _predicate(name: str, given: Any, options: Any) -> Callable[[Value], str]:
    if name == "$regex" or (name == "$eq" and isinstance(given, Regex)):
        pattern = pattern_of(given, options)
        return lambda value: text_matches(value, pattern)
    if name in _COMPARISONS:
        return lambda value: comparison(_COMPARISONS[name], given, value)
    if name == "$in":
        if not isinstance(given, list):
            raise Refused("takes a list")
        return lambda value: _one_of(given, value)
    if name == "$mod":
        return lambda value: remainder(given, value)
    raise Refused("not translated")


def _one_of(items: list[Any], value: Value) -> str:
    condition, rest = among(items, value)
    return sql.either(condition, *(_equal(items[place], value) for place in rest))


def _equal(item: Any, value: Value) -> str:
    if isinstance(item, Regex):
        return text_matches(value, pattern_of(item, None))
    if is_expression(item):
        raise Refused("operators in the list: MongoDB fails")
    return comparison("eq", item, value)


def _negative(ctx: Context, parts: list[str], given: Any) -> str:
    if isinstance(given, Regex):
        return _asked(ctx, parts, "$regex", given, None)
    if not is_expression(given):
        raise Refused("takes operators")
    options = given.get("$options")
    texts = [asked(ctx, parts, n, g, options) for n, g in given.items() if n != "$options"]
    return sql.both(*texts)


def _all(ctx: Context, parts: list[str], given: Any) -> str:
    if not isinstance(given, list):
        raise Refused("takes a list")
    if any(is_expression(item) for item in given):
        raise Refused("$elemMatch in $all")
    texts = [_asked(ctx, parts, "$eq", item, None) for item in given]
    return sql.both(*texts) if texts else sql.FALSE


def _element_match(ctx: Context, given: Any) -> Callable[[Value], str]:
    if not isinstance(given, Mapping):
        raise Refused("takes a query")
    by_value = is_expression(given) and next(iter(given)) not in ("$and", "$or", "$nor", "$expr")

    def asked_of(value: Value) -> str:
        if value.array is None:
            return sql.FALSE
        one = ctx.names.fresh()
        item = decoded(one, value.array.items)
        inner = Context(item, names=ctx.names, depth=ctx.depth).deeper()
        if by_value:
            options = given.get("$options")
            texts = [
                _of_value(inner, item, name, argument, options)
                for name, argument in given.items()
                if name != "$options"
            ]
            found = sql.both(*texts)
        else:
            if item.array is not None:
                raise Refused("an array of arrays")
            if "$expr" in given:
                raise Refused("$expr")
            query = matched(inner, given)
            found = sql.both(item.has("object"), query.scalars["bool"])
        return any_element(value.array.sql, one, found)

    return asked_of


def _of_value(ctx: Context, item: Value, name: str, given: Any, options: Any) -> str:
    """Ask an element itself, not the elements of an element."""
    if name == "$not":
        if not is_expression(given):
            raise Refused("$not takes operators")
        return sql.negated(sql.both(*(_of_value(ctx, item, n, g, None) for n, g in given.items())))
    if name in ("$ne", "$nin"):
        opposite = "$eq" if name == "$ne" else "$in"
        return sql.negated(_of_value(ctx, item, opposite, given, None))
    if item.array is not None:
        raise Refused("an array of arrays")
    if name == "$exists":
        return exists(item) if _true(given) else sql.negated(exists(item))
    if name == "$type":
        return of_types(given, item)
    if name in ("$size", "$elemMatch", "$all"):
        return sql.FALSE if name != "$all" else _refuse_all()
    return _predicate(name, given, options)(item)


def _refuse_all() -> str:
    raise Refused("$all in $elemMatch")
