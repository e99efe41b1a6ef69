"""The rows of one object or alert, out of as few files and row groups as can have them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.alerts.keys import hashes_of
from pipeline.alerts.places import COUNTS, SUMMARY
from pipeline.archive.readable import named
from pipeline.contract import paths

_KEYS = 1 << 32


def rows_with(
    files: Iterable[Path], column: str, value: str | int, columns: Sequence[str] | None = None
) -> Iterator[tuple[Path, pa.Table]]:
    """Yield the files that have a value in a column, and their rows that have it.

    Of each row group that column is read first, the others only if it has the value: names of
    objects lie in no order, so that the least and the greatest of a group tell little of them.

    Parameters
    ----------
    files : iterable of Path
        Parquet.
    column : str
    value : str or int
    columns : sequence of str, optional
        What is returned; all, if it is not said.

    Raises
    ------
    pipeline.archive.readable.NotWhole
        If a file is damaged; the message names it.
    """
    wanted = None if columns is None else list(columns)
    for path in files:
        with named([path]), pq.ParquetFile(path) as file:
            number = file.schema_arrow.get_field_index(column)
            found = [
                table.filter(pc.equal(table[column], value))
                for group in range(file.num_row_groups)
                if _may_have(file.metadata.row_group(group).column(number), value)
                and _has(file.read_row_group(group, [column])[column], value)
                for table in [file.read_row_group(group, wanted)]
            ]
        if found:
            yield path, pa.concat_tables(found).unify_dictionaries()


def _may_have(chunk: pq.ColumnChunkMetaData, value: str | int) -> bool:
    told = chunk.statistics
    return told is None or not told.has_min_max or bool(told.min <= value <= told.max)


def _has(column: pa.ChunkedArray, value: str | int) -> bool:
    return bool(pc.any(pc.equal(column, value)).as_py())


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
