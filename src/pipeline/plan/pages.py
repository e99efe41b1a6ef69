"""The morning page's parts: what the domains bring to it, in the order of their parts."""

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.contract.page import Page
from pipeline.contract.provenance import source_hash
from pipeline.contract.request import Request
from pipeline.plan.domains import DOMAINS, Config
from pipeline.report.origin import differences
from pipeline.report.parts import SEPARATOR

GATHERED = ("facts", "ranking", "about")
SHOWN = ("section",)


def pages(request: Request) -> list[tuple[str, Page]]:
    """Return the parts of the domains that a configuration uses, in the page's order."""
    found = [(d.name, d.page) for d in DOMAINS if d.page is not None and d.active(request)]
    return sorted(found, key=lambda pair: pair[1].order)


def tables_of_page(request: Request, survey: str, night: str) -> dict[str, list[str]]:
    """Return what is read of a night once, by the names of a job's inputs."""
    return _named((name, page.tables(request, survey, night)) for name, page in pages(request))


def files_of_page(request: Request, survey: str, night: str) -> dict[str, list[str]]:
    """Return what a page reads beside that, by the names of a job's inputs."""
    return _named((name, page.files(request, survey, night)) for name, page in pages(request))


def files_of_index(request: Request) -> dict[str, list[str]]:
    """Return what the index reads beside the pages, by the names of a job's inputs."""
    return _named((name, page.files(request, "", "")) for name, page in _of_all(request))


def parts_to_gather(request: Request, survey: str) -> list[dict[str, Any]]:
    """Return the values of each `pipeline.report.parts.Part` that reads a night."""
    parts = (_part(request, survey, *pair, GATHERED) for pair in pages(request))
    # settings of those that read nothing would rerun it
    return [part for part in parts if part["makers"]]


def parts_to_show(request: Request, survey: str) -> list[dict[str, Any]]:
    """Return the values of each `pipeline.report.parts.Part` of a page."""
    return [_part(request, survey, *pair, SHOWN) for pair in pages(request)]


def parts_of_index(request: Request) -> list[dict[str, Any]]:
    """Return the values of each `pipeline.report.parts.Part` of the index."""
    return [_part(request, "", *pair, SHOWN) for pair in _of_all(request)]


def code_of_parts(parts: Iterable[dict[str, Any]]) -> str:
    """Return what identifies the code of some parts' makers."""
    return source_hash(*(maker for part in parts for maker in part["makers"].values()))


def configuration(request: Request) -> dict[str, str]:
    """Return what differs from the defaults, by the path of its key.

    Of the domains that are on the page: a setting of others does not change it.
    """
    names = [name for name, _ in pages(request)] + ["report"]
    keys = {key.name for domain in DOMAINS if domain.name in names for key in domain.keys}
    values = request.config.model_dump(mode="json", include=keys)
    return dict(differences(values, Config().model_dump(mode="json", include=keys)))


def _of_all(request: Request) -> list[tuple[str, Page]]:
    return [(name, page) for name, page in pages(request) if page.of_all]


def _part(
    request: Request, survey: str, name: str, page: Page, kinds: tuple[str, ...]
) -> dict[str, Any]:
    makers = {kind: getattr(page, kind) for kind in kinds if getattr(page, kind)}
    part = {"name": name, "makers": makers, "settings": dict(page.settings(request, survey))}
    return part | {"title": page.title} if kinds == SHOWN else part


def _named(parts: Iterator[tuple[str, Any]]) -> dict[str, list[str]]:
    return {
        f"{name}{SEPARATOR}{key}": list(files)
        for name, found in parts
        for key, files in found.items()
    }
