"""Pipelines and queries of MongoDB as SQL of DuckDB: exactly, or refused.

>>> import pyarrow as pa
>>> schema = pa.schema([("_id", pa.int64()), ("drb", pa.float64())])
>>> done = translate([{"$match": {"drb": {"$gt": 0.5}, "rb": None}}], schema)
>>> done.missing
('rb',)
"""

from dataclasses import replace
from typing import Any

import pyarrow as pa

from pipeline.documents import (
    arrays,
    conversions,
    dates,
    extremes,
    folds,
    group,
    logic,
    mathematics,
    numbers,
    objects,
    sequences,
    sets,
    sql,
    stages,
    strings,
)
from pipeline.documents.check import check_pipeline, check_query
from pipeline.documents.json_text import json_of, object_of
from pipeline.documents.match import matched
from pipeline.documents.project import projected
from pipeline.documents.refused import Refused
from pipeline.documents.schema import fields_of
from pipeline.documents.storage import decoded
from pipeline.documents.stream import ROW, Stream
from pipeline.documents.translation import Translation
from pipeline.documents.values import MISSING, Names, Record, Value

OPERATOR_MODULES = (
    arrays, conversions, dates, extremes, folds, group, logic, mathematics, numbers, objects,
    sequences, sets, strings,
)  # fmt: skip


def _root(schema: pa.Schema) -> Value:
    """Give the document that a row is."""
    fields = {f.name: decoded(f"{ROW}.{sql.name(f.stored)}", f.type) for f in fields_of(schema)}
    if "_id" not in fields and "candid" in fields:
        fields = {"_id": fields["candid"], **fields}
    return Value(record=Record(sql.TRUE, fields))


def started(schema: pa.Schema, source: str, *, verdicts: bool = False) -> Stream:
    """Give the documents before the first stage."""
    root = _root(schema)
    assert root.record is not None
    key = next((n for n in ("_id", "candid") if n in schema.names), None)
    if key is None:
        raise Refused("documents without _id or candid")
    prefix = _prefix(schema)
    at = f"{ROW}.{sql.name(key)}"
    return Stream(sql.name(source), at, root, Names(prefix), prefix, verdicts=verdicts)


def _prefix(schema: pa.Schema) -> str:
    """Give what no column's name starts with."""
    names = [name.lower() for name in schema.names]
    if ROW in names:
        raise Refused(f"a column with the name {ROW}")
    prefix = "__"
    while any(name.startswith(prefix) for name in names):
        prefix += "_"
    return prefix


def run(stream: Stream, pipeline: list[dict[str, Any]]) -> None:
    """Take the documents through the stages."""
    check_pipeline(pipeline)
    for number, given in enumerate(pipeline, 1):
        name, argument = next(iter(given.items()))
        place = f"stage {number} ({name})"
        try:
            stages.STAGES[name](stream, argument, place)
        except Refused as error:
            raise Refused(f"{place}: {error}") from error
        except RecursionError as error:
            raise Refused(f"{place}: nested too deep") from error


def translate(
    pipeline: list[dict[str, Any]],
    schema: pa.Schema,
    source: str = "documents",
    *,
    document: bool = False,
) -> Translation:
    """Translate an aggregation pipeline.

    Parameters
    ----------
    pipeline : list of dict
        Stages; `pipeline.documents.extended_json` reads them from text.
    schema : pyarrow.Schema
        Of the relation that has the documents, one a row, with a column ``_id`` or ``candid``
        (`pipeline.documents.schema` says what its columns' NULLs mean).
    source : str
        That relation's name.
    document : bool
        Give whole documents, all that come out; else of each document of the source that
        exactly one comes out of its annotations.

    Returns
    -------
    Translation
        Its SELECT gives ``_id`` (of the source's document) and ``annotations`` (relaxed
        extended JSON, NULL where there are none), or ``_id`` and ``document``.

    Raises
    ------
    Refused
        With the stage and operator that cannot be translated exactly.
    """
    stream = started(schema, source)
    run(stream, pipeline)
    record = stream.root.record
    assert record is not None
    if document:
        out, name = object_of(stream.root, stream.names), "document"
    else:
        annotations = record.fields.get("annotations", MISSING)
        out, name = json_of(annotations, stream.names), "annotations"
    text = f"CAST({out} AS VARCHAR) AS {name}"
    order = f" ORDER BY {stream.key}, {stream.order}" if document and stream.order else ""
    select = selected(stream, [f"{stream.key} AS _id", text]) + order
    if stream.many and not document:
        one = f"any_value({text.removesuffix(' AS annotations')}) AS annotations"
        last = selected(stream, [f"{stream.key} AS _id", one], bare=True)
        select = f"{with_steps(stream)}{last} GROUP BY {stream.key} HAVING count(*) = 1"
    return Translation(select, tuple(sorted(stream.missing)))


def with_steps(stream: Stream) -> str:
    """Give the common table expressions that a SELECT from the documents needs."""
    return f"WITH {', '.join(stream.steps)} " if stream.steps else ""


def selected(stream: Stream, columns: list[str], bare: bool = False) -> str:
    """Give a SELECT from the documents; bare without what `with_steps` gives."""
    where = f" WHERE {sql.both(*stream.where)}" if stream.where else ""
    text = f"SELECT {', '.join(columns)} FROM {stream.relation} AS {ROW}{where}"  # noqa: S608 (quoted by sql.py)
    return text if bare else with_steps(stream) + text


def translate_match(query: dict[str, Any], schema: pa.Schema) -> str:
    """Translate a find's filter into the condition of a WHERE.

    Parameters
    ----------
    query : dict
        As find takes it.
    schema : pyarrow.Schema
        Of the relation, which has to be called `ROW` in the SELECT (FROM documents AS __doc).

    Returns
    -------
    str
        Never NULL; a document for which MongoDB would fail does not pass.
    """
    check_query(query)
    stream = _stream_of(schema)
    condition = matched(replace(stream.context(), hoist=None), query)
    return sql.both(sql.negated(condition.error), condition.scalars["bool"])


def translate_projection(projection: dict[str, Any] | None, schema: pa.Schema) -> str:
    """Translate a find's projection into the SQL of the documents' relaxed extended JSON.

    Parameters
    ----------
    projection : dict or None
        As find takes it; None or empty for whole documents.
    schema : pyarrow.Schema
        Of the relation, called `ROW` in the SELECT.

    Returns
    -------
    str
    """
    stream = _stream_of(schema)
    root = (
        projected(replace(stream.context(), hoist=None), projection) if projection else stream.root
    )
    return object_of(root, stream.names)


def _stream_of(schema: pa.Schema) -> Stream:
    # no steps can be added here: no column is made of what is long
    return Stream("documents", "", _root(schema), Names(_prefix(schema)))
