"""What a job asks a cluster for: memory, time and disk from the size of its input.

The figures were measured on simulated ZTF nights (benchmarks/), on one core. A scheduler
kills what needs more than it asked for, so they are rounded up; a job that is killed all the
same is tried again with twice the memory and time.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from math import ceil
from pathlib import Path

PACKET_BYTES = 50_000
"""A ZTF packet in a dump: 49 kB in nightly tarballs."""

TYPICAL_PACKETS = 300_000
"""A night that is not here yet."""

MARGIN = 1.5
"""Memory asked for beyond what was measured."""

SNAKEMAKE_MB = 400
"""In every cluster job two Snakemakes wait for its script, of 196 MB each."""

SLOWER = 4
"""How many times slower a cluster's core and filesystem may be."""

START_MINUTES = 10
"""To start Python from a busy shared filesystem, and to write results to it."""

MOST_MINUTES = 7 * 24 * 60
"""No cluster lets a job run longer."""


@dataclass(frozen=True)
class Need:
    """What one job needs when nothing goes wrong.

    Attributes
    ----------
    memory_mb : float
        Peak of the resident memory of its script.
    cpu_s : float
        On one core.
    disk_mb : float
        Input and output together.
    """

    memory_mb: float
    cpu_s: float
    disk_mb: float = 0.0

    def mem_mb(self, attempt: int = 1) -> int:
        """Return the memory to ask for [MB]: twice as much at each further attempt.

        >>> Need(600, 0).mem_mb(), Need(600, 0).mem_mb(2)
        (1300, 2600)
        """
        return (ceil(self.memory_mb * MARGIN) + SNAKEMAKE_MB) * 2 ** (attempt - 1)

    def minutes(self, attempt: int = 1) -> int:
        """Return the wall time to ask for [min]: twice as much at each further attempt.

        >>> Need(0, 300).minutes(), Need(0, 300).minutes(3)
        (30, 120)
        """
        first = START_MINUTES + ceil(self.cpu_s * SLOWER / 60)
        return min(first * 2 ** (attempt - 1), MOST_MINUTES)

    def disk(self) -> int:
        """Return the scratch space to ask for [MB], with 1 GB for logs and caches."""
        return 1000 + ceil(self.disk_mb)


CONVERT_MODEL = Need(memory_mb=1500, cpu_s=60)
TRAIN = Need(memory_mb=1400, cpu_s=60)
SMALL = Need(memory_mb=500, cpu_s=60)
"""Simulations, matches of some minutes, tables of some thousand rows."""


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
    share = ceil(packets / shards)
    return Need(_of_index(packets, 600), share * 0.25e-3, _packets_mb(packets + share))


def score(packets: int, shards: int, models: int) -> Need:
    """Return what scoring one shard of a night needs: 1.6 ms an alert by six models.

    >>> score(300_000, 4, 6).minutes()
    19
    """
    share = ceil(packets / shards)
    cpu_s = share * (0.6e-3 + models * 0.17e-3)
    return Need(_of_index(packets, 600), cpu_s, _packets_mb(packets + share))


def sort_catalog(size_mb: float) -> Need:
    """Return what sorting a catalogue needs: 0.5 GB for 1e7 rows, which CSV has in 500 MB.

    >>> sort_catalog(500).mem_mb()
    1300
    """
    return Need(350 + size_mb * 0.5, 20 + size_mb * 0.1, size_mb * 3)


def scan(chunks: int = 1) -> Need:
    """Return what scanning an event, or one share of a round of it, needs.

    15 CPU s for an event with ``pandel_spe1st``; other reconstructions may take a hundred
    times longer.

    >>> scan().minutes(), scan(4).minutes()
    (130, 40)
    """
    return Need(memory_mb=800, cpu_s=1800 / chunks, disk_mb=100)


def scan_tracks(tracks: int, jobs: int) -> Need:
    """Return what one job's share of simulated tracks needs: 15 CPU s a track.

    >>> scan_tracks(200, 4).minutes()
    60
    """
    return Need(memory_mb=800, cpu_s=ceil(tracks / jobs) * 15)


def _packets_mb(packets: int) -> float:
    return packets * PACKET_BYTES / 1e6


def _of_index(packets: int, memory_mb: float) -> float:
    # Every shard reads the night's index: 150 bytes a packet, once more while it is filtered.
    return memory_mb + packets * 300e-6


@cache
def size_mb(path: str | Path) -> float | None:
    """Return the size of a file or of the files in a folder [MB]; None where there is none.

    A folder with many files is judged by a hundred of them: 300,000 calls of stat take
    seconds, and every job would make them again.
    """
    try:
        if not os.path.isdir(path):
            return os.stat(path).st_size / 1e6
        with os.scandir(path) as entries:
            some = [entry.stat().st_size for entry in islice(entries, 100)]
            more = sum(1 for _ in entries)
    except FileNotFoundError:
        return None
    return sum(some) / 1e6 * (1 + more / max(len(some), 1))


def packets_in(dump: str | Path) -> int:
    """Return about how many packets a dump holds; a typical night if it is not here yet."""
    size = size_mb(dump)
    return TYPICAL_PACKETS if size is None else ceil(size * 1e6 / PACKET_BYTES)


def total_mb(files: Iterable[str | Path]) -> float:
    """Return the size of some files [MB]; those that are not here yet are not counted."""
    return sum(size_mb(file) or 0.0 for file in files)
