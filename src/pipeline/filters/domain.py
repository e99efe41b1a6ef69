"""Section ``filters``: whose filters run on which alerts, and what comes of them."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pipeline.alerts.domain import Night, kind_of, night_name, nights, packets_of, shards_of
from pipeline.alerts.surveys.registry import names
from pipeline.contract import paths
from pipeline.contract.costs import need_of
from pipeline.contract.domain import Domain, Key, Table
from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.section import FilePath, Section, of_survey
from pipeline.contract.work import Expected, Work, named
from pipeline.filters.filter_file import FilterFileError, StoredFilter, read_folder
from pipeline.filters.history.chosen import Before, before, months_of, stores
from pipeline.filters.history.work import store_work
from pipeline.filters.need import filter_need, payloads_need, summary_need

COUNTS = paths.shard_file("filter_counts", "json")
SUMMARY = f"{paths.RESULTS}/filters/{paths.NIGHT}.json"


PAYLOADS = paths.shard_file("payloads", "jsonl")
RECEIPT = paths.shard_file("posted", "json")


class SkyPortal(Section):
    """Whom candidates are told to."""

    url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#@\s]+/?$",
        description="of the server; if absent the requests are files alone",
    )
    token_file: FilePath | None = Field(
        None, description="of mode 600, where SKYPORTAL_TOKEN is not in the environment"
    )
    instrument_id: int = Field(1, description="SkyPortal's number of the instrument")
    stream_ids: dict[int, list[int]] = Field(
        {1: [1], 2: [2], 3: [3]}, description="SkyPortal's numbers of the streams by programid"
    )


class Filters(Section):
    """Where filters are."""

    path: FilePath = Field("config/filters", description="folder of filters, one YAML each")
    history: Literal["packet", "nights"] = Field(
        "packet",
        description="earlier measurements that filters see: those in the alert's packet, or those "
        "of the object's packets of earlier nights too, up to 365 days",
    )
    skyportal: SkyPortal | None = Field(
        None, description="candidates as requests to SkyPortal; if absent there are none"
    )


def stored(request: Request) -> list[StoredFilter]:
    """Return all filters of the folder.

    Raises
    ------
    pipeline.filters.filter_file.FilterFileError
        If one is wrong.
    """
    section = request.config.filters
    if section is None:
        return []
    folder = Path(section.path)
    state = tuple(
        (p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.glob("*"))
    )
    return list(_read(folder, state))


@lru_cache(maxsize=8)
def _read(folder: Path, state: object) -> tuple[StoredFilter, ...]:
    return tuple(read_folder(folder))


def active(request: Request, survey: str) -> list[StoredFilter]:
    """Return the filters that are run on a survey's alerts; none where a file is wrong."""
    try:
        return [one for one in stored(request) if one.active and one.filter.survey == survey]
    except FilterFileError:
        return []  # told by the checks, before any job


def files(request: Request, survey: str) -> list[str]:
    """Return the files of the filters that are run on a survey's alerts."""
    return sorted({str(one.file) for one in active(request, survey)})


def catalogs(request: Request, survey: str) -> dict[str, list[str]]:
    """Return the catalogues that a survey's alerts are matched with, and their columns."""
    return {
        name: list(entry.columns)
        for name, entry in of_survey(request.config.catalogs, survey).items()
    }


def joined(request: Request, survey: str) -> dict[str, str]:
    """Return the tables that are joined to a survey's documents, by name."""
    there = {"scores": request.config.models, "matches": request.config.catalogs}
    return {
        name: paths.table(name) for name, entries in there.items() if of_survey(entries, survey)
    }


def _nights(request: Request) -> list[Night]:
    return [night for night in nights(request) if active(request, night.survey)]


def server(request: Request, survey: str) -> dict[str, Any] | None:
    """Return the MongoDB that runs what cannot be translated, if there is one to be asked."""
    archive = request.config.archive
    if archive is None or archive.uri is None:
        return None
    if not any(one.filter.pipeline for one in active(request, survey)):
        return None
    return {name: getattr(archive, name) for name in ("uri", "database", "credentials")}


