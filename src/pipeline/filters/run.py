"""Many filters on some alerts: documents are made and joined once for all of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.documents.extended_json import parse_pipeline
from pipeline.documents.refused import Refused
from pipeline.documents.sandbox import MEMORY_MB, SandboxError, connect, lock
from pipeline.documents.schema import with_missing
from pipeline.documents.translation import without_dollars
from pipeline.filters.apart import Apart, alive
from pipeline.filters.evaluate import NotRun, Outcome, load, outcome
from pipeline.filters.filter import Filter
from pipeline.filters.narrow import names_of, narrowed
from pipeline.filters.sql_filters import load_views
from pipeline.filters.tables import constant, names
from pipeline.filters.upstream import shape_of, upstream

if TYPE_CHECKING:
    from pipeline.services.mongodb import Server

SQL_MEMORY_MB = 1000
"""That a filter in SQL may take, beside four times what it looks at."""
NOT_PERMITTED = "its programid is not among the filter's permissions"


@dataclass(frozen=True)
class Seen:
    """Alerts of one schema, n of them, with all that filters may see.

    Attributes
    ----------
    survey : str
    documents : pyarrow.Table, n rows
        As `pipeline.alerts.documents.Documents`, with classifications and cross_matches.
    tables : mapping of str to pyarrow.Table
        For filters in SQL: alerts (n rows), history, scores, matches.
    left_out : tuple of str
        Paths of the packets that no column has.
    narrow : bool
        Whether `documents` has no other fields than filters read.
    """

    survey: str
    documents: pa.Table
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    narrow: bool = False

    @cached_property
    def programid(self) -> pa.Array | None:
        """Of each alert, where the survey has it."""
        own = self.documents[shape_of(self.survey).measurement].combine_chunks()
        has = own.type.get_field_index("programid") >= 0
        return pc.struct_field(own, "programid") if has else None

    @cached_property
    def names(self) -> pa.Table:
        """``candid``, ``object_id`` and ``jd`` of each alert, in the order of `tables`."""
        return self.tables["alerts"].select(["candid", "object_id", "jd"]).combine_chunks()

    @classmethod
    def joined(cls, some: Sequence["Seen"]) -> "Seen":
        """Return several as one."""
        first = some[0]
        tables = {
            name: pa.concat_tables([one.tables[name] for one in some]) for name in first.tables
        }
        documents = pa.concat_tables([one.documents for one in some]).combine_chunks()
        return cls(first.survey, documents, tables, first.left_out, first.narrow)


@dataclass(frozen=True)
class Result:
    """What a filter says of n alerts.

    Attributes
    ----------
    candidates : pyarrow.Table
        Those that pass: all of the table but its survey.
    verdicts : pyarrow.Table, n rows
        The same of the table ``verdicts``.
    programid : list
        Of those that pass, where the survey has it.
    warnings : tuple of str
    """

    candidates: pa.Table
    verdicts: pa.Table
    programid: list[Any]
    warnings: tuple[str, ...] = ()


def run_filters(
    seen: Seen, filters: Sequence[Filter], server: "Server | None" = None
) -> Iterator[tuple[Filter, Result]]:
    """Yield what each filter says, those with the same permissions one after the other.

    A filter that cannot be translated is run by a MongoDB, if there is one. Else, or if it
    fails, it says nothing of any alert: it does not take the others down.
    """
    for permissions in dict.fromkeys(one.permissions for one in filters):
        mine = [one for one in filters if one.permissions == permissions]
        documents = _documents(seen, permissions, mine, server is not None)
        schema = told_what_null_means(documents.schema)
        connection = _opened(documents)
        apart = Apart(partial(_views, seen, permissions))
        try:
            for one in mine:
                run = Run(connection, documents, schema, apart, server)
                yield one, _result(run, one, seen)
                if not alive(connection):
                    connection.close()
                    connection = _opened(documents)
        finally:
            connection.close()
            apart.close()


@dataclass(frozen=True, eq=False)
class Run:
    """Where filters of some permissions run, and on what."""

    connection: duckdb.DuckDBPyConnection
    documents: pa.Table
    schema: pa.Schema
    apart: Apart
    server: "Server | None" = None

    def outcome(self, one: Filter) -> Outcome:
        """Return what a filter says of each document."""
        if one.sql:
            return self.apart.outcome(one.sql)
        pipeline = parse_pipeline(one.pipeline)
        try:
            return outcome(self.connection, pipeline, self.schema)
        except Refused:
            if self.server is None:
                raise
        from pipeline.filters.on_mongodb import mongo_outcome  # noqa: PLC0415 - imports pymongo

        return mongo_outcome(self.server, pipeline, self.documents)


def _documents(
    seen: Seen, permissions: tuple[int, ...], filters: Sequence[Filter], whole: bool
) -> pa.Table:
    """Return what filters with some permissions see, with the fields alone that they read."""
    shape = shape_of(seen.survey)
    few = seen.documents
    if not seen.narrow:
        few = narrowed(few, names_needed(seen.survey, few.schema, filters, whole))
    return upstream(few, shape, permissions)


def names_needed(
    survey: str, schema: pa.Schema, filters: Sequence[Filter], whole: bool = False
) -> set[str]:
    """Return the names of fields that filters, and the stages before them, read of documents."""
    shape = shape_of(survey)
    pipelines = [one for one in filters if one.pipeline]
    found = names_of(pipelines, told_what_null_means(schema), whole)
    return found | {shape.measurement, shape.time}


def _opened(documents: pa.Table) -> duckdb.DuckDBPyConnection:
    """Return a database with what pipelines see."""
    connection = connect()
    load(connection, documents)
    lock(connection)
    return connection


def _views(seen: Seen, permissions: tuple[int, ...]) -> duckdb.DuckDBPyConnection:
    """Return a database with what filters in SQL see, and memory by how much that is."""
    size = sum(table.nbytes for table in seen.tables.values()) / 1e6
    connection = connect(min(MEMORY_MB, int(SQL_MEMORY_MB + 4 * size)))
    load_views(connection, seen.tables, permissions, shape_of(seen.survey))
    lock(connection)
    return connection


def told_what_null_means(schema: pa.Schema) -> pa.Schema:
    """Return the documents' schema in the translator's words.

    Null means missing in items of lists, and in what we joined.
    """
    paths = [path for f in schema for path in _lists_of_structs(f, f.name)]
    joined = [n for n in ("classifications", "cross_matches") if n in schema.names]
    return with_missing(schema, [f"{path}.*" for path in (*paths, *joined)])


def _lists_of_structs(given: pa.Field, path: str, inside: bool = False) -> Iterator[str]:
    """Yield the paths of records in lists."""
    kind = given.type
    if pa.types.is_list(kind):
        yield from _lists_of_structs(kind.value_field, path, inside=True)
    elif pa.types.is_struct(kind):
        if inside:
            yield path
        for child in kind:
            yield from _lists_of_structs(child, f"{path}.{child.name}", inside)


def _result(run: Run, one: Filter, seen: Seen) -> Result:
    try:
        found = run.outcome(one)
    except (Refused, SandboxError, NotRun) as error:
        return _nothing(one, seen, f"refused: {error}")
    hidden = [path for path in seen.left_out if is_named(path, one.pipeline)]
    if hidden:
        return _nothing(one, seen, f"refused: no column has the packets' {', '.join(hidden)}")
    warnings = tuple(f"no document has {path}" for path in without_dollars(found.missing))
    return _told(one, seen, found, warnings)


def is_named(path: str, pipeline: str) -> bool:
    """Return whether a pipeline names a path, or its last field in a variable.

    >>> is_named("prv_candidates.rb", '{"$gt": ["$$item.rb", 0.5]}')
    True
    >>> is_named("prv_candidates.rb", '{"candidate.rb": {"$gt": 0.5}}')
    False
    """
    last = re.escape(path.rpartition(".")[2])
    return path in pipeline or re.search(rf"\$\$\w+\.{last}\b", pipeline) is not None


def _nothing(one: Filter, seen: Seen, reason: str) -> Result:
    """Return the result of a filter that cannot be run."""
    candid = seen.documents["candid"]
    rows = len(candid)
    verdicts = _verdicts(one, candid, pa.nulls(rows, pa.bool_()), constant(reason, rows))
    passed = pa.table({"_id": pa.array([], pa.int64()), "annotations": pa.array([], pa.string())})
    return Result(_candidates(one, seen, passed), verdicts, [], (reason,))


def _verdicts(one: Filter, candid: pa.ChunkedArray, passed: pa.Array, reason: pa.Array) -> pa.Table:
    rows = len(candid)
    return pa.table(
        {
            "candid": candid,
            "filter": constant(one.name, rows),
            "version": constant(one.version, rows),
            "passed": passed,
            "reason": names(reason),
        }
    )


def _told(one: Filter, seen: Seen, found: Outcome, warnings: tuple[str, ...]) -> Result:
    candid = seen.documents["candid"].combine_chunks()
    good = pc.is_in(candid, found.passed["_id"].combine_chunks())
    at = pc.index_in(candid, found.failed["_id"].combine_chunks())
    reason = found.failed["reason"].combine_chunks().take(at)
    reason = pc.if_else(pc.or_(good, pc.is_valid(reason)), reason, NOT_PERMITTED)
    programid = seen.programid.filter(good).to_pylist() if seen.programid is not None else []
    verdicts = _verdicts(one, seen.documents["candid"], good, reason)
    return Result(_candidates(one, seen, found.passed), verdicts, programid, warnings)


def _candidates(one: Filter, seen: Seen, passed: pa.Table) -> pa.Table:
    """Return the rows of those that pass, in the order of the alerts."""
    alerts = seen.names
    at = pc.index_in(passed["_id"].combine_chunks(), alerts["candid"].combine_chunks())
    order = pc.array_sort_indices(at)
    passed, at = passed.take(order), at.take(order)
    rows = passed.num_rows
    return pa.table(
        {
            "candid": passed["_id"],
            "object_id": alerts["object_id"].combine_chunks().take(at),
            "jd": alerts["jd"].combine_chunks().take(at),
            "filter": constant(one.name, rows),
            "version": constant(one.version, rows),
            "annotations": passed["annotations"],
        }
    )
