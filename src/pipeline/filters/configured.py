"""Section ``filters``, and which filters it says: who runs, on what, whom candidates are told."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pipeline.alerts.domain import Night, nights
from pipeline.contract import paths
from pipeline.contract.request import Request
from pipeline.contract.section import FilePath, Section, of_survey
from pipeline.filters.filter_file import FilterFileError, StoredFilter, read_folder


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


def nights_run(request: Request) -> list[Night]:
    """Return the nights of whose surveys a filter is run."""
    return [night for night in nights(request) if active(request, night.survey)]


def archive_server(request: Request) -> dict[str, Any] | None:
    """Return the MongoDB of the configuration, if there is one."""
    archive = request.config.archive
    if archive is None or archive.uri is None:
        return None
    return {name: getattr(archive, name) for name in ("uri", "database", "credentials")}


def server(request: Request, survey: str) -> dict[str, Any] | None:
    """Return the MongoDB that runs what cannot be translated, if there is one to be asked."""
    asks = any(one.filter.pipeline for one in active(request, survey))
    return archive_server(request) if asks else None


def skyportal(request: Request) -> SkyPortal | None:
    """Return whom candidates are told to, if anybody."""
    found: SkyPortal | None = request.config.filters and request.config.filters.skyportal
    return found
