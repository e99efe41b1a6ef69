"""Skymaps of anybody's events: ``maps.tsv``, one line a map, and our own events' by name."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pipeline.alerts.domain import shards_of
from pipeline.contract import paths
from pipeline.contract.address import InputPath, addresses
from pipeline.contract.domain import Domain, Key, Lines
from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError, FilePath, Section
from pipeline.contract.trial import Trials
from pipeline.events.domain import EVENT_NAME, events
from pipeline.maps.source import LEVEL, WINDOWS, MapSource, newest
from pipeline.sky.maps.event_time import mjd_of_iso
from pipeline.sky.maps.gaussian import Ellipse, check_ellipse

CONTAINMENT = 0.9
"""Of a radius whose line does not say: that of IceCube's notices."""


def _utc(value: str) -> str:
    if mjd_of_iso(value) is None:
        raise ValueError("expected a time in UTC such as 2024-01-15T08:00:00")
    return value


Utc = Annotated[str, AfterValidator(_utc)]


class MapRow(Section):
    """A map: a file, an error circle, or the map of one of our own events."""

    event: str = Field(
        pattern=EVENT_NAME,
        max_length=100,
        description="name of the event: lines with one name are revisions of its map",
    )
    stream: Literal["gw", "grb", "neutrino"] = Field(description="what kind of event")
    path: InputPath | None = Field(
        None,
        description="FITS with a HEALPix table, or a GCN notice in JSON; or an address",
    )
    ra: float | None = Field(None, description="centre of an error circle, ICRS [deg]")
    dec: float | None = Field(None, ge=-90, le=90, description="centre [deg]")
    radius: float | None = Field(None, gt=0, description="radius [deg]")
    containment: float = Field(
        CONTAINMENT, gt=0, lt=1, description="probability that the radius holds"
    )
    time: Utc | None = Field(None, description="of the event, UTC; overrides the file's")
    known: Utc | None = Field(None, description="when this revision was published, UTC")
    start: float | None = Field(None, description="of the window [d from the event's time]")
    end: float | None = Field(None, description="of the window [d from the event's time]")
    level: float = Field(LEVEL, gt=0, le=1, description="credible level within which alerts count")

    @model_validator(mode="after")
    def _one_map(self) -> Self:
        circle = (self.ra, self.dec, self.radius)
        if None in circle and circle != (None, None, None):
            raise ValueError("ra, dec, radius: an error circle needs all three")
        if self.path is not None and self.radius is not None:
            raise ValueError("path and radius: a map is a file or an error circle, not both")
        if self.radius is not None and self.time is None:
            raise ValueError("time: an error circle has none of its own")
        if self.ellipse is not None:
            check_ellipse(self.ellipse)
        if self.window[0] > self.window[1]:
            raise ValueError(f"start: the window from {self.window[0]} to {self.window[1]} is none")
        return self

    @property
    def ellipse(self) -> Ellipse | None:
        """The error circle, if it is one."""
        if self.ra is None or self.dec is None or self.radius is None:
            return None
        return Ellipse(self.ra, self.dec, self.radius, self.radius, containment=self.containment)

    @property
    def window(self) -> tuple[float, float]:
        """From and to [d]: the line's, or the stream's."""
        start, end = WINDOWS[self.stream]
        return (
            start if self.start is None else self.start,
            end if self.end is None else self.end,
        )

    @property
    def source(self) -> MapSource:
        """The map as jobs take it; that of an own event lies where `skymaps` writes it."""
        path = self.path
        if path is None and self.ellipse is None:
            path = paths.MULTIORDER.format(event=self.event)
        return MapSource(
            self.event,
            self.stream,
            path,
            self.ellipse,
            None if self.time is None else mjd_of_iso(self.time),
            None if self.known is None else mjd_of_iso(self.known),
            self.window,
            self.level,
        )


def maps(request: Request) -> tuple[MapSource, ...]:
    """Return all maps: the lines of ``maps.tsv``, then our own events that it does not name."""
    rows: tuple[MapRow, ...] = request.of("maps")
    named = {row.event for row in rows}
    own = (event.event for event in events(request) if event.event not in named)
    return (
        *(row.source for row in rows),
        *(MapSource(name, "neutrino", paths.MULTIORDER.format(event=name)) for name in own),
    )


def map_named(request: Request, event: str) -> MapSource:
    """Return the newest map of an event.

    Raises
    ------
    ConfigError
        If neither ``maps.tsv`` nor ``events.tsv`` has it.
    """
    found = newest(maps(request))
    if event not in found:
        raise ConfigError(
            f"no map of an event {event!r} in maps.tsv or events.tsv: {there_are(request)}"
        )
    return found[event]


def there_are(request: Request) -> str:
    """Return of which events there are maps, and whether a key would bring more."""
    found = ", ".join(newest(maps(request))) or "there is none"
    if request.config.maps is None:
        found += "; the configuration names no maps.tsv: write `maps: config/maps.tsv`"
    return found


def _own_events(request: Request) -> Iterator[str]:
    """Lines without a map are of our own events."""
    own = {event.event for event in events(request)}
    rows: tuple[MapRow, ...] = request.of("maps")
    for row in rows:
        if row.path is None and row.radius is None and row.event not in own:
            yield (
                f"{request.config.maps}: event {row.event}: neither path nor ra, dec and radius, "
                "and it is no event of events.tsv"
            )


def lines_of(request: Request) -> list[MapSource]:
    """Return the lines with a map of their own: our own events have a part of the page."""
    rows: tuple[MapRow, ...] = request.of("maps")
    return [row.source for row in rows if row.path is not None or row.radius is not None]


def _page_tables(request: Request, survey: str, night: str) -> dict[str, list[str]]:
    files = {source.path for source in lines_of(request) if source.path is not None}
    alerts = shards_of(request, paths.table("alerts"), survey, night)
    return {"alerts": alerts, "files": sorted(files)}


def _page_settings(request: Request, survey: str) -> dict[str, Any]:
    return {"maps": [asdict(source) for source in lines_of(request)]}


def _trials(request: Request) -> Trials:
    from pipeline.maps.trials import trials  # noqa: PLC0415 - for the cli alone

    return trials(request)


MAPS = Domain(
    trials=_trials,
    name="maps",
    keys=(
        Key(
            "maps",
            FilePath | None,
            "TSV of skymaps: event, stream, path or ra, dec, radius, containment, time, known, "
            "start, end, level",
        ),
    ),
    lines=(Lines("maps", MapRow, ("event", "known")),),
    active=lambda request: bool(lines_of(request)),
    rules=False,  # who uses maps reads them
    targets=lambda request: list(map(str, addresses(request.of("maps")))),  # queries do too
    checks=(_own_events,),
    page=Page(
        title="Skymaps of others",
        order=45,
        facts="pipeline.maps.page:facts",
        section="pipeline.maps.page:section",
        tables=_page_tables,
        settings=_page_settings,
    ),
)
