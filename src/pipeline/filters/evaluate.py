"""Pipelines on documents in DuckDB: who passes, with which annotations, and why not."""

from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.documents.sandbox import query
from pipeline.documents.translate import translate, translate_verdicts

DOCUMENTS = "documents"
"""The table that pipelines are run on."""


class NotRun(ValueError):
    """A pipeline that a MongoDB does not take, or not in the time that it has."""


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
    """Return what a pipeline says of each document; raises as `passing`."""
    told = translate_verdicts(pipeline, schema, DOCUMENTS)
    found = query(connection, told.sql)
    verdict = found["verdict"].combine_chunks()
    passed = found.filter(pc.is_null(verdict)).select(["_id", "annotations"])
    bad = found.filter(pc.is_valid(verdict))
    reasons = pa.array(told.conditions, pa.string()).take(bad["verdict"].combine_chunks())
    return Outcome(passed, pa.table({"_id": bad["_id"], "reason": reasons}), told.missing)
