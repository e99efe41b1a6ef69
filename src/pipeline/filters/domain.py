"""Section ``filters``: whose filters run on which alerts, and what comes of them."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.alerts.domain import Night, kind_of, night_name, nights, packets_of, shards_of
from pipeline.contract import paths
from pipeline.contract.costs import need_of
from pipeline.contract.domain import Domain, Key, Table
from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.trial import Trials
from pipeline.contract.work import Expected, Work, named
from pipeline.filters.checks import CHECKS, unready_server, unready_skyportal
from pipeline.filters.configured import Filters, active, joined, nights_run, skyportal
from pipeline.filters.history.chosen import Before, before, months_of, stores
from pipeline.filters.history.work import store_work
from pipeline.filters.need import filter_need, payloads_need, summary_need

COUNTS = paths.shard_file("filter_counts", "json")
SUMMARY = f"{paths.RESULTS}/filters/{paths.NIGHT}.json"


PAYLOADS = paths.shard_file("payloads", "jsonl")
RECEIPT = paths.shard_file("posted", "json")


def earlier(request: Request, survey: str, night: str) -> list[str]:
    """Return the summaries of a survey's nights that come before one, by their names.

    Names of nights are dates: lines of ``alerts.tsv`` may stand in any order.
    """
    names = sorted(n.night for n in nights_run(request) if n.survey == survey and n.night < night)
    return [SUMMARY.format(survey=survey, night=name) for name in names]


def nights_before(request: Request, night: Night) -> Before | None:
    """Return the earlier nights whose histories a night's filters see; None if they see none."""
    section = request.config.filters
    if section is None or section.history == "packet":
        return None
    return before([n for n in nights_run(request) if n.survey == night.survey], night)


def histories(request: Request, night: Night, shard: int) -> list[str] | None:
    """Return the stores of earlier nights that a shard's filters see; None if they see none."""
    found = nights_before(request, night)
    return None if found is None else stores(found, night.survey, (shard, night.shards))


def nights_of_months(request: Request, survey: str) -> dict[str, list[Night]]:
    """Return the months that have several of a survey's nights, and these."""
    return months_of(night for night in nights_run(request) if night.survey == survey)


def _targets(request: Request) -> list[str]:
    chosen = nights_run(request)
    summaries = [SUMMARY.format(survey=n.survey, night=n.night) for n in chosen]
    told = skyportal(request)
    if told is None:
        return summaries
    return summaries + paths.of_shards(PAYLOADS if told.url is None else RECEIPT, chosen)


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    section = request.config.filters
    if section is not None and section.history == "nights":
        yield from store_work(nights_run(request), expected)
    rules = {"scores": "score", "matches": "match"}
    for night in nights_run(request):
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
    run = {(night.survey, night.night) for night in nights_run(request)}
    for night in nights(request):
        stale = [] if skyportal(request) else [PAYLOADS]
        if (night.survey, night.night) not in run:
            stale = [COUNTS, PAYLOADS, SUMMARY]
        for pattern in stale:
            name = {"survey": night.survey, "night": night.night, "shard": paths.NUMBER}
            yield pattern.format(**name), set()


def _found(directory: Path) -> Iterator[str]:
    from pipeline.filters.found_lines import filter_lines  # noqa: PLC0415 - for the cli alone

    return filter_lines(directory)


def _trials(request: Request) -> Trials:
    from pipeline.filters.trials import trials  # noqa: PLC0415 - for the cli alone

    return trials(request)


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
    active=lambda request: bool(nights_run(request)),
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
    checks=CHECKS,
    ready={"filter": unready_server, "post_payloads": unready_skyportal},
    trials=_trials,
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
