"""What jobs that read packets need, by the table of measured costs (`pipeline.contract.costs`)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from pipeline.alerts.dumps import AVRO_SUFFIX, PARQUET_SUFFIX, TAR_SUFFIXES
from pipeline.alerts.kept import Kept
from pipeline.contract.costs import costs_of, need_of
from pipeline.contract.need import Need, size_mb

TYPICAL_PACKETS = 300_000
"""A night that is not here yet."""

MOST_SHARDS = 9999
"""A shard has four digits."""
FEW, MANY = 50_000, 200_000
"""Packets of a shard: fewer take longer to begin than to be done, more wait for one core."""
PART_S = 300
"""CPU time of a part's job: one of some minutes is worth its start."""

LEAST_CONTAINER = 4_000_000
"""A larger file in a folder has many packets [bytes]: Rubin's have 0.4 MB."""


@dataclass(frozen=True)
class Packets:
    """What kind of packets a dump holds.

    Attributes
    ----------
    survey : str
    form : str
        ``tar``, ``avro``, ``parquet`` or ``folder`` (of single packets).
    bytes : float, optional
        Of a packet in the dump; if absent what is usual for the survey.
    """

    survey: str = "ztf"
    form: str = "tar"
    bytes: float | None = None

    @property
    def size(self) -> float:
        """Return the size of a packet in the dump [bytes]."""
        return self.bytes or costs_of("dump", self.survey, self.form)["packet"].output_b

    def mb(self, number: float) -> float:
        """Return the size of some packets in the dump [MB]."""
        return number * self.size / 1e6


ZTF = Packets()


def form_of(dump: str | Path) -> str:
    """Return the form of a dump, by its name; of a folder that is here by one of its files.

    >>> form_of("night.tar.gz"), form_of("night.avro"), form_of("not/here/yet")
    ('tar', 'avro', 'folder')
    """
    name = str(dump)
    try:
        with os.scandir(dump) as entries:
            some = next(
                (e for e in entries if e.name.endswith((AVRO_SUFFIX, PARQUET_SUFFIX))), None
            )
            if some is None or (
                some.name.endswith(AVRO_SUFFIX) and some.stat().st_size < LEAST_CONTAINER
            ):
                return "folder"
            name = some.name
    except OSError:  # no folder, or none yet
        pass
    if name.endswith(TAR_SUFFIXES):
        return "tar"
    return {AVRO_SUFFIX: "avro", PARQUET_SUFFIX: "parquet"}.get(Path(name).suffix, "folder")


def packets_in(dump: str | Path, kind: Packets = ZTF) -> int:
    """Return about how many packets a dump holds; a typical night if it is not here yet."""
    size = size_mb(dump)
    return TYPICAL_PACKETS if size is None else ceil(size * 1e6 / kind.size)


def index_part(packets: int, parts: int, kind: Packets = ZTF) -> Need:
    """Return what indexing a part of a night needs.

    >>> index_part(300_000, 1).mem_mb(), index_part(300_000, 1).minutes()
    (1135, 20)
    """
    share = ceil(packets / parts)
    size = kind.mb(share)
    counts = {"packet": share, "MB": size}
    return need_of("index_part", counts, kind.survey, kind.form, input_mb=size)


def index(packets: int) -> Need:
    """Return what merging the parts of an index needs."""
    return need_of("index", {"packet": packets})


def decode(packets: int, shards: int, kind: Packets = ZTF, history: Kept = "all") -> Need:
    """Return what decoding one shard of a night needs, which is more the more history is kept.

    >>> decode(300_000, 4).mem_mb(), decode(300_000, 4).minutes()
    (1334, 12)
    """
    return of_shard("decode", packets, shards, kind, also=(f"history_{history}",))


def of_shard(
    rule: str,
    packets: int,
    shards: int,
    kind: Packets,
    counts: Mapping[str, float] | None = None,
    also: tuple[str, ...] = (),
) -> Need:
    """Return what a job needs that reads the packets of one shard of a night.

    Parameters
    ----------
    rule : str
    packets, shards : int
        Of the night.
    kind : Packets
    counts : mapping, optional
        Further units of its work for each packet of the shard.
    also : tuple of str
        As of `need_of`.
    """
    share = ceil(packets / shards)
    size = kind.mb(share)
    units = {unit: number * share for unit, number in (counts or {}).items()}
    units |= {"packet": share, "MB": size}
    read = kind.mb(packets) + size
    return need_of(rule, units, kind.survey, kind.form, also=also, input_mb=read)


def summary(shards: int) -> Need:
    """Return what adding up a night needs."""
    return need_of("summary", {"shard": shards})


def fetch(packets: int, kind: Packets) -> Need:
    """Return what fetching a night's dump needs."""
    return need_of("fetch", {"MB": kind.mb(packets)})


def better_shards(packets: int, shards: int, cores: int) -> int | None:
    """Return into how many shards a night is better cut; None if it is well as it is.

    A small night may have a shard for each core.

    >>> better_shards(10_000_000, 4, 64), better_shards(600, 2, 2), better_shards(600, 100, 2)
    (100, None, 1)
    """
    if packets > MANY * shards or (packets < FEW * shards and shards > cores):
        better = min(max(1, ceil(packets / 100_000)), MOST_SHARDS)
        return better if better != shards else None
    return None


def better_parts(packets: int, parts: int, kind: Packets = ZTF) -> int | None:
    """Return as how many jobs a night is better indexed; None if it is well as it is.

    >>> better_parts(10_000_000, 1, Packets("lsst", "avro")), better_parts(300_000, 1)
    (43, None)
    """
    if index_part(packets, parts, kind).cpu_s <= 2 * PART_S:
        return None
    return min(ceil(index_part(packets, 1, kind).cpu_s / PART_S), MOST_SHARDS)
