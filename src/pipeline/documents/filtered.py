"""Documents taken through a filter, with what of them has a part in it."""

from typing import Any

import pyarrow as pa

from pipeline.documents.json_text import json_of
from pipeline.documents.pruned import names_in, words_of
from pipeline.documents.start import run, started
from pipeline.documents.storage import type_of
from pipeline.documents.stream import Stream
from pipeline.documents.values import MISSING, Value


def filtered(pipeline: list[dict[str, Any]], schema: pa.Schema, source: str) -> Stream:
    """Take documents through a filter, with those of their fields alone that have a part in it."""
    stream = started(schema, source)
    run(stream, pipeline)
    fewer = started(schema, source, _names(pipeline, stream))
    run(fewer, pipeline)
    # a field that was left out is no field that no column has
    fewer.missing = stream.missing
    return fewer


def names_read(pipeline: list[dict[str, Any]], schema: pa.Schema) -> set[str]:
    """Give the names of all fields that have a part in a filter; others may be left out.

    Raises
    ------
    Refused
        As `pipeline.documents.translate.translate`.
    """
    stream = started(schema, "documents")
    run(stream, pipeline)
    return _names(pipeline, stream)


def _names(pipeline: list[dict[str, Any]], stream: Stream) -> set[str]:
    out = _annotations(stream)
    return words_of(pipeline) | (set() if out.unknown else names_in(type_of(out)))


def _annotations(stream: Stream) -> Value:
    assert stream.root.record is not None
    return stream.root.record.fields.get("annotations", MISSING)


def annotations_of(stream: Stream) -> str:
    """Give the SQL of the annotations' relaxed extended JSON."""
    return json_of(_annotations(stream), stream.names)
