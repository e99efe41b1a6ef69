"""The layout under ``results/`` and ``logs/``, in which each domain names its own paths.

Patterns with ``{survey}``, ``{night}`` and ``{shard}`` are Snakemake wildcards as well as
format strings. All are relative to the working directory of the workflow.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

RESULTS = "results"
NIGHT = "{survey}/{night}"
SHARD = f"{NIGHT}/{{shard}}"
SKYMAP = f"{RESULTS}/skymaps/{{event}}"
MULTIORDER = f"{SKYMAP}/skymap.multiorder.fits"
"""The map of an event of ours, which others than `skymaps` read too."""
NUMBER = "{number}"
"""Stands for the number of a shard or a part in the name of one of many files."""


class ShardedNight(Protocol):
    """A night of a survey and into how many shards it is cut."""

    @property
    def survey(self) -> str:
        """Its survey."""
        ...

    @property
    def night(self) -> str:
        """Its name."""
        ...

    @property
    def shards(self) -> int:
        """How many shards it has."""
        ...


def table(name: str) -> str:
    """Return the pattern of a table's files, one a shard.

    >>> table("alerts")
    'results/alerts/{survey}/{night}/{shard}.parquet'
    """
    return shard_file(name, "parquet")


def shard_file(name: str, suffix: str) -> str:
    """Return the pattern of files of any kind, one a shard.

    >>> shard_file("counts", "json")
    'results/counts/{survey}/{night}/{shard}.json'
    """
    return f"{RESULTS}/{name}/{SHARD}.{suffix}"


def part_name(number: int) -> str:
    """Return the name of a shard, or a chunk, so that names sort as numbers do.

    >>> part_name(7)
    '0007'
    """
    return f"{number:04d}"


def shard_names(night: ShardedNight) -> list[str]:
    """Return the names of a night's shards."""
    return [part_name(number) for number in range(night.shards)]


def of_shards(pattern: str, nights: Iterable[ShardedNight]) -> list[str]:
    """Return the files of a pattern for all shards of some nights."""
    return [
        pattern.format(survey=night.survey, night=night.night, shard=shard)
        for night in nights
        for shard in shard_names(night)
    ]


def files_of(directory: Path, name: str) -> list[Path]:
    """Return all files of a table that a working directory holds."""
    return sorted(directory.glob(table(name).format(survey="*", night="*", shard="*")))


def log(rule: str, *wildcards: str) -> str:
    """Return the pattern of a rule's logs.

    >>> log("decode", "survey", "night", "shard")
    'logs/decode/{survey}/{night}/{shard}.log'
    """
    return "/".join(["logs", rule, *(f"{{{w}}}" for w in wildcards)]) + ".log"


def unknown_kind(path: str, name: str, suffixes: tuple[str, ...]) -> bool:
    """Return whether an input is of no known kind; one without a suffix may become a folder.

    Parameters
    ----------
    path : str
        What the configuration names.
    name : str
        The same, in the spelling that is compared with the suffixes.
    suffixes : tuple of str
        What a file of a known kind ends in.
    """
    if name.endswith(suffixes) or os.path.isdir(path):
        return False
    return Path(path).suffix != "" or os.path.isfile(path)
