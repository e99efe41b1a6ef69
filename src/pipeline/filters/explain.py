"""A filter on one alert, stage by stage: what it has there, and where it stops."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from pipeline.documents.extended_json import parse_pipeline
from pipeline.documents.refused import Refused
from pipeline.documents.sandbox import connect, query
from pipeline.documents.translate import translate, translate_verdicts
from pipeline.filters.evaluate import DOCUMENTS, Outcome, load

SHOWN = 100
"""Characters of a value."""


def explain(pipeline_text: str, documents: pa.Table, schema: pa.Schema) -> Iterator[str]:
    """Yield lines on what a pipeline does with one document.

    Parameters
    ----------
    pipeline_text : str
        Extended JSON.
    documents : pyarrow.Table, 1 row
        The alert behind a broker's own stages.
    schema : pyarrow.Schema
        Of it, with what null means (`pipeline.documents.schema`).

    Raises
    ------
    pipeline.documents.refused.Refused
        If it cannot be translated exactly.
    """
    pipeline = parse_pipeline(pipeline_text)
    translate(pipeline, schema)
    with connect() as connection:
        load(connection, documents)
        before = _after(connection, [{"$match": {}}], schema)
        for number, stage in enumerate(pipeline, 1):
            yield f"stage {number}: {short(json.dumps(stage, default=str), 4 * SHOWN)}"
            for path in sorted(set(_paths(stage))):
                for document in before[:1]:
                    yield f"    {path} = {_shown(document, path)}"
            before = _after(connection, pipeline[:number], schema)
            if not before:
                yield f"  stops here: {_why(connection, pipeline[:number], schema)}"
                return
            if len(before) > 1:
                yield f"  {len(before)} documents go on"
        if len(before) == 1:
            annotations = before[0].get("annotations")
            yield f"passes{f' with {json.dumps(annotations)}' if annotations else ''}"
        else:
            yield f"does not pass: {len(before)} documents come out, one would pass"


def verdict_line(found: Outcome) -> str:
    """Return what a filter says of the one document that it was asked of."""
    for reason in found.failed["reason"].to_pylist():
        return f"does not pass: {reason}"
    for said in found.passed["annotations"].to_pylist():
        return f"passes{f' with {said}' if said else ''}"
    return "says nothing"


def _after(
    connection: Any, pipeline: list[dict[str, Any]], schema: pa.Schema
) -> list[dict[str, Any]]:
    done = translate(pipeline, schema, DOCUMENTS, document=True)
    return [json.loads(text) for text in query(connection, done.sql)["document"].to_pylist()]


def _why(connection: Any, pipeline: list[dict[str, Any]], schema: pa.Schema) -> str:
    try:
        told = translate_verdicts(pipeline, schema, DOCUMENTS)
    except Refused:
        return "no document goes on"
    (verdict,) = query(connection, told.sql)["verdict"].to_pylist()
    return "no document goes on" if verdict is None else told.conditions[verdict]


def _paths(stage: Any) -> Iterator[str]:
    """Yield the paths that a stage looks at."""
    name, argument = next(iter(stage.items()))
    if name == "$match":
        yield from _matched(argument)
    yield from _named(argument)


def _matched(condition: Any) -> Iterator[str]:
    if isinstance(condition, Mapping):
        for key, value in condition.items():
            if key in ("$and", "$or", "$nor"):
                for each in value:
                    yield from _matched(each)
            elif not key.startswith("$"):
                yield key


def _named(expression: Any) -> Iterator[str]:
    if isinstance(expression, str) and expression.startswith("$") and expression[1:2] != "$":
        yield expression[1:]
    elif isinstance(expression, Mapping):
        for value in expression.values():
            yield from _named(value)
    elif isinstance(expression, list):
        for value in expression:
            yield from _named(value)


_NOTHING: Any = object()


def _shown(document: Any, path: str) -> str:
    value = _at(document, path.split("."))
    return "missing" if value is _NOTHING else short(json.dumps(value), SHOWN)


def _at(value: Any, parts: list[str]) -> Any:
    if not parts:
        return value
    if isinstance(value, Mapping):
        return _at(value[parts[0]], parts[1:]) if parts[0] in value else _NOTHING
    if isinstance(value, list):
        if parts[0].isdigit():
            at = int(parts[0])
            return _at(value[at], parts[1:]) if at < len(value) else _NOTHING
        found = [_at(item, parts) for item in value]
        return [one for one in found if one is not _NOTHING]
    return _NOTHING


def short(text: str, most: int) -> str:
    """Return a text, cut where it has more characters than `most`."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