def _unready(request: Request) -> Iterator[str]:
    from pipeline.filters.unready import unready  # noqa: PLC0415 - imports pymongo

    for survey in sorted({night.survey for night in nights(request)}):
        if to := server(request, survey):
            yield from unready(to, [one.filter for one in active(request, survey)])


def earlier(request: Request, survey: str, night: str) -> list[str]:
    """Return the summaries of a survey's nights that come before one, by their names.

    Names of nights are dates: lines of ``alerts.tsv`` may stand in any order.
    """
    names = sorted(n.night for n in _nights(request) if n.survey == survey and n.night < night)
    return [SUMMARY.format(survey=survey, night=name) for name in names]


def nights_before(request: Request, night: Night) -> Before | None:
    """Return the earlier nights whose histories a night's filters see; None if they see none."""
    section = request.config.filters
    if section is None or section.history == "packet":
        return None
    return before([n for n in _nights(request) if n.survey == night.survey], night)


def histories(request: Request, night: Night, shard: int) -> list[str] | None:
    """Return the stores of earlier nights that a shard's filters see; None if they see none."""
    found = nights_before(request, night)
    return None if found is None else stores(found, night.survey, (shard, night.shards))


def nights_of_months(request: Request, survey: str) -> dict[str, list[Night]]:
    """Return the months that have several of a survey's nights, and these."""
    return months_of(night for night in _nights(request) if night.survey == survey)


def skyportal(request: Request) -> SkyPortal | None:
    """Return whom candidates are told to, if anybody."""
    found: SkyPortal | None = request.config.filters and request.config.filters.skyportal
    return found


def _targets(request: Request) -> list[str]:
    chosen = _nights(request)
    summaries = [SUMMARY.format(survey=n.survey, night=n.night) for n in chosen]
    told = skyportal(request)
    if told is None:
        return summaries
    return summaries + paths.of_shards(PAYLOADS if told.url is None else RECEIPT, chosen)


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    section = request.config.filters
    if section is not None and section.history == "nights":
        yield from store_work(_nights(request), expected)
    rules = {"scores": "score", "matches": "match"}
    for night in _nights(request):
        of, number = night_name(night), packets_of(night, expected)
        filters = len(active(request, night.survey))
        seen = nights_before(request, night)
        count = None if seen is None else seen.stores
        job = filter_need(number, night.shards, filters, kind_of(night, expected), count)
        with_ = [named(rules[name], of) for name in joined(request, night.survey)]
        if seen is not None:
            with_ += [named("merge_histories", f"{night.survey}/{m}") for m in seen.months]
            with_ += [named("keep_histories", night_name(other)) for other in seen.nights]
        yield Work("filter", of, night.shards, job, after=(named("index", of), *with_))
        need, after = summary_need(night.shards), (named("filter", of),)
        yield Work("summarise_filters", of, 1, need, after=after)
        told = skyportal(request)
        if told is not None:
            job = payloads_need(number, night.shards, kind_of(night, expected))
            yield Work("write_payloads", of, night.shards, job, after=after)
            if told.url is not None:
                after = (named("write_payloads", of),)
                yield Work("post_payloads", of, night.shards, need_of("post_payloads", {}), after)


def _kept(request: Request) -> Iterator[tuple[str, set[str]]]:
    """Yield what no filter, or no SkyPortal, is there for any more: none of it is kept.

    Receipts are: what they say has been told.
    """
    run = {(night.survey, night.night) for night in _nights(request)}
    for night in nights(request):
        stale = [] if skyportal(request) else [PAYLOADS]
        if (night.survey, night.night) not in run:
            stale = [COUNTS, PAYLOADS, SUMMARY]
        for pattern in stale:
            name = {"survey": night.survey, "night": night.night, "shard": paths.NUMBER}
            yield pattern.format(**name), set()


def _token(request: Request) -> Iterator[str]:
    from pipeline.filters.post import PostError, read_token  # noqa: PLC0415 - for its check alone

    told = skyportal(request)
    if told is not None and told.url is not None:
        try:
            read_token(told.token_file)
        except PostError as error:
            yield f"filters.skyportal: {error}"


