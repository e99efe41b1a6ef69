"""$group and $count, among the documents that one document of the source became."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.documents import sql
from pipeline.documents.compiler import compiled, element
from pipeline.documents.context import OPERATORS
from pipeline.documents.refused import Refused
from pipeline.documents.stages import stage
from pipeline.documents.storage import decoded, encoded, type_of
from pipeline.documents.stream import Stream
from pipeline.documents.types import Type
from pipeline.documents.values import NO_CONSTANT, Array, Record, Value

_FOLDS = ("$sum", "$avg", "$min", "$max", "$stdDevPop", "$stdDevSamp")
_ORDERED = ("$first", "$last", "$push")


@stage("$group")
def _group(stream: Stream, given: Any, place: str) -> None:
    if not isinstance(given, Mapping) or "_id" not in given:
        raise Refused("takes _id and accumulators")
    stream.drop()
    ctx = stream.context()
    identity = element(compiled(ctx, given["_id"]))
    values = {}
    for name, spec in given.items():
        if name != "_id":
            values[name] = _accumulated(stream, name, spec)
    errors = [identity.error, *(v.error for _, v in values.values())]
    if any(e != sql.FALSE for e in errors):
        raise Refused("an expression that can fail")
    keys: list[str] = []
    columns: list[str] = []
    key = _key(stream, identity, keys, columns)
    fields = {"_id": key}
    lists = {}
    for name, (operator, value) in values.items():
        lists[name] = (operator, _gathered(stream, operator, value, columns))
    stream.group(keys, columns)
    for name, (operator, array) in lists.items():
        fields[name] = _folded(stream, operator, array)
    stream.become(Value(record=Record(sql.TRUE, fields)))


def _accumulated(stream: Stream, name: str, spec: Any) -> tuple[str, Value]:
    if "." in name or name.startswith("$") or not isinstance(spec, Mapping) or len(spec) != 1:
        raise Refused(f"{name}: takes one accumulator")
    operator, given = next(iter(spec.items()))
    if operator == "$count":
        operator, given = "$sum", 1
    if operator not in (*_FOLDS, *_ORDERED):
        raise Refused(f"{name}: the accumulator {operator}")
    if operator in _ORDERED and stream.many and not stream.order:
        raise Refused(f"{name}: {operator} of documents without an order")
    value = compiled(stream.context(), given)
    if operator in _FOLDS and value.kinds & {"array", "object"}:
        raise Refused(f"{name}: {operator} of arrays or objects")
    return operator, value


def _key(stream: Stream, value: Value, keys: list[str], columns: list[str]) -> Value:
    """Group by a value: by each field of an object."""
    if value.constant is not NO_CONSTANT:
        return value
    if value.record and value.record.type is None and value.kinds == {"object"} and value.always:
        fields = value.record.fields
        return Value(
            record=Record(sql.TRUE, {k: _key(stream, v, keys, columns) for k, v in fields.items()})
        )
    if len(value.kinds) > 1 or value.kinds & {"array", "object", "unknown"}:
        raise Refused("_id: values of several kinds, arrays or objects")
    kind = type_of(value)
    text = encoded(value, kind, stream.names)
    keys.append(text)
    word = f"g{len(columns)}"
    columns.append(f"{text} AS {stream.named(word)}")
    kept = decoded(stream.at(word), kind)
    return replace(kept, bits=value.bits, nan=value.nan, infinite=value.infinite)


def _gathered(stream: Stream, operator: str, value: Value, columns: list[str]) -> Array:
    """Gather a group's values into a list."""
    if operator != "$push":
        value = element(value)
    kind = type_of(value)
    text = encoded(value, kind, stream.names)
    order = f" ORDER BY {', '.join(stream.order)}" if stream.order else ""
    gathered = f"list({text}{order})"
    items = kind
    if operator == "$push" and value.missing:
        gathered += f" FILTER (WHERE {sql.negated(value.is_missing())})"
        gathered = f"coalesce({gathered}, [])"
        items = Type(kind.alternatives, kind.null, False, kind.boxed, kind.null_slot)
    word = f"g{len(columns)}"
    columns.append(f"{gathered} AS {stream.named(word)}")
    return Array(stream.at(word), items)


def _folded(stream: Stream, operator: str, array: Array) -> Value:
    if operator == "$push":
        return Value(array=array)
    if operator in ("$first", "$last"):
        return decoded(f"{array.sql}[{1 if operator == '$first' else -1}]", array.items)
    ctx = stream.context().bind(gathered=Value(array=array))
    return OPERATORS[operator](ctx, "$$gathered")


@stage("$count")
def _count(stream: Stream, given: Any, place: str) -> None:
    if not isinstance(given, str) or not given or given.startswith("$") or "." in given:
        raise Refused("takes a field's name")
    _group(stream, {"_id": None, given: {"$sum": 1}}, place)
    record = stream.root.record
    assert record is not None
    fields = {k: v for k, v in record.fields.items() if k != "_id"}
    stream.root = Value(record=Record(sql.TRUE, fields))
