"""A night's packets one after the other, with their truth, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count

import numpy as np

from pipeline.simulate.container import block, container_header
from pipeline.simulate.defects import BYTE_DEFECTS, check_fraction, choose_defect, cut
from pipeline.simulate.lsst.alert import Alert, object_alerts
from pipeline.simulate.lsst.schema import schema
from pipeline.simulate.lsst.survey import MOST_VISITS, SimulatedNight


@dataclass(frozen=True)
class RubinPacket:
    """One packet and the alert in it."""

    number: int  # from 0, in the order of the stream
    alert: Alert
    defect: str | None
    night: SimulatedNight
    version: str  # of the schema

    @property
    def file_name(self) -> str:
        """Name of a file that holds this packet only."""
        copy = "_copy" if self.defect == "duplicate" else ""
        return f"{self.alert.candid}{copy}.avro"

    def encoded(self, nullable_candid: bool = False) -> bytes:
        """Return the record, encoded; its candid is never null."""
        return self.alert.data

    def file_bytes(self) -> bytes:
        """Return the packet as a file of its own, schema included."""
        data = header(self.version) + block([self.alert.data])
        return cut(data, self.cut_generator()) if self.defect == "truncated" else data

    def cut_generator(self) -> np.random.Generator:
        """Return the random numbers that say where a truncated packet ends."""
        return self.night.generator(5, self.number)


@cache
def header(version: str) -> bytes:
    """Return the header of an AVRO container of packets of this schema."""
    return container_header(schema(version))


def packet_stream(
    seed: int,
    night: str,
    *,
    version: str = "10.0",
    history: int = MOST_VISITS,
    stamps: bool = True,
    defects: float = 0.0,
) -> Iterator[RubinPacket]:
    """Yield the packets of a night; take as many as you want.

    Packet i is the same however many are taken, with or without those before it.

    Parameters
    ----------
    seed : int
        Not negative.
    night : str
        YYYYMMDD, UTC.
    version : str
        Of the schema: ``10.0`` or ``11.0``.
    history : int
        Earlier visits of the field with most; the others in proportion.
    stamps : bool
        Without stamps the cutouts are null; nothing else changes.
    defects : float
        Fraction of packets that come twice or are cut, 0 to 1.

    Yields
    ------
    RubinPacket

    Raises
    ------
    ValueError
        If an argument is out of its range, or the night is full.
    """
    check_fraction(defects)
    schema(version)  # raises, also where no object has an alert yet
    the_night = SimulatedNight(seed, night, history)
    number = 0
    for index in count():
        for alert in object_alerts(the_night, index, version, stamps=stamps):
            whole = RubinPacket(number, alert, None, the_night, version)
            defect = choose_defect(defects, BYTE_DEFECTS, the_night.generator(4, number))
            yield whole if defect == "duplicate" else replace(whole, defect=defect)
            if defect == "duplicate":
                number += 1
                yield replace(whole, number=number, defect=defect)
            number += 1