def _readable(request: Request) -> Iterator[str]:
    try:
        stored(request)
    except FilterFileError as error:
        yield f"filters.path: {error}"


def _known_surveys(request: Request) -> Iterator[str]:
    try:
        found = stored(request)
    except FilterFileError:
        return
    for one in found:
        if one.filter.survey not in names():
            known = ", ".join(sorted(names()))
            yield f"{one.where}: survey: {one.filter.survey!r} is none of {known}"


def _allowed(request: Request) -> Iterator[str]:
    from pipeline.filters.check import wrong_with  # noqa: PLC0415 - imports DuckDB and BSON

    try:
        found = stored(request)
    except FilterFileError:
        return
    archive = request.config.archive
    mongodb = archive is not None and archive.uri is not None
    for one in found:
        for line in wrong_with(one.filter, mongodb):
            yield f"{one.where}: {line}"


def _bound(request: Request) -> Iterator[str]:
    """Tell of columns that no view has: of filters that are run, as others need no tables."""
    surveys = {night.survey for night in nights(request)} & set(names())
    chosen = [one for survey in sorted(surveys) for one in active(request, survey)]
    for one in (one for one in chosen if one.filter.sql):
        from pipeline.alerts.surveys.registry import get_survey  # noqa: PLC0415 - reads columns
        from pipeline.filters.bound import unbound, view_schemas  # noqa: PLC0415 - imports DuckDB
        from pipeline.filters.check import wrong_with  # noqa: PLC0415

        if any(wrong_with(one.filter)):
            continue  # told already
        survey = one.filter.survey
        models = of_survey(request.config.models, survey)
        schemas = view_schemas(get_survey(survey), models, catalogs(request, survey))
        if said := unbound(one.filter.sql, schemas):
            yield f"{one.where}: sql: {said}"


def _found(directory: Path) -> Iterator[str]:
    from pipeline.filters.found_lines import filter_lines  # noqa: PLC0415 - for the cli alone

    return filter_lines(directory)


def _made(request: Request, survey: str) -> bool:
    return bool(active(request, survey))


_MADE = "a filter in config/filters is of the survey"


def _page_tables(request: Request, survey: str, night: str) -> dict[str, list[str]]:
    if not active(request, survey):
        return {"candidates": [], "summary": []}
    return {
        "candidates": shards_of(request, paths.table("candidates"), survey, night),
        "summary": [SUMMARY.format(survey=survey, night=night)],
    }


def _page_settings(request: Request, survey: str) -> dict[str, list[str]]:
    return {"filters": [one.filter.name for one in active(request, survey)]}


FILTERS = Domain(
    name="filters",
    keys=(
        Key(
            "filters",
            Filters | None,
            "users' filters on alerts; if absent none runs",
            section=Filters,
        ),
    ),
    active=lambda request: bool(_nights(request)),
    tables=(
        Table(
            "candidates",
            "alert and filter that it passed",
            ("survey", "candid", "filter"),
            "pipeline.filters.tables:CANDIDATES_SCHEMA",
            made=_MADE,
            made_for=_made,
            asked=False,
        ),
        Table(
            "verdicts",
            "alert and filter",
            ("survey", "candid", "filter"),
            "pipeline.filters.tables:VERDICTS_SCHEMA",
            made=_MADE,
            made_for=_made,
            asked=False,
        ),
    ),
    shard_files=(COUNTS, PAYLOADS, RECEIPT),
    kept=_kept,
    targets=_targets,
    work=_work,
    checks=(_readable, _known_surveys, _allowed, _bound, _token),
    ready={"filter": _unready},
    found=_found,
    page=Page(
        title="Filters",
        order=35,
        section="pipeline.filters.page:section",
        facts="pipeline.filters.page:facts",
        ranking="pipeline.filters.page:ranking",
        about="pipeline.filters.page:about",
        tables=_page_tables,
        settings=_page_settings,
    ),
)
