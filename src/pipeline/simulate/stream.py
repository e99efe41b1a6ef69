"""A night's packets one after the other, with their truth, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Any

import numpy as np

from pipeline.simulate.defects import (
    check_fraction,
    choose_defect,
    cut,
    damage_record,
    possible_defects,
)
from pipeline.simulate.ztf import packets
from pipeline.simulate.ztf.alert import Alert, object_alerts
from pipeline.simulate.ztf.survey import SimulatedNight


@dataclass(frozen=True)
class SimulatedPacket:
    """One packet: its record as it is written, and the alert behind it."""

    number: int  # from 0, in the order of the stream
    alert: Alert  # undamaged
    record: dict[str, Any]  # with its defect, if that is in the record
    defect: str | None
    night: SimulatedNight

    @property
    def candid(self) -> int:
        """The alert's candid, also where the packet has lost it."""
        return self.alert.record["candid"]

    @property
    def file_name(self) -> str:
        """Name of a file that holds this packet only."""
        copy = "_copy" if self.defect == "duplicate" else ""
        return f"{self.candid}{copy}.avro"

    def encoded(self, nullable_candid: bool) -> bytes:
        """Return the record, encoded: whole, for a container of this schema."""
        return packets.encode_record(self.record, nullable_candid)

    def file_bytes(self) -> bytes:
        """Return the packet as a file of its own, schema included."""
        nullable = self.defect == "no_candid"
        data = packets.packet(self.encoded(nullable), nullable)
        return cut(data, self.cut_generator()) if self.defect == "truncated" else data

    def cut_generator(self) -> np.random.Generator:
        """Return the random numbers that say where a truncated packet ends."""
        return self.night.generator(4, self.number)


def packet_stream(
    seed: int, night: str, *, stamps: bool = True, defects: float = 0.0
) -> Iterator[SimulatedPacket]:
    """Yield the packets of a night; take as many as you want.

    Packet i is the same however many are taken, with or without those before it.

    Parameters
    ----------
    seed : int
        Not negative.
    night : str
        YYYYMMDD, UTC.
    stamps : bool
        Without stamps the cutouts are null; nothing else changes, but for defects.
    defects : float
        Fraction of packets that are damaged, 0 to 1.

    Yields
    ------
    SimulatedPacket

    Raises
    ------
    ValueError
        If an argument is out of its range, or the night is full.
    """
    check_fraction(defects)
    the_night = SimulatedNight(seed, night)
    possible = possible_defects(stamps)
    number = 0
    for index in count():
        for alert in object_alerts(the_night, index, stamps=stamps):
            whole = SimulatedPacket(number, alert, alert.record, None, the_night)
            rng = the_night.generator(3, number) if defects else None
            defect = choose_defect(defects, possible, rng) if rng else None
            if rng is None or defect is None:
                yield whole
            elif defect == "duplicate":
                yield whole
                number += 1
                again = replace(alert, first=False)
                yield replace(whole, number=number, alert=again, defect=defect)
            else:
                record = damage_record(alert.record, defect, rng)
                yield replace(whole, record=record, defect=defect)
            number += 1


def training_stamps(
    number: int, seed: int, night: str = "20240115"
) -> tuple[list[bytes], list[bytes], list[bytes], np.ndarray]:
    """Return stamps with their labels, to train a real/bogus model on.

    Returns
    -------
    science, template, difference : list of bytes
        Gzipped FITS files as packets hold them, `number` each.
    labels : ndarray of float32, shape (number,)
        1 for real, 0 for bogus.
    """
    science, template, difference = [], [], []
    labels = []
    for packet in islice(packet_stream(seed, night), number):
        science.append(packet.record["cutoutScience"]["stampData"])
        template.append(packet.record["cutoutTemplate"]["stampData"])
        difference.append(packet.record["cutoutDifference"]["stampData"])
        labels.append(packet.alert.sky_object.object_class != "bogus")
    return science, template, difference, np.array(labels, np.float32)
