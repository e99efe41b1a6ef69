"""Documents of a working directory's catalogues: find, count, aggregate, near positions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.archive.cones.search import POSITION
from pipeline.archive.query.catalogs import Relation, relations, survey_of
from pipeline.archive.query.home import Document, Options, Wanted
from pipeline.archive.query.named import kept
from pipeline.archive.query.translated import aggregate_sql, count_sql, documents_of, find_sql
from pipeline.archive.query.views import views
from pipeline.documents.sandbox import query
from pipeline.documents.sql import name as quoted
from pipeline.io.numpy_arrow import from_arrow, to_arrow

TOGETHER = ("$group", "$sort", "$limit", "$skip", "$count", "$sortByCount")
"""Stages that see several documents at once."""
FOLDERS = 2
"""Of a file of documents: the shard's, in the night's."""
FOUND, NEAR = "found", "near"
"""Views: of the alerts near positions, and of their documents."""
PLACE, RANK = "__position", "__rank"
"""Columns of these that no document has: the position, and the place in what was found."""


def find(directory: Path, catalog: str, wanted: Wanted, options: Options) -> list[Document]:
    """Return documents.

    Raises
    ------
    ValueError
        If there is no such catalogue, or it cannot be translated exactly.
    """
    parts = relations(directory, catalog)
    if len(parts) > 1 and options.sort:
        raise ValueError(f"{catalog}: {_several(parts)} cannot be sorted together")
    found: list[Document] = []
    end = None if options.limit is None else options.skip + options.limit
    for part in parts:
        text = find_sql(part.name, part.schema, wanted, replace(options, limit=end, skip=0))
        found += _documents(part, text, options)
        if end is not None and len(found) >= end:
            break
    return found[options.skip : end]


def count(directory: Path, catalog: str, filter: Mapping[str, Any], options: Options) -> int:
    """Return how many documents pass a filter."""
    total = 0
    for part in relations(directory, catalog):
        with views({part.name: part.files}) as connection:
            sql = count_sql(part.name, part.schema, filter)
            total += query(connection, sql, options.max_time_s)["n"][0].as_py()
    return total


def aggregate(
    directory: Path, catalog: str, pipeline: Sequence[Mapping[str, Any]], options: Options
) -> list[Document]:
    """Return what comes out of a pipeline."""
    parts = relations(directory, catalog)
    together = [name for stage in pipeline for name in stage if name in TOGETHER]
    if len(parts) > 1 and together:
        raise ValueError(f"{catalog}: {together[0]} over {_several(parts)}")
    found: list[Document] = []
    for part in parts:
        sql = aggregate_sql(part.name, part.schema, pipeline, replace(options, limit=None, skip=0))
        found += _documents(part, sql, options)
    end = None if options.limit is None else options.skip + options.limit
    return found[options.skip : end]


def documents_near(
    directory: Path, catalog: str, found: pa.Table, wanted: Wanted, options: Options
) -> Iterator[tuple[int, Document]]:
    """Yield the documents of alerts that a search has found, each with its position.

    Parameters
    ----------
    directory : Path
    catalog : str
        The alerts' table, whose columns are in `found`, or a collection of documents.
    found : pyarrow.Table
        Of `pipeline.archive.cones.search`, or of a region (then all are of position 0), in
        the order that they are to have.
    wanted : Wanted
    options : Options
        Its limit and skip are of each position.
    """
    if not (wanted.filter or wanted.projection or options.sort or _is_kept(directory, catalog)):
        yield from _plain(found, options)
        return
    numbers = np.arange(found.num_rows)
    rows = found.append_column(RANK, to_arrow(numbers))
    if POSITION.name in found.column_names:
        position = from_arrow(found[POSITION.name])
        rows = rows.drop_columns([POSITION.name])
    else:
        position = np.zeros_like(numbers)
    rows = rows.append_column(PLACE, to_arrow(position))
    made = list(_near(directory, catalog, rows, wanted, options))
    if not options.sort:
        made.sort(key=lambda row: row[1])
    made.sort(key=lambda row: row[0])  # stable: within a position the order stays
    chosen = kept(np.array([row[0] for row in made], np.int64), options).tolist()
    documents = documents_of([made[number][2] for number in chosen])
    yield from zip([made[number][0] for number in chosen], documents, strict=True)


def _is_kept(directory: Path, catalog: str) -> bool:
    return survey_of(directory, catalog) is not None


def _plain(found: pa.Table, options: Options) -> Iterator[tuple[int, Document]]:
    """Yield the rows of a table as documents: what nobody has to translate for."""
    placed = POSITION.name in found.column_names
    position = from_arrow(found[POSITION.name]) if placed else np.zeros(found.num_rows, np.int64)
    chosen = kept(position, options)
    rows = found.take(to_arrow(chosen)).drop_columns([POSITION.name] if placed else []).to_pylist()
    for place, row in zip(position[chosen].tolist(), rows, strict=True):
        yield place, {"_id": row["candid"], **row}


def _near(
    directory: Path, catalog: str, rows: pa.Table, wanted: Wanted, options: Options
) -> Iterator[tuple[int, int, str]]:
    """Yield position, rank and document (as JSON) of the wanted among some alerts."""
    if not _is_kept(directory, catalog):
        own = pa.schema([field for field in rows.schema if field.name not in (PLACE, RANK)])
        with views({}, {NEAR: rows}) as connection:
            yield from _selected(connection, own.remove_metadata(), wanted, options)
        return
    parts = relations(directory, catalog)
    if len(parts) > 1 and options.sort:
        raise ValueError(f"{catalog}: {_several(parts)} cannot be sorted together")
    keys = rows.select([PLACE, RANK, "candid", "night"])
    for part in parts:
        with views({part.name: part.files}, {FOUND: keys}, FOLDERS) as connection:
            connection.execute(
                f"CREATE VIEW {NEAR} AS SELECT d.*, f.{PLACE}, f.{RANK} "  # noqa: S608 - our names
                f"FROM {quoted(part.name)} AS d JOIN {FOUND} AS f "
                "ON d._id = f.candid AND d.night = f.night"
            )
            yield from _selected(connection, part.schema, wanted, options)


def _selected(
    connection: duckdb.DuckDBPyConnection, schema: pa.Schema, wanted: Wanted, options: Options
) -> Iterator[tuple[int, int, str]]:
    sql = find_sql(NEAR, schema, wanted, Options(sort=options.sort), (PLACE, RANK))
    table = query(connection, sql, options.max_time_s)
    columns = (table[name].to_pylist() for name in (PLACE, RANK, "document"))
    yield from zip(*columns, strict=True)


def _documents(part: Relation, sql: str, options: Options) -> list[Document]:
    with views({part.name: part.files}) as connection:
        return documents_of(query(connection, sql, options.max_time_s)["document"].to_pylist())


def _several(parts: Sequence[Relation]) -> str:
    return f"documents of {len(parts)} schemas of packets"
