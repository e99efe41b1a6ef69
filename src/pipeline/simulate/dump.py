"""What a survey's simulation gives to who writes its packets."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

FORMATS = ("folder", "container", "tarball")


class Packet(Protocol):
    """One packet of any survey."""

    @property
    def defect(self) -> str | None:
        """What is wrong with it."""

    @property
    def file_name(self) -> str:
        """Name of a file that holds this packet only."""

    def encoded(self, nullable_candid: bool) -> bytes:
        """Return its record, encoded and whole."""

    def file_bytes(self) -> bytes:
        """Return it as a file of its own."""

    def cut_generator(self) -> np.random.Generator:
        """Return the random numbers that say where it is cut."""


class Tables(Protocol):
    """Takes what is true of each packet."""

    def add(self, packet: Any) -> None:
        """Add a packet's truth."""


@dataclass(frozen=True)
class Simulation:
    """A survey's night.

    Attributes
    ----------
    packets : iterator
        Endless.
    open_tables : callable
        Opens the tables beside the packets in a folder.
    header : bytes
        Of an AVRO container of its packets.
    nullable_candid : bool
        Whether that schema lets the candid be null.
    container : str
        Name of a container, without suffix.
    container_bytes : int or None
        A container that has grown to so many is followed by another; None: there is one.
    tarball : str or None
        Name of a tarball; None where the survey has none.
    """

    packets: Iterator[Packet]
    open_tables: Callable[[Path], AbstractContextManager[Tables]]
    header: bytes
    nullable_candid: bool
    container: str
    container_bytes: int | None
    tarball: str | None

    @property
    def formats(self) -> tuple[str, ...]:
        """Return the forms in which its packets come."""
        return FORMATS if self.tarball else FORMATS[:-1]
