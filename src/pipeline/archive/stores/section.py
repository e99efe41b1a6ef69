"""The key of section ``archive`` that sends catalogues to the MongoDB, and what comes of it."""

from collections.abc import Iterator

from pydantic import Field

from pipeline.alerts.domain import nights
from pipeline.alerts.surveys.registry import names as surveys
from pipeline.archive.places import CATALOG_RECEIPT, collection_name
from pipeline.contract.costs import need_of
from pipeline.contract.need import Need, total_mb
from pipeline.contract.request import Request
from pipeline.contract.section import Section
from pipeline.contract.work import Work, named


class CatalogKeys(Section):
    """Which catalogues go where the alerts go."""

    catalogs: list[str] = Field(
        [], description="of the section catalogs: those that go to the MongoDB too"
    )


def chosen(request: Request) -> list[str]:
    """Return the catalogues that go to the MongoDB."""
    archive = request.config.archive
    return [] if archive is None or archive.uri is None else list(archive.catalogs)


def targets(request: Request) -> list[str]:
    """Return their receipts."""
    return [CATALOG_RECEIPT.format(catalog=name) for name in chosen(request)]


def need(request: Request, name: str) -> Need:
    """Return what writing a catalogue needs."""
    path = request.config.catalogs[name].path
    return need_of("ingest_catalog", {"MB": total_mb([path]) if path else 0.0})


def work(request: Request) -> Iterator[Work]:
    """Yield what this takes."""
    for name in chosen(request):
        after = (named("sort_catalog", name),)
        yield Work("ingest_catalog", name, 1, need(request, name), after=after, once=True)


def wrong(request: Request) -> Iterator[str]:
    """Yield what is wrong with their names."""
    archive = request.config.archive
    asked = [] if archive is None else archive.catalogs
    if asked and archive.uri is None:
        yield "archive.catalogs: there is no archive.uri, a MongoDB that they could go to"
    taken = {f"{collection_name(s)}{end}" for s in surveys() for end in ("", "_aux")}
    here = {night.survey for night in nights(request)}
    for name in asked:
        entry = request.config.catalogs.get(name)
        if entry is None:
            yield f"archive.catalogs: {name!r} is not in the section catalogs"
        elif not here & set(entry.surveys):
            yield f"archive.catalogs: {name!r}: no night's survey is matched with it"
        elif name in taken | {"ZTF_sources", "ZTF_exposures"}:
            yield f"archive.catalogs: {name!r} is the name of another collection"
    if len(set(asked)) < len(asked):
        yield "archive.catalogs: names a catalogue twice"
