"""What jobs that read packets ask a cluster for.

The figures were measured on simulated ZTF nights (benchmarks/), on one core.
"""

from math import ceil
from pathlib import Path

from pipeline.contract.need import Need, size_mb

PACKET_BYTES = 50_000
"""A ZTF packet in a dump: 49 kB in nightly tarballs."""

TYPICAL_PACKETS = 300_000
"""A night that is not here yet."""


def packets_in(dump: str | Path) -> int:
    """Return about how many packets a dump holds; a typical night if it is not here yet."""
    size = size_mb(dump)
    return TYPICAL_PACKETS if size is None else ceil(size * 1e6 / PACKET_BYTES)


def index(packets: int) -> Need:
    """Return what indexing a night needs: 0.45 ms a packet, of which it keeps a row.

    >>> index(300_000).mem_mb(), index(300_000).minutes()
    (1450, 19)
    """
    return Need(400 + packets * 1e-3, packets * 0.45e-3, _packets_mb(packets) * 2)


def decode(packets: int, shards: int) -> Need:
    """Return what decoding one shard of a night needs: 0.25 ms a packet, in batches.

    >>> decode(300_000, 4).mem_mb(), decode(300_000, 4).minutes()
    (1435, 12)
    """
    return of_shard(packets, shards, memory_mb=600, packet_s=0.25e-3)


def of_shard(packets: int, shards: int, *, memory_mb: float, packet_s: float) -> Need:
    """Return what a job needs that reads the packets of one shard of a night.

    Parameters
    ----------
    packets, shards : int
        Of the night.
    memory_mb : float
        What it keeps in memory besides the index [MB].
    packet_s : float
        CPU time a packet [s].
    """
    share = ceil(packets / shards)
    # Every shard reads the night's index: 150 bytes a packet, once more while it is filtered.
    memory = memory_mb + packets * 300e-6
    return Need(memory, share * packet_s, _packets_mb(packets + share))


def _packets_mb(packets: int) -> float:
    return packets * PACKET_BYTES / 1e6
