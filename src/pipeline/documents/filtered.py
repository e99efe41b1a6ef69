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
    out = _annotations(stream)
    names = set() if out.unknown else names_in(type_of(out))
    fewer = started(schema, source, words_of(pipeline) | names)
    run(fewer, pipeline)
    # a field that was left out is no field that no column has
    fewer.missing = stream.missing
    return fewer


def _annotations(stream: Stream) -> Value:
    assert stream.root.record is not None
    return stream.root.record.fields.get("annotations", MISSING)


def annotations_of(stream: Stream) -> str:
    """Give the SQL of the annotations' relaxed extended JSON."""
    return json_of(_annotations(stream), stream.names)
