"""Filters that cannot be translated, run by a MongoDB: on each document by itself, as others are.

The documents are sent with the question (``$documents``), the same that translated filters see:
nothing of the database is read or written, and no answer depends on what else is in it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from bson import json_util
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database
from pymongo.errors import OperationFailure

from pipeline.documents.bson_documents import documents as as_bson
from pipeline.documents.bson_documents import split
from pipeline.documents.check import check_pipeline
from pipeline.documents.repeatable import check_repeatable_pipeline
from pipeline.filters.evaluate import NotRun, Outcome
from pipeline.services.mongo_errors import UNAUTHORIZED, WRONG_PASSWORD, heals
from pipeline.services.mongodb import Document, Server, connected
from pipeline.services.retries import repeated

BATCH_BYTES = 6_000_000
"""Of documents in one question: a command may have 16 MiB."""
BATCH_S = 100.0
"""After which the server stops; the connection would count as lost a little later."""
SPARSE = ("classifications", "cross_matches")
"""What we joined: null is missing there, as in the items of lists."""
_OUT_OF_TIME = 50
_RELAXED = json_util.JSONOptions(json_mode=json_util.JSONMode.RELAXED)
Stages = Sequence[Mapping[str, Any]]


_NONE = object()
"""Annotations that are not there."""


class _Out(NamedTuple):
    """What came out of one document."""

    number: int  # documents; -1 if the pipeline fails on it
    annotations: Any


def mongo_outcome(server: Server, pipeline: list[dict[str, Any]], documents: pa.Table) -> Outcome:
    """Return what a pipeline says of each document, as a MongoDB has it.

    Parameters
    ----------
    server : Server
        Whose user may read the database.
    pipeline : list of dict
        What writes, joins, runs code or draws numbers is refused here already.
    documents : pyarrow.Table
        Behind the stages that come before a user's (`pipeline.filters.upstream`).

    Returns
    -------
    Outcome
        Of those that fail the reason is the stage behind which no document was left.

    Raises
    ------
    pipeline.documents.refused.Refused
        If it may not run anywhere.
    NotRun
        If the server refuses it, or takes too long.
    pipeline.services.mongo_errors.ServiceError
        If the server is away for too long, or does not let us in.
    """
    check_pipeline(pipeline)
    check_repeatable_pipeline(pipeline)
    passed: list[tuple[int, str | None]] = []
    failed: list[tuple[int, str]] = []
    with connected(server) as database:
        asked = _Asked(database, server.shown)
        asked.ask(pipeline, [])  # what it refuses, it refuses without documents
        for batch in _batches(documents):
            out = asked.each(pipeline, batch)
            left = [d for d in batch if out[d["_id"]].number != 1]
            good = {d["_id"] for d in batch} - {d["_id"] for d in left}
            passed += [(key, _text(out[key].annotations)) for key in good]
            failed += _reasons(asked, pipeline, left, out)
    keys, texts = zip(*passed, strict=True) if passed else ((), ())
    ids, reasons = zip(*failed, strict=True) if failed else ((), ())
    return Outcome(
        pa.table({"_id": pa.array(keys, pa.int64()), "annotations": pa.array(texts, pa.string())}),
        pa.table({"_id": pa.array(ids, pa.int64()), "reason": pa.array(reasons, pa.string())}),
    )


def _batches(documents: pa.Table) -> list[list[RawBSONDocument]]:
    """Return documents as BSON, so many together as a command may have."""
    batches: list[list[RawBSONDocument]] = []
    size = BATCH_BYTES
    for one in split(*as_bson(documents, SPARSE)):
        if size + len(one) > BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(RawBSONDocument(one))
        size += len(one)
    return batches


def _text(annotations: Any) -> str | None:
    """Return annotations as relaxed extended JSON; None where there are none."""
    if annotations is _NONE:
        return None
    return str(json_util.dumps(annotations, json_options=_RELAXED, ensure_ascii=False))


class _Asked:
    """A server that runs pipelines on documents which come with the question."""

    def __init__(self, database: Database[Document], where: str) -> None:
        self._database = database
        self._where = where

    def each(self, pipeline: Stages, batch: Sequence[RawBSONDocument]) -> dict[int, _Out]:
        """Return what comes out of each document, by ``_id``.

        A document on which the pipeline fails would take the others down: it is looked for.
        """
        if not batch:
            return {}
        try:
            return self.ask(pipeline, batch)
        except OperationFailure:
            if len(batch) == 1:
                return {batch[0]["_id"]: _Out(-1, _NONE)}
        half = len(batch) // 2
        return self.each(pipeline, batch[:half]) | self.each(pipeline, batch[half:])

    def ask(self, pipeline: Stages, batch: Sequence[RawBSONDocument]) -> dict[int, _Out]:
        """Return the same in one question.

        Raises
        ------
        OperationFailure
            If the pipeline fails on a document.
        NotRun, ServiceError
            As of `mongo_outcome`.
        """
        # one document each: a stage that looks at several, as $group does, sees this one alone
        alone = {
            "let": {"document": "$$ROOT"},
            "pipeline": [{"$documents": ["$$document"]}, *pipeline],
            "as": "out",
        }
        told = {"number": {"$size": "$out"}, "out": {"$first": "$out.annotations"}}
        question: list[Document] = [
            {"$documents": {"$literal": list(batch)}},
            {"$lookup": alone},
            {"$project": told},
        ]
        answer = repeated(lambda: self._answer(question, bool(batch)), self._where)
        if isinstance(answer, OperationFailure):
            raise answer
        return {one["_id"]: _Out(one["number"], one.get("out", _NONE)) for one in answer}

    def _answer(self, question: Stages, of_some: bool) -> list[Document] | OperationFailure:
        """Return the answer, or how the pipeline failed: what is of the server is raised."""
        try:
            return list(self._database.aggregate(question, maxTimeMS=int(BATCH_S * 1e3)))
        except OperationFailure as error:
            if error.code == _OUT_OF_TIME:
                raise NotRun(f"takes longer than {BATCH_S:.0f} s in a MongoDB") from None
            if heals(error) or error.code in (UNAUTHORIZED, WRONG_PASSWORD):
                raise
            if of_some:
                return error
            why = str((error.details or {}).get("errmsg", ""))[:300]
            raise NotRun(f"the MongoDB refuses it ({error.code}): {why}") from None


def _reasons(
    asked: _Asked, pipeline: Stages, left: Sequence[RawBSONDocument], out: Mapping[int, _Out]
) -> list[tuple[int, str]]:
    """Return why documents do not pass: the first stage behind which there is none any more."""
    found = []
    several = [d["_id"] for d in left if out[d["_id"]].number > 1]
    found += [(key, "more than one document is left") for key in several]
    rest = [d for d in left if out[d["_id"]].number < 1]
    for number, stage in enumerate(pipeline, 1):
        if not rest:
            break
        here = asked.each(pipeline[:number], rest) if number < len(pipeline) else out
        place = f"stage {number} ({next(iter(stage))})"
        for document in rest:
            said = {-1: "fails", 0: "no document is left"}.get(here[document["_id"]].number)
            if said:
                found.append((document["_id"], f"{place}: {said}"))
        rest = [d for d in rest if here[d["_id"]].number > 0]
    return found
