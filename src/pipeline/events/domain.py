"""Neutrino events: ``events.tsv``, one line an event to scan."""

from pydantic import Field, field_validator

from pipeline.contract.address import InputPath
from pipeline.contract.domain import Domain, Key, Lines
from pipeline.contract.request import Request
from pipeline.contract.section import FilePath, Section
from pipeline.sky.nsides import parse_nsides

EVENT_NAME = r"^[A-Za-z0-9][A-Za-z0-9_+-]*$"


class EventRow(Section):
    """An event file, and how to scan it where that differs from the section ``skymaps``."""

    event: str = Field(
        pattern=EVENT_NAME,
        max_length=100,
        description="name of the event: its folder",
    )
    path: InputPath = Field(
        description="realtime JSON or pickle, nightmill-event, or a result of Skymap Scanner; or "
        "an http(s) address"
    )
    reco: str | None = Field(None, description="reconstruction of a pixel")
    nsides: str | None = Field(None, description="progression, nside:extension, ascending")
    chunks: int | None = Field(
        None, ge=1, le=1000, description="jobs each round of the scan fans out into"
    )

    @field_validator("nsides")
    @classmethod
    def _progression(cls, value: str | None) -> str | None:
        if value is not None:
            parse_nsides(value)
        return value


def events(request: Request) -> tuple[EventRow, ...]:
    """Return the lines of ``events.tsv``."""
    return request.of("events")


EVENTS = Domain(
    name="events",
    keys=(
        Key("events", FilePath | None, "TSV of neutrino events: event, path, reco, nsides, chunks"),
    ),
    lines=(Lines("events", EventRow, ("event",)),),
    active=lambda request: bool(events(request)),
)
