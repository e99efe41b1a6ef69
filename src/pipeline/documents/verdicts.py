"""Which condition of a pipeline a document failed first, for every document."""

from typing import Any

import pyarrow as pa

from pipeline.documents import sql
from pipeline.documents.check import check_pipeline
from pipeline.documents.stream import ROW
from pipeline.documents.translate import run, selected, started, with_steps
from pipeline.documents.translation import Translation

SEVERAL = ("$unwind", "$group", "$count")
"""Stages after which a document of the source may be none or several."""


def translate_verdicts(
    pipeline: list[dict[str, Any]], schema: pa.Schema, source: str = "documents"
) -> Translation:
    """Translate a pipeline so that each document gets a verdict.

    Parameters
    ----------
    pipeline, schema, source
        As those of `pipeline.documents.translate.translate`.

    Returns
    -------
    Translation
        Its SELECT gives ``_id`` and ``verdict`` of every document: NULL where it passes, else
        the number in ``conditions`` of the first condition that failed. From a stage on that
        makes several documents of one, the stages have one verdict together.

    Raises
    ------
    Refused
        As `pipeline.documents.translate.translate`.
    """
    check_pipeline(pipeline)
    names = [next(iter(stage)) for stage in pipeline]
    first = next((n for n, name in enumerate(names) if name in SEVERAL), len(pipeline))
    stream = started(schema, source, verdicts=True)
    if first == len(pipeline):
        run(stream, pipeline)
        verdict = f"CAST({stream.verdict} AS INTEGER) AS verdict"
        text = selected(stream, [f"{stream.key} AS _id", verdict])
        return Translation(text, tuple(sorted(stream.missing)), tuple(stream.texts))
    if first:
        run(stream, pipeline[:first])
    return _counted(stream, pipeline, first, schema, source)


def _counted(stream: Any, pipeline: Any, first: int, schema: pa.Schema, source: str) -> Translation:
    """Join what is left of each document after all stages to its verdict on the first ones."""
    whole = started(schema, source)
    run(whole, pipeline)
    key, left = sql.name("k"), sql.name("left")
    counts = selected(whole, [f"{whole.key} AS {key}", f"count(*) AS {left}"], bare=True)
    counts = f"{with_steps(whole)}{counts} GROUP BY {whole.key}"
    place = f"stages {first + 1} to {len(pipeline)}"
    texts = [
        *stream.texts,
        f"{place}: no document is left",
        f"{place}: more than one document is left",
    ]
    none = len(stream.texts)
    verdict = sql.case(
        [
            (f"{stream.verdict} IS NOT NULL", stream.verdict),
            (f"c.{left} IS NULL", str(none)),
            (f"c.{left} > 1", str(none + 1)),
        ],
        sql.NULL,
    )
    columns = f"{stream.key} AS _id, CAST({verdict} AS INTEGER) AS verdict"
    joined = f"{stream.relation} AS {ROW} LEFT JOIN ({counts}) AS c ON c.{key} = {stream.key}"
    text = f"{with_steps(stream)}SELECT {columns} FROM {joined}"  # noqa: S608 (quoted by sql.py)
    return Translation(text, tuple(sorted(whole.missing)), tuple(texts))
