"""Which files of a table can have an object: a night is cut by the hashes of objects' names."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from pipeline.alerts.keys import hashes_of
from pipeline.alerts.places import COUNTS, SUMMARY
from pipeline.contract import paths

_KEYS = 1 << 32


def files_of_object(directory: Path, files: Iterable[Path], object_id: str) -> list[Path]:
    """Return those files of a table that can have an object's rows: one of each whole night.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    files : iterable of Path
        Of one table, as ``results/<table>/<survey>/<night>/<shard>.parquet``, sorted.
    object_id : str

    Returns
    -------
    list of Path
        All files of nights of which some shard is not there: how they are cut is not known.
    """
    key = int(hashes_of(pa.array([object_id]))[0])
    return list(_chosen(directory, files, key))


def _chosen(directory: Path, files: Iterable[Path], key: int) -> Iterator[Path]:
    for folder, group in groupby(files, lambda file: file.parent):
        shards = list(group)
        names = [paths.part_name(number) for number in range(len(shards))]
        whole = _shards(directory, folder) == names == [file.stem for file in shards]
        # as pipeline.alerts.index_table.load_index cuts
        yield from [shards[key * len(shards) // _KEYS]] if whole else shards


def _shards(directory: Path, night: Path) -> list[str]:
    """Return the shards of a night that is done; none of another."""
    of = {"survey": night.parent.name, "night": night.name}
    if not (directory / SUMMARY.format(**of)).is_file():
        return []
    return sorted(path.stem for path in directory.glob(COUNTS.format(**of, shard="*")))
