"""Section ``archive``: cone indexes, by which alerts are looked up; a MongoDB that they go to."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from pipeline.alerts.domain import Night, night_name, nights, packets_of
from pipeline.alerts.months import month_of
from pipeline.alerts.surveys.registry import get_survey, names
from pipeline.archive.matchfiles import section as matchfiles
from pipeline.archive.matchfiles.section import MatchfileKeys
from pipeline.archive.mongo import section as mongo
from pipeline.archive.mongo.section import MongoKeys
from pipeline.archive.need import documents_need, index_need, merge_need
from pipeline.archive.places import COLUMNS, CONES, DOCUMENTS, MONTH, RECEIPT
from pipeline.archive.stores import section as stores
from pipeline.archive.stores.section import CatalogKeys
from pipeline.contract import paths
from pipeline.contract.domain import Domain, Key
from pipeline.contract.request import Request
from pipeline.contract.work import Expected, Work, named

CORE = ("candid", "object_id", "jd", "ra", "dec", "l", "b", "ecl_lambda", "ecl_beta")
"""Columns of the table alerts that every survey has."""


class Archive(MongoKeys, CatalogKeys, MatchfileKeys):
    """What can be asked of all nights together."""

    columns: Literal["all"] | list[str] = Field(
        list(COLUMNS),
        description="columns of alerts that a cone search tells without opening their tables, "
        "where a survey has them; all: every column, at the size of the tables again",
    )
    documents: bool = Field(
        False,
        description="whether the alerts are kept as documents too, as Kowalski has them: for its "
        "client and its queries, where there is no MongoDB",
    )


def cones_of(nights: list[Night]) -> list[str]:
    """Return the cone indexes of some nights."""
    return [CONES.format(survey=night.survey, night=night.night) for night in nights]


def months(request: Request) -> dict[tuple[str, str], list[Night]]:
    """Return the nights of each survey and month, of those that have several."""
    found: dict[tuple[str, str], list[Night]] = {}
    for night in nights(request):
        if month := month_of(night.night):
            found.setdefault((night.survey, month), []).append(night)
    return {name: several for name, several in found.items() if len(several) > 1}


def _documents_of(request: Request) -> tuple[Night, ...]:
    """Return the nights whose documents are kept."""
    wanted = request.config.archive is not None and request.config.archive.documents
    return nights(request) if wanted else ()


def _targets(request: Request) -> list[str]:
    if request.config.archive is None:
        return []
    merged = [MONTH.format(survey=survey, month=month) for survey, month in months(request)]
    kept = paths.of_shards(DOCUMENTS, _documents_of(request))
    others = mongo.receipts(request) + stores.targets(request) + matchfiles.targets(request)
    return cones_of(list(nights(request))) + merged + kept + others


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    if request.config.archive is None:
        return
    for night in nights(request):
        of, need = night_name(night), index_need(packets_of(night, expected))
        yield Work("index_cones", of, 1, need, after=(named("decode", of),))
    for (survey, month), several in months(request).items():
        need = merge_need(sum(packets_of(night, expected) for night in several))
        after = tuple(named("index_cones", night_name(night)) for night in several)
        yield Work("merge_cones", f"{survey}/{month}", 1, need, after=after)
    for night in _documents_of(request):
        of, count = night_name(night), packets_of(night, expected)
        scored = (named("score", of),) if "scores" in mongo.joined(request, night.survey) else ()
        after = (named("index", of), *scored)
        yield Work("documents", of, night.shards, documents_need(count, night.shards), after=after)
    yield from mongo.work(request, expected)
    yield from stores.work(request)
    yield from matchfiles.work(request)


def _known_columns(request: Request) -> Iterator[str]:
    archive = request.config.archive
    if archive is None or archive.columns == "all" or "columns" not in archive.model_fields_set:
        return
    surveys = sorted({night.survey for night in nights(request)} & set(names()))
    there = {column.name for name in surveys for column in get_survey(name).columns} | set(CORE)
    for column in archive.columns:
        if surveys and column not in there:
            yield f"archive.columns: {column!r} is no column of alerts of {', '.join(surveys)}"


ARCHIVE = Domain(
    name="archive",
    keys=(
        Key(
            "archive",
            Archive | None,
            "cone indexes of all nights, and a MongoDB if one is named; if absent, searches look "
            "through the tables",
            section=Archive,
        ),
    ),
    active=lambda request: bool(_targets(request)),
    targets=_targets,
    work=_work,
    shard_files=(RECEIPT,),
    checks=(_known_columns, mongo.wrong, stores.wrong, matchfiles.wrong),
    ready=dict.fromkeys(("ingest", "ingest_matchfile", "ingest_catalog"), mongo.unready),
)
