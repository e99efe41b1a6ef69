"""The tables that a working directory holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.contract import paths

ALERTS = "alerts"


@dataclass(frozen=True)
class NightTables:
    """The shards of one table of a night.

    Attributes
    ----------
    survey, night : str
    files : tuple of Path
        In the order of the shards.
    """

    survey: str
    night: str
    files: tuple[Path, ...]


def nights_of(directory: Path, table: str, survey: str = "*") -> Iterator[NightTables]:
    """Yield the nights that a table has, by survey and night.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    table : str
    survey : str
        One of them, or ``*`` for all.
    """
    pattern = str(Path(paths.table(table)).parent).format(survey=survey, night="*")
    for folder in sorted(directory.glob(pattern)):
        if files := tuple(sorted(folder.glob("[0-9][0-9][0-9][0-9].parquet"))):
            yield NightTables(folder.parent.name, folder.name, files)


def table_names(directory: Path) -> list[str]:
    """Return the names of the tables that are there."""
    pattern = str(Path(paths.table("*"))).format(survey="*", night="*", shard="[0-9]" * 4)
    depth = len(Path(pattern).parts)
    found = {path.parts[-depth + 1] for path in directory.glob(pattern)}
    return sorted(found)
