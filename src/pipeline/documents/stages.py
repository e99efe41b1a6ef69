"""Stages of a pipeline, each a step of the stream of documents."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bson import json_util

from pipeline.documents import sql
from pipeline.documents.compiler import compiled
from pipeline.documents.match import conditions
from pipeline.documents.order import key_parts
from pipeline.documents.paths import member
from pipeline.documents.project import added, fields_errors, projected, unset
from pipeline.documents.refused import Refused
from pipeline.documents.storage import decoded, recoded
from pipeline.documents.stream import Stream
from pipeline.documents.types import laid_out
from pipeline.documents.values import MISSING, Array, Record, Value

Stage = Callable[[Stream, Any, str], None]
STAGES: dict[str, Stage] = {}


def stage(*names: str) -> Callable[[Stage], Stage]:
    """Register the translation of a stage."""

    def register(function: Stage) -> Stage:
        for name in names:
            STAGES[name] = function
        return function

    return register


def told(given: Any) -> str:
    """Give a condition as a person writes it."""
    return json.dumps(json.loads(json_util.dumps(given)), ensure_ascii=False)


@stage("$match")
def _match(stream: Stream, given: Any, place: str) -> None:
    tests = []
    for query, condition in conditions(stream.context(), given):
        text = f"{place}: {told(query)[1:-1]}"
        if condition.error != sql.FALSE:
            tests.append(_without_error(stream, condition.error, text))
        tests.append((condition.scalars["bool"], text))
    stream.test(tests)


def _without_error(stream: Stream, error: str, place: str) -> tuple[str, str]:
    """Give the condition that MongoDB does not fail on a document."""
    text = f"{place}: MongoDB fails"
    if stream.collection:
        return f"(CASE WHEN {error} THEN error({sql.text(text)}) ELSE TRUE END)", text
    if stream.many:
        # then all documents of the alert would have to fail with it
        raise Refused("what can fail, after $unwind")
    return sql.negated(error), text


def _succeed(stream: Stream, root: Value, place: str) -> None:
    """Let documents fail for which a field does; go on with the others."""
    tests = []
    record = root.record
    assert record is not None
    for name, child in record.fields.items():
        error = fields_errors(child)
        if error != sql.FALSE:
            tests.append(_without_error(stream, error, f"{place}: {name}"))
    if root.error != sql.FALSE:
        tests.append(_without_error(stream, root.error, place))
    if tests:
        stream.test(tests)


def _fields(make: Callable[..., Value]) -> Stage:
    def translate(stream: Stream, given: Any, place: str) -> None:
        root = make(stream.context(), given)
        _succeed(stream, root, place)
        stream.become(root)

    return translate


stage("$project")(_fields(projected))
stage("$addFields", "$set")(_fields(added))
stage("$unset")(_fields(unset))


@stage("$replaceRoot")
def _replace_root(stream: Stream, given: Any, place: str) -> None:
    if not isinstance(given, Mapping) or set(given) != {"newRoot"}:
        raise Refused("takes newRoot")
    _replace_with(stream, given["newRoot"], place)


@stage("$replaceWith")
def _replace_with(stream: Stream, given: Any, place: str) -> None:
    value = compiled(stream.context(), given)
    if value.record is None:
        raise Refused("a new document that is no object: MongoDB fails")
    error = sql.either(value.error, sql.negated(value.has("object")))
    root = Value(record=value.record, error=error)
    _succeed(stream, root, place)
    stream.become(Value(record=Record(sql.TRUE, value.record.fields)))


@stage("$sort")
def _sort(stream: Stream, given: Any, place: str) -> None:
    keys: list[str] = []
    if not isinstance(given, Mapping) or not given:
        raise Refused("takes fields and directions")
    for path, direction in given.items():
        if direction not in (1, -1) or isinstance(direction, bool):
            raise Refused(f"the direction {direction!r}")
        value = stream.root
        for part in path.split("."):
            value = member(value, part, stream.names)
        if stream.many:
            parts = key_parts(value, direction == -1, nothing_is_null=True)
            keys += [part.partition(" := ")[2] for part in parts]
    if stream.many:
        stream.become(stream.root, order=[*keys, *stream.order])


def _position(stream: Stream) -> str:
    if not stream.order and stream.collection:
        return "row_number() OVER ()"
    if not stream.order:
        raise Refused("documents without an order: sort them first")
    by = ", ".join(stream.order)
    return f"row_number() OVER (PARTITION BY {stream.key} ORDER BY {by})"


def _count(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int | float) or given != int(given):
        raise Refused(f"{given!r} documents")
    return int(given)


@stage("$limit")
def _limit(stream: Stream, given: Any, place: str) -> None:
    most = _count(given)
    if most <= 0:
        raise Refused("a limit that is not positive: MongoDB fails")
    if stream.many:
        _numbered(stream, f"<= {most}", f"{place}: {most}")


@stage("$skip")
def _skip(stream: Stream, given: Any, place: str) -> None:
    first = _count(given)
    if first < 0:
        raise Refused("a negative number: MongoDB fails")
    if stream.many:
        _numbered(stream, f"> {first}", f"{place}: {first}")
    elif first:
        stream.test([(sql.FALSE, f"{place}: {first}")])


def _numbered(stream: Stream, condition: str, text: str) -> None:
    stream.drop()
    stream.become(stream.root, extra=[f"{_position(stream)} AS {stream.named('n')}"])
    stream.test([(f"({stream.at('n')} {condition})", text)])


@stage("$unwind")
def _unwind(stream: Stream, given: Any, place: str) -> None:
    options = given if isinstance(given, Mapping) else {"path": given}
    for key in options:
        if key not in ("path", "preserveNullAndEmptyArrays"):
            raise Refused(f"the option {key}")
    path = options.get("path")
    if not isinstance(path, str) or not path.startswith("$") or path.startswith("$$"):
        raise Refused("takes a path")
    keep = options.get("preserveNullAndEmptyArrays", False) is True
    name = path[1:]
    if "." in name:
        raise Refused("a path with a dot")
    value = stream.root.record.fields.get(name, MISSING) if stream.root.record else MISSING
    if value.kinds - {"array"}:
        raise Refused("a path that may be no array")
    if keep and value.null:
        raise Refused("preserveNullAndEmptyArrays of what may be null")
    if value.array is None:
        stream.missing.add(name)
        if not keep:
            stream.test([(sql.FALSE, f"{place}: {path}: nothing to unwind")])
        return
    filled = sql.coalesce(f"(len({value.array.sql}) > 0)", sql.FALSE)
    if not keep:
        stream.test([(filled, f"{place}: {path}: nothing to unwind")])
    _unwound(stream, name, keep)


def _unwound(stream: Stream, name: str, keep: bool) -> None:
    stream.drop()
    record = stream.root.record
    assert record is not None
    array = record.fields[name].array
    assert array is not None
    items, text = array.items, array.sql
    if keep:
        items = laid_out(items.alternatives, items.null, True)
        text = recoded(Array(text, array.items), items, stream.names)
        filled = sql.coalesce(f"(len({array.sql}) > 0)", sql.FALSE)
        text = sql.case([(filled, text)], f"CAST([NULL] AS {items.sql()}[])")
    place = f"generate_subscripts({text}, 1)"
    others = {k: v for k, v in record.fields.items() if k != name}
    stream.many = True
    extra = [
        f"unnest({text}) AS {stream.named('u')}",
        f"{place} AS {stream.named('i')}",
    ]
    stream.become(Value(record=Record(sql.TRUE, others)), extra=extra, order=stream.order)
    kept = stream.root.record
    assert kept is not None
    element = decoded(stream.at("u"), items)
    fields = {k: element if k == name else kept.fields[k] for k in record.fields}
    stream.become(
        Value(record=Record(sql.TRUE, fields)),
        order=[*stream.order, stream.at("i")],
    )
