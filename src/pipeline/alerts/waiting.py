"""Blocks of AVRO records that wait to be looked into together."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.io.avro_program import Program


@dataclass(frozen=True)
class WriterSchema:
    """A writer's schema: its number in the index, and its programs for boundaries and keys."""

    number: int
    whole: Program
    keys: Program


@dataclass
class WaitingBlocks:
    """Blocks of one schema whose records wait to be looked into.

    Attributes
    ----------
    schema : WriterSchema
    data : list of bytes
        Of each block, up to its last whole record.
    stops : list of (k,) int64
        Bytes behind each record, within its block.
    places : list of (int, int, int, int)
        Of each block: number of its source, number of its first record in there, number of
        the file that holds it, and where in it.
    records, size : int
        Altogether; the size in bytes.
    """

    schema: WriterSchema
    data: list[bytes] = field(default_factory=list)
    stops: list[np.ndarray] = field(default_factory=list)
    places: list[tuple[int, int, int, int]] = field(default_factory=list)
    records: int = 0
    size: int = 0

    def add(self, data: bytes, stops: np.ndarray, place: tuple[int, int, int, int]) -> None:
        """Add the records of a block."""
        self.data.append(data[: stops[-1]])
        self.stops.append(stops)
        self.places.append(place)
        self.records += stops.size
        self.size += int(stops[-1])
