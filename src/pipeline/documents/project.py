"""Documents with fields kept, dropped and computed: $project, $addFields, $set, $unset."""

from dataclasses import replace
from typing import Any

from pipeline.documents import sql
from pipeline.documents.choose import first_kind
from pipeline.documents.compiler import compiled
from pipeline.documents.context import Context
from pipeline.documents.refused import Refused
from pipeline.documents.shape import Node, additions, projection, removals
from pipeline.documents.types import Alternative, Field, Type
from pipeline.documents.values import MISSING, Array, Record, Value


def projected(ctx: Context, given: Any) -> Value:
    """Translate $project.

    Parameters
    ----------
    ctx : Context
        With the document.
    given : dict
        The projection.

    Returns
    -------
    Value
        The new document.
    """
    tree, dropping = projection(given)
    if dropping:
        return _dropped(ctx, ctx.root, tree)
    if "_id" not in tree.inside:
        tree.inside = {"_id": Node("keep"), **tree.inside}
    if tree.inside["_id"].action == "drop":
        del tree.inside["_id"]
    return _kept(ctx, ctx.root, tree)


def added(ctx: Context, given: Any) -> Value:
    """Translate $addFields or $set."""
    return _added(ctx, ctx.root, additions(given))


def unset(ctx: Context, given: Any) -> Value:
    """Translate $unset."""
    return _dropped(ctx, ctx.root, removals(given))


def _record(value: Value) -> Record:
    return value.record or Record(sql.FALSE, {})


def _kept(ctx: Context, value: Value, tree: Node) -> Value:
    """Keep fields of a value; of one that is no object nothing is left but what is computed."""
    fields: dict[str, Value] = {}
    record = _record(value)
    for name, child in record.fields.items():
        node = tree.inside.get(name)
        if node is not None and node.action == "keep":
            fields[name] = child
        elif node is not None and node.action == "inside":
            fields[name] = _kept_inside(ctx, child, node)
    for name, node in tree.inside.items():
        if node.action == "compute":
            fields[name] = compiled(ctx, node.expression)
        elif node.action == "inside" and node.computes() and name not in fields:
            fields[name] = _kept(ctx, MISSING, node)
        elif name not in record.fields and value is ctx.root and name != "_id":
            ctx.missing.add(name)
    present = record.present
    if tree.computes():
        present = sql.TRUE
    return Value(record=Record(present, fields), missing=present != sql.TRUE)


def _kept_inside(ctx: Context, child: Value, node: Node) -> Value:
    if node.computes():
        if child.array:
            raise Refused("a field computed inside of an array's elements")
        return _kept(ctx, child, node)
    found = []
    if child.record:
        found.append(_kept(ctx, child, node))
    if child.array:
        if found:
            raise Refused("fields kept of what may be an array or an object")
        restricted = _restricted(ctx, child.array, node, keep=True)
        sure = child.always and child.kinds == {"array"}
        found.append(Value(array=restricted, missing=not sure))
    return first_kind(found, ctx.names) if found else MISSING


def _restricted(ctx: Context, array: Array, node: Node, keep: bool) -> Array:
    """Keep (or drop) fields of an array's elements: the list stays, its type has fewer fields."""
    items = array.items
    text = array.sql
    if keep:
        objects = tuple(a for a in items.alternatives if a.kind == "object")
        if len(objects) < len(items.alternatives) or items.boxed:
            raise Refused("fields kept of elements of several kinds")
        if items.null and objects:
            one = ctx.names.fresh()
            text = f"list_filter({text}, lambda {one}: {one} IS NOT NULL)"
        if not objects:
            return Array(f"CASE WHEN {text} IS NOT NULL THEN CAST([] AS BOOLEAN[]) END", Type())
        return Array(text, Type((_fewer(objects[0], node, True),)))
    kinds = tuple(_fewer(a, node, False) if a.kind == "object" else a for a in items.alternatives)
    if any(a.kind == "array" for a in items.alternatives):
        raise Refused("fields dropped in an array of arrays")
    return Array(text, replace(items, alternatives=kinds))


def _fewer(given: Alternative, node: Node, keep: bool) -> Alternative:
    fields = []
    for one in given.fields:
        inner = node.inside.get(one.name)
        if inner is None:
            if not keep:
                fields.append(one)
        elif inner.action == "inside":
            kind = _fewer_in(one.type, inner, keep)
            if kind is not None:
                fields.append(Field(one.name, one.stored, kind))
        elif keep:
            fields.append(one)
    return replace(given, fields=tuple(fields))


def _fewer_in(kind: Type, node: Node, keep: bool) -> Type | None:
    """Restrict a field of an array's element; None where nothing is left of it."""
    kinds = {a.kind for a in kind.alternatives}
    if kinds == {"object"} and not kind.boxed:
        if keep and kind.null:
            # null is no object: nothing is kept of it
            return Type((_fewer(kind.alternatives[0], node, keep),), False, True)
        return replace(kind, alternatives=(_fewer(kind.alternatives[0], node, keep),))
    if kinds & {"object", "array"}:
        raise Refused("fields of objects in arrays in arrays")
    return None if keep else kind


def _dropped(ctx: Context, value: Value, tree: Node) -> Value:
    """Drop fields of a value; what is no object stays as it is."""
    record = _record(value)
    fields = {}
    for name, child in record.fields.items():
        node = tree.inside.get(name)
        if node is None:
            fields[name] = child
        elif node.action == "inside":
            fields[name] = _dropped_inside(ctx, child, node)
    changed = Record(record.present, fields) if value.record else None
    return replace(value, record=changed)


def _dropped_inside(ctx: Context, child: Value, node: Node) -> Value:
    if child.record:
        child = _dropped(ctx, child, node)
    if child.array:
        child = replace(child, array=_restricted(ctx, child.array, node, keep=False))
    return child


def _added(ctx: Context, value: Value, tree: Node) -> Value:
    """Set fields of a value; what is no object becomes one."""
    if value.array:
        raise Refused("a field set inside of an array's elements")
    record = _record(value)
    fields = {
        name: child if record.present != sql.FALSE else MISSING
        for name, child in record.fields.items()
    }
    for name, node in tree.inside.items():
        if node.action == "compute":
            fields[name] = compiled(ctx, node.expression)
        else:
            fields[name] = _added(ctx, fields.get(name, MISSING), node)
    return Value(record=Record(sql.TRUE, fields))


def fields_errors(value: Value) -> str:
    """Give where any field of a document fails."""
    parts = [value.error]
    if value.record:
        parts += [fields_errors(child) for child in value.record.fields.values()]
    return sql.either(*parts)
