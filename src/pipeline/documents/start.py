"""The documents before the first stage, and their way through the stages."""

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
from pipeline.documents.check import check_pipeline
from pipeline.documents.context import Context
from pipeline.documents.paths import noted
from pipeline.documents.pruned import pruned
from pipeline.documents.refused import Refused
from pipeline.documents.schema import fields_of
from pipeline.documents.storage import decoded
from pipeline.documents.stream import ROW, Stream
from pipeline.documents.values import Names, Record, Value

OPERATOR_MODULES = (
    arrays, conversions, dates, extremes, folds, group, logic, mathematics, numbers, objects,
    sequences, sets, strings,
)  # fmt: skip
"""They register their operators; group its stages."""


def document_of(schema: pa.Schema, names: set[str] | None = None) -> Value:
    """Give the document that a row is, with the fields of some names (all, if not said)."""
    given = fields_of(schema)
    if names is not None:
        given = pruned(given, names | {"_id", "candid"})
    fields = {f.name: decoded(f"{ROW}.{sql.name(f.stored)}", f.type) for f in given}
    if "_id" not in fields and "candid" in fields:
        fields = {"_id": fields["candid"], **fields}
    return Value(record=Record(sql.TRUE, fields))


def prefix_of(schema: pa.Schema) -> str:
    """Give what no column's name starts with."""
    names = [name.lower() for name in schema.names]
    if ROW in names:
        raise Refused(f"a column with the name {ROW}")
    prefix = "__"
    while any(name.startswith(prefix) for name in names):
        prefix += "_"
    return prefix


def started(schema: pa.Schema, source: str, names: set[str] | None = None) -> Stream:
    """Give the documents before the first stage.

    Parameters
    ----------
    schema, source
        As those of `pipeline.documents.translate.translate`.
    names : set of str or None
        Of the fields that matter; None for all.

    Returns
    -------
    Stream
    """
    key = next((n for n in ("_id", "candid") if n in schema.names), None)
    if key is None:
        raise Refused("documents without _id or candid")
    prefix = prefix_of(schema)
    at = f"{ROW}.{sql.name(key)}"
    return Stream(sql.name(source), at, document_of(schema, names), Names(prefix), prefix)


def run(stream: Stream, pipeline: list[dict[str, Any]]) -> None:
    """Take the documents through the stages."""
    check_pipeline(pipeline)
    whole = replace(stream.context(), missing=set())
    for number, given in enumerate(pipeline, 1):
        name, argument = next(iter(given.items()))
        place = f"stage {number} ({name})"
        translate = stages.STAGES.get(name)
        if translate is None:
            raise Refused(f"{place}: not translated")
        before = set(stream.missing)
        try:
            translate(stream, argument, place)
        except Refused as error:
            raise Refused(f"{place}: {error}") from error
        except RecursionError as error:
            raise Refused(f"{place}: nested too deep") from error
        for name in [name for name in stream.missing - before if _led(whole, name)]:
            stream.missing.remove(name)
            stream.missing.add(f"{name} at {place}")


def _led(whole: Context, name: str) -> bool:
    """Whether a path led somewhere before the first stage: then a stage has dropped it."""
    if name.startswith("$$"):
        return False
    whole.missing.clear()
    noted(whole, name.removeprefix("$").split("."))
    return not whole.missing


def with_steps(stream: Stream) -> str:
    """Give the common table expressions that a SELECT from the documents needs."""
    return f"WITH {', '.join(stream.steps)} " if stream.steps else ""


def selected(stream: Stream, columns: list[str], bare: bool = False) -> str:
    """Give a SELECT from the documents; bare without what `with_steps` gives."""
    where = f" WHERE {sql.both(*stream.where)}" if stream.where else ""
    text = f"SELECT {', '.join(columns)} FROM {stream.relation} AS {ROW}{where}"  # noqa: S608 (quoted by sql.py)
    return text if bare else with_steps(stream) + text
