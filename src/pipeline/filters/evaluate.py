"""Pipelines on documents in DuckDB: who passes, with which annotations, and why not."""

from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.documents.refused import Refused
from pipeline.documents.sandbox import query
from pipeline.documents.translate import translate, translate_verdicts

DOCUMENTS, PASSED = "documents", "passed"
"""Tables of the database, as the statements here spell them."""
NOT_ONE = "not exactly one document comes out"
"""Why an alert fails that no condition stops."""


@dataclass(frozen=True)
class Outcome:
    """What a filter says of all documents.

    Attributes
    ----------
    passed : pyarrow.Table
        ``_id`` and ``annotations`` (JSON text, null where there are none) of those that pass.
    failed : pyarrow.Table
        ``_id`` and ``reason`` of the others.
    missing : tuple of str
        Paths that no document has: evaluated as missing.
    """

    passed: pa.Table
    failed: pa.Table
    missing: tuple[str, ...] = ()


def load(connection: duckdb.DuckDBPyConnection, documents: pa.Table, name: str = DOCUMENTS) -> None:
    """Put documents into the database."""
    connection.register("given", documents)
    # the name is one of ours
    connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM given')  # noqa: S608
    connection.unregister("given")


def passing(
    connection: duckdb.DuckDBPyConnection, pipeline: list[dict[str, Any]], schema: pa.Schema
) -> tuple[pa.Table, tuple[str, ...]]:
    """Return who passes with which annotations, and the paths that no document has.

    Raises
    ------
    pipeline.documents.refused.Refused
        If it cannot be translated exactly.
    pipeline.documents.sandbox.SandboxError
        If it fails, or takes too long.
    """
    done = translate(pipeline, schema, DOCUMENTS)
    return query(connection, done.sql), done.missing


def outcome(
    connection: duckdb.DuckDBPyConnection, pipeline: list[dict[str, Any]], schema: pa.Schema
) -> Outcome:
    """Return what a pipeline says of each document; raises as `passing`.

    Who passes is found by the verdicts, and annotated alone: most documents fail.
    """
    try:
        told = translate_verdicts(pipeline, schema, DOCUMENTS)
    except Refused:
        return _without_reasons(connection, pipeline, schema)
    verdicts = query(connection, told.sql)
    column = verdicts["verdict"].combine_chunks()
    good = verdicts.filter(pc.is_null(column)).select(["_id"])
    bad = verdicts.filter(pc.is_valid(column))
    reasons = pa.array(told.conditions, pa.string()).take(bad["verdict"].combine_chunks())
    failed = pa.table({"_id": bad["_id"], "reason": reasons})
    load(connection, good, "good")
    connection.execute(
        "CREATE OR REPLACE VIEW passed AS "
        "SELECT d.* FROM documents AS d SEMI JOIN good ON d._id = good._id"
    )
    annotated = query(connection, translate(pipeline, schema, PASSED).sql)
    return Outcome(annotated, failed, told.missing)


def _without_reasons(
    connection: duckdb.DuckDBPyConnection, pipeline: list[dict[str, Any]], schema: pa.Schema
) -> Outcome:
    """Return who passes of a pipeline that makes several documents of one."""
    passed, missing = passing(connection, pipeline, schema)
    load(connection, passed.select(["_id"]), "good")
    others = query(connection, "SELECT _id FROM documents ANTI JOIN good USING (_id)")
    reasons = pa.array([NOT_ONE] * others.num_rows, pa.string())
    return Outcome(passed, others.append_column("reason", reasons), missing)
