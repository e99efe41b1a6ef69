"""Documents of a working directory's catalogues: find, count, aggregate, near positions."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.archive.cones.search import POSITION
from pipeline.archive.query.catalogs import Relation, relations, survey_of
from pipeline.archive.query.home import Document, Options, Wanted
from pipeline.archive.query.named import kept
from pipeline.archive.query.translated import KEY, aggregate_sql, count_sql, documents_of, find_sql
from pipeline.archive.query.views import views
from pipeline.documents.check import check_pipeline
from pipeline.documents.near import unknown_paths
from pipeline.documents.order import sorted_together
from pipeline.documents.sandbox import query
from pipeline.documents.sql import name as quoted
from pipeline.io.numpy_arrow import from_arrow, to_arrow

logger = logging.getLogger(__name__)

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
        If there is no such catalogue, or it cannot be translated exactly, as a sort by arrays.
    """
    parts = relations(directory, catalog)
    end = None if options.limit is None else options.skip + options.limit
    missing: list[set[str]] = [set() for _ in parts]
    whole, several = replace(options, limit=end, skip=0), len(parts) > 1
    texts = [
        find_sql(part.name, part.schema, wanted, whole, (), noted, keyed=several)
        for part, noted in zip(parts, missing, strict=True)
    ]
    _tell(catalog, missing, parts)
    rows: list[tuple[list[Mapping[str, Any]], str]] = []
    for part, text in zip(parts, texts, strict=True):
        if end is not None and len(rows) >= end and not options.sort:
            break
        with part.opened() as connection:
            table = query(connection, text, options.max_time_s)
        rows += zip(_keys(table), table["document"].to_pylist(), strict=True)
    found = [text for _, text in rows]
    if several:
        found = sorted_together(rows, [direction for _, direction in options.sort])
    return documents_of(found[options.skip : end])


def count(directory: Path, catalog: str, filter: Mapping[str, Any], options: Options) -> int:
    """Return how many documents pass a filter."""
    parts = relations(directory, catalog)
    missing: list[set[str]] = [set() for _ in parts]
    pairs = zip(parts, missing, strict=True)
    total = sum(_count(part, filter, options, noted) for part, noted in pairs)
    _tell(catalog, missing, parts)
    return total


def _count(
    part: Relation, filter: Mapping[str, Any], options: Options, missing: set[str] | None = None
) -> int:
    sql = count_sql(part.name, part.schema, filter, missing)
    with part.opened() as connection:
        return int(query(connection, sql, options.max_time_s)["n"][0].as_py())


def aggregate(
    directory: Path, catalog: str, pipeline: Sequence[Mapping[str, Any]], options: Options
) -> list[Document]:
    """Return what comes out of a pipeline."""
    check_pipeline(list(pipeline))
    parts = every = relations(directory, catalog)
    together = [name for stage in pipeline for name in stage if name in TOGETHER]
    if len(parts) > 1 and together:
        parts = _matched(parts, pipeline[0].get("$match"), options)
    if len(parts) > 1 and together:
        raise ValueError(f"{catalog}: {together[0]} over {_several(parts)}")
    missing: list[set[str]] = [set() for _ in parts]
    whole = replace(options, limit=None, skip=0)
    texts = [
        aggregate_sql(part.name, part.schema, pipeline, whole, noted)
        for part, noted in zip(parts, missing, strict=True)
    ]
    if len(parts) == len(every):  # what a schema lacks that is left out another may have
        _tell(catalog, missing, parts)
    found: list[Document] = []
    for part, sql in zip(parts, texts, strict=True):
        with part.opened() as connection:
            table = query(connection, sql, options.max_time_s)
        found += documents_of(table["document"].to_pylist())
    end = None if options.limit is None else options.skip + options.limit
    return found[options.skip : end]


