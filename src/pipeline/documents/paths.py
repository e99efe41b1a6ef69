"""Paths in expressions: "$candidate.jd", "$$cand.magpsf"; into arrays they give arrays."""

from dataclasses import replace

from pipeline.documents import sql
from pipeline.documents.choose import first_kind
from pipeline.documents.context import Context
from pipeline.documents.refused import Refused
from pipeline.documents.storage import decoded, encoded, type_of
from pipeline.documents.types import Type
from pipeline.documents.values import MISSING, Array, Names, Value


def path(ctx: Context, given: str) -> Value:
    """Give the value of "$a.b" or "$$variable.b".

    Parameters
    ----------
    ctx : Context
        The document and the variables.
    given : str
        With its dollars.

    Returns
    -------
    Value
        Missing where no column has the path, which is noted in ``ctx.missing``.
    """
    if given.startswith("$$"):
        name, *parts = given[2:].split(".")
        value = _variable(ctx, name)
    else:
        value, parts = ctx.root, given[1:].split(".")
    if "" in parts or (parts and len(parts) > 100):
        raise Refused(f"the path {given!r}")
    for part in parts:
        if part.startswith("$"):
            raise Refused(f"the path {given!r}: a field's name that starts with a dollar")
        if not known(value, part):
            ctx.missing.add(given)
        value = member(value, part, ctx.names)
    return value


def _variable(ctx: Context, name: str) -> Value:
    if name in ("ROOT", "CURRENT"):
        return ctx.root
    if name == "REMOVE":
        return MISSING
    if name not in ctx.variables:
        raise Refused(f"the variable $${name}")
    return ctx.variables[name]


def known(value: Value, name: str) -> bool:
    """Whether anything can lie below a value by this name."""
    if value.record and name in value.record.fields:
        return True
    item = decoded("x", value.array.items) if value.array else None
    return item is not None and item.record is not None and name in item.record.fields


def noted(ctx: Context, parts: list[str]) -> None:
    """Note a path that no column has, as far as where that shows."""
    value, done = ctx.root, []
    for part in parts:
        done.append(part)
        while value.array and part.isdecimal():
            value = decoded("x", value.array.items)
            break
        else:
            if not known(value, part):
                ctx.missing.add(".".join(done))
                return
            value = member(value, part, ctx.names)


def member(value: Value, name: str, names: Names) -> Value:
    """Give the field of an object, and of an array the array of its elements' fields."""
    if value.unknown:
        raise Refused("a column of a type that documents do not have")
    found = []
    if value.record:
        child = value.record.fields.get(name, MISSING)
        found.append(child)
    if value.array:
        found.append(_members(value.array, name, names))
        if not (value.kinds == {"array"} and value.always):
            found.append(MISSING)
    if not found:
        return replace(MISSING, error=value.error)
    return replace(first_kind(found, names), error=value.error)


def _members(array: Array, name: str, names: Names) -> Value:
    """Give the array of the fields that there are in an array's elements."""
    one = names.fresh()
    # an array right inside of an array is not looked into
    item = decoded(one, array.items)
    child = item.record.fields.get(name, MISSING) if item.record else MISSING
    if not child.kinds and not child.null:
        nothing = sql.case([(f"{array.sql} IS NOT NULL", "CAST([] AS BOOLEAN[])")], "NULL")
        return Value(array=Array(nothing, Type()), missing=True)
    stored = type_of(child)
    text = f"list_transform({array.sql}, lambda {one}: {encoded(child, stored, names)})"
    if child.missing:
        other = names.fresh()
        text = f"list_filter({text}, lambda {other}: {other} IS NOT NULL)"
        stored = Type(stored.alternatives, stored.null, False, stored.boxed, stored.null_slot)
    return Value(array=Array(text, stored), missing=True)
