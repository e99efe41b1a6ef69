"""What products must know of an event and of its scan, whoever scanned it."""

from typing import Protocol

from pipeline.events.event import Seed
from pipeline.sky.nsides import Level


class Heading(Protocol):
    """Which event; `pipeline.events.event.Event` is one."""

    @property
    def run_id(self) -> int:
        """IceCube's number of the run."""
        ...

    @property
    def event_id(self) -> int:
        """IceCube's number of the event."""
        ...

    @property
    def event_type(self) -> str:
        """What sent it."""
        ...

    @property
    def mjd(self) -> float | None:
        """When, UTC [d]; None where nobody says."""
        ...

    @property
    def is_real(self) -> bool:
        """Whether it is real data rather than simulation."""
        ...

    @property
    def seed(self) -> Seed | None:
        """Where a scan of ours starts; None where others scanned."""
        ...


class Subject(Protocol):
    """An event, and how it was scanned; `pipeline.skymaps.scan.rounds.Scan` is one."""

    @property
    def event(self) -> Heading:
        """Which event."""
        ...

    @property
    def reco(self) -> str:
        """What fitted the pixels."""
        ...

    @property
    def levels(self) -> tuple[Level, ...]:
        """The resolutions."""
        ...

    @property
    def pointed(self) -> bool:
        """Whether only a part of the sky was scanned."""
        ...

    @property
    def scanned(self) -> str:
        """What of the sky was scanned and how finely, in words (ASCII)."""
        ...

    @property
    def ours(self) -> bool:
        """Whether it was scanned here, so that a calibration could hold for it."""
        ...

    @property
    def caution(self) -> str:
        """What whoever uses the products must know first, in words (ASCII); mostly empty."""
        ...
