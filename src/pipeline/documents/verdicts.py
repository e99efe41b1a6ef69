"""Which condition of a pipeline a document failed first, for every document."""

from typing import Any

import pyarrow as pa

from pipeline.documents import sql
from pipeline.documents.check import check_pipeline
from pipeline.documents.filtered import annotations_of, filtered
from pipeline.documents.pruned import words_of
from pipeline.documents.start import run, selected, started, with_steps
from pipeline.documents.stream import ROW, Stream
from pipeline.documents.translation import Translation

SEVERAL = ("$unwind", "$group", "$count")
"""Stages after which a document of the source may be none or several."""


def translate_verdicts(
    pipeline: list[dict[str, Any]], schema: pa.Schema, source: str = "documents"
) -> Translation:
    """Translate a filter so that each document gets a verdict.

    Parameters
    ----------
    pipeline, schema, source
        As those of `pipeline.documents.translate.translate`.

    Returns
    -------
    Translation
        Its SELECT gives ``_id``, ``verdict`` and ``annotations`` of every document: the
        verdict is NULL where it passes, else the number in ``conditions`` of the first
        condition that failed, and the annotations are NULL then. From a stage on that makes
        several documents of one, the stages have one verdict together.

    Raises
    ------
    Refused
        As `pipeline.documents.translate.translate`.
    """
    check_pipeline(pipeline)
    names = [next(iter(stage)) for stage in pipeline]
    first = next((n for n, name in enumerate(names) if name in SEVERAL), len(pipeline))
    if first < len(pipeline):
        return _joined(pipeline, first, schema, source)
    stream = filtered(pipeline, schema, source)
    verdict = stream.verdict
    annotations = sql.case([(f"({verdict} IS NULL)", annotations_of(stream))], "NULL")
    columns = [
        f"{stream.key} AS _id",
        f"CAST({verdict} AS INTEGER) AS verdict",
        f"CAST({annotations} AS VARCHAR) AS annotations",
    ]
    return Translation(
        selected(stream, columns), tuple(sorted(stream.missing)), tuple(stream.texts)
    )


def _joined(pipeline: Any, first: int, schema: pa.Schema, source: str) -> Translation:
    """Join what is left of each document after all stages to its verdict on the first ones."""
    stream = started(schema, source, words_of(pipeline))
    if first:
        run(stream, pipeline[:first])
    whole = filtered(pipeline, schema, source)
    whole.drop()
    key, left, said = (sql.name(word) for word in ("k", "left", "said"))
    columns = [
        f"{whole.key} AS {key}",
        f"count(*) AS {left}",
        f"any_value(CAST({annotations_of(whole)} AS VARCHAR)) AS {said}",
    ]
    counts = f"{with_steps(whole)}{selected(whole, columns, bare=True)} GROUP BY {whole.key}"
    place = f"stages {first + 1} to {len(pipeline)}"
    none = len(stream.texts)
    texts = [
        *stream.texts,
        f"{place}: no document is left",
        f"{place}: more than one document is left",
    ]
    verdict = sql.case(
        [
            (f"{stream.verdict} IS NOT NULL", stream.verdict),
            (f"c.{left} IS NULL", str(none)),
            (f"c.{left} > 1", str(none + 1)),
        ],
        sql.NULL,
    )
    text = _outer(stream, verdict, f"CASE WHEN c.{left} = 1 THEN c.{said} END", counts, key)
    return Translation(text, tuple(sorted(whole.missing)), tuple(texts))


def _outer(stream: Stream, verdict: str, annotations: str, counts: str, key: str) -> str:
    columns = (
        f"{stream.key} AS _id, CAST({verdict} AS INTEGER) AS verdict, {annotations} AS annotations"
    )
    joined = f"{stream.relation} AS {ROW} LEFT JOIN ({counts}) AS c ON c.{key} = {stream.key}"
    return f"{with_steps(stream)}SELECT {columns} FROM {joined}"  # noqa: S608 (quoted by sql.py)
