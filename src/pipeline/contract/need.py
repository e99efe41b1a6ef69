"""What a job asks a cluster for: memory, time and disk, from what it needs on one core.

A scheduler kills what needs more than it asked for, so needs are rounded up; a job that is
killed all the same is tried again with twice the memory and time.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from math import ceil
from pathlib import Path

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
    output_mb : float
        What it leaves under ``results/``, without the spool.
    spool_mb : float
        Packets that it copies out of a dump in which jobs cannot look them up.
    files : float
        What it leaves: results, log, and Snakemake's own notes.
    at_least_s : float
        CPU time to ask for even if less is expected, where nobody knows it before.
    """

    memory_mb: float
    cpu_s: float
    disk_mb: float = 0.0
    output_mb: float = 0.0
    spool_mb: float = 0.0
    files: float = 0.0
    at_least_s: float = 0.0

    def mem_mb(self, attempt: int = 1) -> int:
        """Return the memory to ask for [MB]: twice as much at each further attempt.

        >>> Need(600, 0).mem_mb(), Need(600, 0).mem_mb(2)
        (1300, 2600)
        """
        return (ceil(self.memory_mb * MARGIN) + SNAKEMAKE_MB) << (attempt - 1)

    def minutes(self, attempt: int = 1) -> int:
        """Return the wall time to ask for [min]: twice as much at each further attempt.

        >>> Need(0, 300).minutes(), Need(0, 300).minutes(3)
        (30, 120)
        """
        first = START_MINUTES + ceil(max(self.cpu_s, self.at_least_s) * SLOWER / 60)
        return min(first << (attempt - 1), MOST_MINUTES)

    def disk(self) -> int:
        """Return the scratch space to ask for [MB], with 1 GB for logs and caches."""
        return 1000 + ceil(self.disk_mb)


SMALL = Need(memory_mb=500, cpu_s=60)
"""Enough for a rule of some minutes that has no line in the table of costs yet."""


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


def total_mb(files: Iterable[str | Path]) -> float:
    """Return the size of some files [MB]; those that are not here yet are not counted."""
    return sum(size_mb(file) or 0.0 for file in files)
