"""The keys of section ``archive`` that are about a MongoDB, and what comes of them."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from pipeline.alerts.domain import night_name, nights, packets_of
from pipeline.archive.need import ingest_need
from pipeline.archive.places import RECEIPT
from pipeline.contract import paths
from pipeline.contract.request import Request
from pipeline.contract.section import FilePath, Section, of_survey
from pipeline.contract.work import Expected, Work, named

Part = Annotated[str, Field(pattern=r"^-?[^$\s:-][^\s:]*(:2dsphere|:hashed)?$")]
"""A field's path: ascending, ``-path`` descending, ``path:2dsphere``."""
Keys = Annotated[list[Part], Field(min_length=1)]


class Indexes(Section):
    """What the collections of a survey are sorted by, beside ``_id``."""

    alerts: list[Keys] = Field(
        [
            ["coordinates.radec_geojson:2dsphere", "_id"],
            ["objectId"],
            ["candidate.jd"],
        ],
        description="of <SURVEY>_alerts: paths, -path for descending, path:2dsphere",
    )
    alerts_aux: list[Keys] = Field([], description="of <SURVEY>_alerts_aux")


class MongoKeys(Section):
    """Where the alerts go as documents."""

    uri: str | None = Field(
        None,
        description="a MongoDB (5.2 or later) that all alerts go to, mongodb://host:port; "
        "credentials do not stand here",
    )
    database: str = Field("nightmill", pattern=r"^[A-Za-z0-9_-]{1,63}$", description="its database")
    credentials: FilePath | None = Field(
        None,
        description="a file of mode 600 with lines username=… and password=…; if absent "
        "MONGODB_USERNAME and MONGODB_PASSWORD count",
    )
    indexes: Indexes = Field(Indexes(), description="what its collections are sorted by")  # type: ignore[call-arg]
    stamps: bool = Field(False, description="whether documents have the stamps, 50 kB an alert")
    connections: int = Field(4, ge=1, description="jobs that write to it at once, at most")

    def target(self) -> dict[str, Any]:
        """Return what jobs need to know of it, as plain values."""
        indexes = self.indexes.model_dump()
        return {
            "uri": self.uri,
            "database": self.database,
            "credentials": self.credentials,
            "indexes": {
                name: [list(map(_part, k)) for k in keys] for name, keys in indexes.items()
            },
        }


def _part(text: str) -> tuple[str, int | str]:
    """Return a field's path and how it is sorted, as MongoDB names it.

    >>> _part("objectId"), _part("-candidate.jd"), _part("a.b:2dsphere")
    (('objectId', 1), ('candidate.jd', -1), ('a.b', '2dsphere'))
    """
    path, _, kind = text.removeprefix("-").partition(":")
    return path, kind or (-1 if text.startswith("-") else 1)


def wanted(request: Request) -> bool:
    """Return whether a configuration has a MongoDB."""
    return request.config.archive is not None and request.config.archive.uri is not None


def receipts(request: Request) -> list[str]:
    """Return the receipts of all shards."""
    return paths.of_shards(RECEIPT, nights(request)) if wanted(request) else []


def joined(request: Request, survey: str) -> list[str]:
    """Return the tables whose rows go into the documents of a survey."""
    found = []
    if of_survey(request.config.models, survey):
        found.append("scores")
    if of_survey(request.config.catalogs, survey):
        found.append("matches")
    return found


def work(request: Request, expected: Expected) -> Iterator[Work]:
    """Yield what writing to it takes."""
    for night in nights(request) if wanted(request) else ():
        of = night_name(night)
        before = {"scores": "score", "matches": "match"}
        after = [named(before[table], of) for table in joined(request, night.survey)]
        need = ingest_need(packets_of(night, expected), night.shards)
        yield Work("ingest", of, night.shards, need, after=(named("index", of), *after))


def wrong(request: Request) -> Iterator[str]:
    """Yield what is wrong with its address."""
    from pipeline.services.mongo_uri import wrong_uri  # noqa: PLC0415 - where it is used

    if wanted(request) and (why := wrong_uri(request.config.archive.uri)):
        yield f"archive.uri: {why}"


def unready(request: Request) -> Iterator[str]:
    """Yield why nothing can be written to it now."""
    from pipeline.services.mongo_errors import ServiceError  # noqa: PLC0415 - imports pymongo
    from pipeline.services.mongodb import Server, ping  # noqa: PLC0415

    archive = request.config.archive
    if not wanted(request):
        return
    try:
        ping(Server(archive.uri, archive.database, archive.credentials))
    except ServiceError as error:
        yield f"archive: {error}"
