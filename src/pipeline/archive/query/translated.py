"""Queries in a MongoDB's words as SQL over views of the tables."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from bson import json_util

from pipeline.archive.query.home import Document, Options, Wanted
from pipeline.documents.check import check_query
from pipeline.documents.sql import name as quoted
from pipeline.documents.stream import ROW
from pipeline.documents.translate import (
    translate_aggregate,
    translate_match,
    translate_projection,
    translate_sort,
    translate_sort_keys,
)

KEY = "__key"
"""Columns with what documents sort by; a number follows."""


def find_sql(
    source: str,
    schema: pa.Schema,
    wanted: Wanted,
    options: Options,
    also: Sequence[str] = (),
    missing: set[str] | None = None,
    keyed: bool = False,
) -> str:
    """Return the SELECT of some documents, as JSON.

    Parameters
    ----------
    source : str
        The view that has them.
    schema : pyarrow.Schema
        Of the view.
    wanted : Wanted
    options : Options
        Its limit, skip and sort.
    also : sequence of str
        Columns of the view to select beside ``document``.
    missing : set of str, optional
        Paths that no document has are added here.
    keyed : bool
        Select what they sort by too: columns `KEY` with the number of the path.

    Raises
    ------
    pipeline.documents.refused.Refused
        If it cannot be translated exactly.
    """
    check_query(wanted.filter)
    document = translate_projection(dict(wanted.projection or {}), schema, missing)
    by = enumerate(translate_sort_keys(options.sort, schema) if keyed else ())
    columns = [f"{document} AS document", *(f"{ROW}.{quoted(c)}" for c in also)]
    columns += [f"{key} AS {quoted(f'{KEY}{number}')}" for number, key in by]
    keys = translate_sort(options.sort, schema, missing)
    order = f" ORDER BY {keys}" if keys else ""
    text = f"SELECT {', '.join(columns)} {_from(source, schema, wanted.filter, missing)}{order}"
    return text + limit_sql(options)


def count_sql(
    source: str, schema: pa.Schema, filter: Mapping[str, Any], missing: set[str] | None = None
) -> str:
    """Return the SELECT of the number of documents that pass a filter."""
    check_query(filter)
    return f"SELECT count(*) AS n {_from(source, schema, filter, missing)}"


def aggregate_sql(
    source: str,
    schema: pa.Schema,
    pipeline: Sequence[Mapping[str, Any]],
    options: Options,
    missing: set[str],
) -> str:
    """Return the SELECT of what comes out of a pipeline over all documents, as JSON."""
    stages = [part for stage in pipeline for part in _plain(stage)]
    done = translate_aggregate(stages, schema, source)
    missing.update(done.missing)
    return done.sql + limit_sql(options)


def _plain(stage: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write stages that stand for others in these.

    >>> _plain({"$count": "n"})
    [{'$group': {'_id': None, 'n': {'$sum': 1}}}, {'$project': {'_id': 0}}]
    """
    count = {"$sum": 1}
    if list(stage) == ["$count"] and isinstance(stage["$count"], str):
        return [{"$group": {"_id": None, stage["$count"]: count}}, {"$project": {"_id": 0}}]
    if list(stage) == ["$sortByCount"]:
        group = {"_id": stage["$sortByCount"], "count": count}
        return [{"$group": group}, {"$sort": {"count": -1}}]
    return [dict(stage)]


def limit_sql(options: Options) -> str:
    """Return the end of a SELECT, if there is a limit.

    >>> limit_sql(Options(limit=3)), limit_sql(Options(skip=2)), limit_sql(Options())
    (' LIMIT 3', ' OFFSET 2', '')
    """
    limit = "" if options.limit is None else f" LIMIT {int(options.limit)}"
    return limit + (f" OFFSET {int(options.skip)}" if options.skip else "")


def _from(
    source: str, schema: pa.Schema, filter: Mapping[str, Any], missing: set[str] | None
) -> str:
    where = translate_match(dict(filter), schema, missing) if filter else "true"
    return f"FROM {quoted(source)} AS {ROW} WHERE {where}"


def documents_of(texts: Sequence[str]) -> list[Document]:
    """Return documents from their relaxed extended JSON."""
    # what has no extended type is read ten times as fast
    return [json_util.loads(text) if '{"$' in text else json.loads(text) for text in texts]
