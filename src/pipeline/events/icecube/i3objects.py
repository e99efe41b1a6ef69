"""Small objects in IceTray frames: event header, particles (fits), positions, numbers.

Layouts from IceTray's open source (BSD-2-Clause): `I3EventHeader.cxx` version 3,
`I3Particle.cxx` version 5, `I3Position`, `I3PODHolder`.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


class Reader:
    """Reads the content of one frame object from its start.

    Parameters
    ----------
    content : bytes
        The object.
    kind : str
        The class it must be, for example ``"I3Particle"``.
    version : int
        The version of that class it must have.

    Raises
    ------
    ValueError
        If it is something else. All methods raise it at the end of the content.
    """

    def __init__(self, content: bytes, kind: str, version: int) -> None:
        self._content, self._position, self._kind = content, 4, kind
        name = self.string()
        found = self.number("xB")
        if name != kind or found != version:
            raise ValueError(f"{name} of version {found}, expected {kind} of version {version}")
        self.skip(10)  # class info of I3FrameObject, which all derive from

    def bytes(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        end = self._position + count
        if end > len(self._content):
            raise ValueError(f"{self._kind}: cut short")
        self._position, start = end, self._position
        return self._content[start:end]

    def skip(self, count: int) -> None:
        """Pass over `count` bytes."""
        self.bytes(count)

    def numbers(self, code: str) -> tuple[Any, ...]:
        """Return the next numbers, as `struct` codes them, little-endian."""
        return struct.unpack("<" + code, self.bytes(struct.calcsize("<" + code)))

    def number(self, code: str) -> int:
        """Return the next number."""
        return self.numbers(code)[0]

    def string(self) -> str:
        """Return the next string."""
        text = self.bytes(self.number("I"))
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"{self._kind}: a text in it is no UTF-8") from error


@dataclass(frozen=True)
class Header:
    """Which event it is, and when it began: UTC as MJD [d]."""

    run_id: int
    event_id: int
    mjd: float


@dataclass(frozen=True)
class Particle:
    """A fit: vertex [m, ns], whence the particle came [rad]; status 0 is a good fit."""

    status: int
    x: float
    y: float
    z: float
    time: float
    zenith: float
    azimuth: float


def decode_header(content: bytes) -> Header:
    """Decode an I3EventHeader.

    The times in it are a year and a count of 0.1 ns since it began. Leap seconds count, but
    none has been inserted in the middle of a year since IceCube's completion but in 2012 and
    2015, where times after 30 June are 1 s late (4e-3 degrees in right ascension).
    """
    reader = Reader(content, "I3EventHeader", version=3)
    run_id, _, event_id, _, _ = reader.numbers("IIIII")
    reader.string()
    reader.skip(10)
    year, tenths = reader.numbers("iq")
    new_year = (datetime(year, 1, 1, tzinfo=UTC) - datetime(1858, 11, 17, tzinfo=UTC)).days
    return Header(run_id, event_id, new_year + tenths / 10e9 / 86400)


def decode_particle(content: bytes) -> Particle:
    """Decode an I3Particle."""
    reader = Reader(content, "I3Particle", version=5)
    _, _, _, _, status = reader.numbers("iQiii")
    reader.skip(10)
    x, y, z = reader.numbers("ddd")
    reader.skip(10)
    zenith, azimuth, time = reader.numbers("ddd")
    return Particle(status, x, y, z, time, zenith, azimuth)


def decode_position(content: bytes) -> tuple[float, float, float]:
    """Decode an I3Position [m]."""
    return Reader(content, "I3Position", version=0).numbers("ddd")


def decode_double(content: bytes) -> float:
    """Decode an I3Double."""
    return Reader(content, "I3Double", version=0).number("d")


def decode_text(content: bytes) -> str:
    """Decode an I3String."""
    return Reader(content, "I3String", version=0).string()
