"""Pipelines and queries of MongoDB as SQL of DuckDB: exactly, or refused.

>>> import pyarrow as pa
>>> schema = pa.schema([("_id", pa.int64()), ("drb", pa.float64())])
>>> done = translate([{"$match": {"drb": {"$gt": 0.5}, "rb": None}}], schema)
>>> done.missing
('rb',)
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pyarrow as pa

from pipeline.documents import sql
from pipeline.documents.check import check_query
from pipeline.documents.filtered import annotations_of, filtered
from pipeline.documents.json_text import object_of
from pipeline.documents.match import matched
from pipeline.documents.order import key_of, key_parts
from pipeline.documents.paths import member, noted
from pipeline.documents.project import projected
from pipeline.documents.start import (
    document_of,
    prefix_of,
    run,
    selected,
    started,
    with_steps,
)
from pipeline.documents.stream import Stream
from pipeline.documents.translation import Translation
from pipeline.documents.values import Names, Value
from pipeline.documents.verdicts import translate_verdicts

__all__ = [
    "translate", "translate_aggregate", "translate_match", "translate_projection",
    "translate_sort", "translate_sort_keys", "translate_verdicts",
]  # fmt: skip


def translate(
    pipeline: list[dict[str, Any]],
    schema: pa.Schema,
    source: str = "documents",
    *,
    document: bool = False,
) -> Translation:
    """Translate a filter: a pipeline that is run on one document after the other.

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
        Give the whole documents that come out; else the annotations, where exactly one
        document comes out.

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
    if document:
        stream = started(schema, source)
        run(stream, pipeline)
        stream.drop()
        text = f"CAST({object_of(stream.root, stream.names)} AS VARCHAR) AS document"
        order = ", ".join([stream.key, *stream.order])
        select = f"{selected(stream, [f'{stream.key} AS _id', text])} ORDER BY {order}"
        return Translation(select, tuple(sorted(stream.missing)))
    stream = filtered(pipeline, schema, source)
    stream.drop()
    text = f"CAST({annotations_of(stream)} AS VARCHAR)"
    if not stream.many:
        select = selected(stream, [f"{stream.key} AS _id", f"{text} AS annotations"])
    else:
        columns = [f"{stream.key} AS _id", f"any_value({text}) AS annotations"]
        last = selected(stream, columns, bare=True)
        select = f"{with_steps(stream)}{last} GROUP BY {stream.key} HAVING count(*) = 1"
    return Translation(select, tuple(sorted(stream.missing)))


def translate_aggregate(
    pipeline: list[dict[str, Any]], schema: pa.Schema, source: str = "documents"
) -> Translation:
    """Translate a pipeline that is run on a collection as a whole.

    Parameters
    ----------
    pipeline, schema, source
        As `translate`'s.

    Returns
    -------
    Translation
        Its SELECT gives ``document``, the documents that come out, in their order if a stage
        says one. Where MongoDB would fail on a document the query fails.

    Raises
    ------
    Refused
        As `translate`'s.
    """
    stream = started(schema, source)
    stream.collection = stream.many = True
    stream.key = "CAST(0 AS BIGINT)"  # a bare number would be the place of a column
    run(stream, pipeline)
    stream.drop()
    text = f"CAST({object_of(stream.root, stream.names)} AS VARCHAR) AS document"
    order = f" ORDER BY {', '.join(stream.order)}" if stream.order else ""
    return Translation(selected(stream, [text]) + order, tuple(sorted(stream.missing)))


def translate_match(
    query: dict[str, Any], schema: pa.Schema, missing: set[str] | None = None
) -> str:
    """Translate a find's filter into the condition of a WHERE.

    Parameters
    ----------
    query : dict
        As find takes it.
    schema : pyarrow.Schema
        Of the relation, which has to be called `ROW` in the SELECT (FROM documents AS __doc).
    missing : set of str, optional
        Paths that no column has are added here.

    Returns
    -------
    str
        Never NULL; a document for which MongoDB would fail does not pass.
    """
    check_query(query)
    stream = _stream_of(schema, missing)
    condition = matched(replace(stream.context(), hoist=None), query)
    return sql.both(sql.negated(condition.error), condition.scalars["bool"])


def translate_sort(
    paths: Iterable[tuple[str, int]], schema: pa.Schema, missing: set[str] | None = None
) -> str:
    """Translate a find's sort into what stands behind ORDER BY.

    Parameters
    ----------
    paths : iterable of (str, int)
        Paths, and 1 for upwards or -1; the first counts most.
    schema : pyarrow.Schema
        Of the relation, called `ROW` in the SELECT.
    missing : set of str, optional
        Paths that no column has are added here.
    """
    stream = _stream_of(schema, missing)
    keys: list[str] = []
    for path, direction in paths:
        parts = key_parts(_at(stream, path), direction == -1, nothing_is_null=True)
        keys += [part.partition(" := ")[2] for part in parts]
    # a bare number would be the place of a column, and orders nothing
    return ", ".join(key for key in keys if not key.strip("()-").isdigit())


def translate_sort_keys(paths: Iterable[tuple[str, int]], schema: pa.Schema) -> list[str]:
    """Translate a find's sort into the SQL of what each path sorts by, upwards.

    Returns
    -------
    list of str
        Structs of `pipeline.documents.order.key_parts`, comparable from schema to schema by
        `pipeline.documents.order.sorted_together`.
    """
    stream = _stream_of(schema)
    return [key_of(_at(stream, path), nothing_is_null=True) for path, _ in paths]


def _at(stream: Stream, path: str) -> Value:
    """Give the value at a path of the document."""
    parts = path.split(".")
    noted(stream.context(), parts)
    value = stream.root
    for part in parts:
        value = member(value, part, stream.names)
    return value


def translate_projection(
    projection: dict[str, Any] | None, schema: pa.Schema, missing: set[str] | None = None
) -> str:
    """Translate a find's projection into the SQL of the documents' relaxed extended JSON.

    Parameters
    ----------
    projection : dict or None
        As find takes it; None or empty for whole documents.
    schema : pyarrow.Schema
        Of the relation, called `ROW` in the SELECT.
    missing : set of str, optional
        Paths that no column has are added here.

    Returns
    -------
    str
    """
    stream = _stream_of(schema, missing)
    for path, asked in (projection or {}).items():
        if isinstance(asked, bool | int | float):  # kept or dropped, and not computed
            noted(stream.context(), path.split("."))
    root = (
        projected(replace(stream.context(), hoist=None), projection) if projection else stream.root
    )
    return object_of(root, stream.names)


def _stream_of(schema: pa.Schema, missing: set[str] | None = None) -> Stream:
    # no steps can be added here: no column is made of what is long
    names = Names(prefix_of(schema))
    found = set[str]() if missing is None else missing
    return Stream("documents", "", document_of(schema), names, missing=found)
