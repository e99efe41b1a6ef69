"""Section ``report``: the morning page of each night, and the index over all of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.alerts.domain import Night, night_name, nights, packets_of
from pipeline.contract import paths
from pipeline.contract.domain import Domain, Key
from pipeline.contract.request import Request
from pipeline.contract.section import Section
from pipeline.contract.work import Expected, Work, named
from pipeline.events.domain import events
from pipeline.report.need import gather_need, index_need, page_need

FOLDER = f"{paths.RESULTS}/report"
FACTS = f"{FOLDER}/data/{paths.NIGHT}.facts.json"
OBJECTS = f"{FOLDER}/data/{paths.NIGHT}.objects.json"
PAGE = f"{FOLDER}/{paths.NIGHT}.html"
NUMBERS = f"{FOLDER}/{paths.NIGHT}.json"
INDEX = f"{FOLDER}/index.html"
MOST_EARLIER = 30
"""Nights that one is compared with."""


class Report(Section):
    """What the page shows."""

    objects: int = Field(
        default=100, ge=0, le=300, description="objects with stamps and light curves, at most"
    )


def section_of(request: Request) -> Report | None:
    """Return the section; None where the page is switched off."""
    found: Report | Literal[False] = request.config.report
    return found or None


def earlier(request: Request, survey: str, night: str) -> list[str]:
    """Return the facts of the nights that one is compared with, newest first.

    Names of nights are dates: lines of ``alerts.tsv`` may stand in any order.
    """
    names = sorted(n.night for n in nights(request) if n.survey == survey and n.night < night)
    newest = names[: -MOST_EARLIER - 1 : -1]
    return [FACTS.format(survey=survey, night=name) for name in newest]


def of_nights(request: Request, pattern: str) -> list[str]:
    """Return the files of a pattern for all nights."""
    return [pattern.format(survey=n.survey, night=n.night) for n in nights(request)]


def _active(request: Request) -> bool:
    return section_of(request) is not None and bool(nights(request) or events(request))


def _targets(request: Request) -> list[str]:
    return [*of_nights(request, PAGE), INDEX] if _active(request) else []


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    section = section_of(request)
    if section is None or not _active(request):
        return
    rules = ("scan", "relabel")  # the second where contours are calibrated
    scans = tuple(named(rule, row.event) for row in events(request) for rule in rules)
    rows = nights(request)
    for night in rows:
        of, number = night_name(night), packets_of(night, expected)
        before = ("decode", "summary", "score", "match", "summarise_filters")
        need = gather_need(number, section.objects)
        yield Work("gather_night", of, 1, need, tuple(named(rule, of) for rule in before))
        after = (named("gather_night", of), *scans, *_facts_of(request, night))
        yield Work("report_night", of, 1, page_need(section.objects), after)
    pages = tuple(named("report_night", night_name(night)) for night in rows)
    yield Work("report_index", "", 1, index_need(len(rows)), (*pages, *scans))


def _facts_of(request: Request, night: Night) -> list[str]:
    of = {
        FACTS.format(survey=n.survey, night=n.night): night_name(n)
        for n in nights(request)
        if n.survey == night.survey
    }
    return [named("gather_night", of[f]) for f in earlier(request, night.survey, night.night)]


def _found(directory: Path) -> Iterator[str]:
    index = directory / INDEX
    pages = sorted(directory.glob(PAGE.format(survey="*", night="*")))
    for page in pages:
        yield f"page of {page.parent.name} {page.stem}: {page}"
    if index.is_file():
        yield f"all nights and events: {index}"


REPORT = Domain(
    name="report",
    keys=(
        Key(
            "report",
            Report | Literal[False],
            "a page for each night, and an index over all; false switches it off",
            default=Report(),
            section=Report,
        ),
    ),
    active=_active,
    targets=_targets,
    work=_work,
    found=_found,
)