def _matched(parts: list[Relation], filter: Any, options: Options) -> list[Relation]:
    """Return those of which a pipeline's first stage lets something through; at least one."""
    if not isinstance(filter, Mapping):
        return parts
    return [part for part in parts if _count(part, filter, options)] or parts[:1]


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
    yield from chosen_of(list(_near(directory, catalog, rows, wanted, options)), options)


class Row(NamedTuple):
    """A document that was found near a position."""

    position: int
    rank: int
    document: str  # JSON
    keys: list[Mapping[str, Any]]  # by which it sorts among those of other schemas


def chosen_of(made: list[Row], options: Options) -> Iterator[tuple[int, Document]]:
    """Yield as many documents of each position as are asked for, by rank unless sorted.

    Parameters
    ----------
    made : list of Row
        Is sorted in place.
    options : Options
    """
    if not options.sort:
        made.sort(key=lambda row: row.rank)
    elif made and made[0].keys:
        directions = [direction for _, direction in options.sort]
        made = sorted_together([(row.keys, row) for row in made], directions)
    made.sort(key=lambda row: row.position)  # stable: within a position the order stays
    chosen = kept(np.array([row.position for row in made], np.int64), options).tolist()
    documents = documents_of([made[number].document for number in chosen])
    yield from zip([made[number].position for number in chosen], documents, strict=True)


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
) -> Iterator[Row]:
    """Yield the wanted among some alerts."""
    if not _is_kept(directory, catalog):
        own = pa.schema([field for field in rows.schema if field.name not in (PLACE, RANK)])
        yield from selected_near(catalog, rows, own.remove_metadata(), wanted, options)
        return
    parts = relations(directory, catalog)
    missing: list[set[str]] = [set() for _ in parts]
    keys = rows.select([PLACE, RANK, "candid", "night"])
    for part, noted in zip(parts, missing, strict=True):
        with views({part.name: part.files}, {FOUND: keys}, FOLDERS) as connection:
            connection.execute(
                f"CREATE VIEW {NEAR} AS SELECT d.*, f.{PLACE}, f.{RANK} "  # noqa: S608 - our names
                f"FROM {quoted(part.name)} AS d JOIN {FOUND} AS f "
                "ON d._id = f.candid AND d.night = f.night"
            )
            several = len(parts) > 1
            yield from _selected(connection, part.schema, wanted, options, noted, several)
    _tell(catalog, missing, parts)


def selected_near(
    catalog: str, rows: pa.Table, schema: pa.Schema, wanted: Wanted, options: Options
) -> Iterator[Row]:
    """Yield the wanted among documents with `PLACE` and `RANK`."""
    with views({}, {NEAR: rows}) as connection:
        noted: set[str] = set()
        yield from _selected(connection, schema, wanted, options, noted, False)
        _tell(catalog, [noted], [Relation(catalog, (), schema)])


def _selected(
    connection: duckdb.DuckDBPyConnection,
    schema: pa.Schema,
    wanted: Wanted,
    options: Options,
    missing: set[str],
    keyed: bool,
) -> Iterator[Row]:
    by = Options(sort=options.sort)
    sql = find_sql(NEAR, schema, wanted, by, (PLACE, RANK), missing, keyed)
    table = query(connection, sql, options.max_time_s)
    columns = (table[name].to_pylist() for name in (PLACE, RANK, "document"))
    yield from map(Row, *columns, _keys(table))


def _keys(table: pa.Table) -> list[list[Mapping[str, Any]]]:
    """Return what each row sorts by, where that has been selected."""
    columns = [table[name].to_pylist() for name in table.column_names if name.startswith(KEY)]
    return list(map(list, zip(*columns, strict=True))) if columns else [[]] * table.num_rows


def _tell(catalog: str, missing: Sequence[set[str]], parts: Sequence[Relation]) -> None:
    """Warn of paths that no document has."""
    for line in unknown_paths(missing, [part.schema for part in parts]):
        logger.warning("%s: %s", catalog, line)


def _several(parts: Sequence[Relation]) -> str:
    return f"documents of {len(parts)} schemas of packets"
