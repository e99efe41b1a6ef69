"""How a store looks: what each packet's histories brought, by object, of a shard or of a month.

A folder with files of parquet, one for each array of the survey and schema of the packets. Each
is sorted by the object's hash, as a night's index is, so that a shard of any other night reads
its own row groups alone.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.alerts.histories import Series
from pipeline.alerts.keys import hashes_of
from pipeline.filters.history.items import Items
from pipeline.io.tables import TableWriter, table_writer

KEY, OBJECT, KNOWN = "key", "object_id", "known"
"""Columns: hash of the object, its name, time of the packet that brought the item."""
ITEM = "item."
"""Before the names of its fields."""
SERIES, UNLIKE = b"series", b"unlike"
"""In the schema's metadata: the array's name, and fields that are in no column."""
ROWS = 4096
"""Of a row group: who reads a range of keys reads up to so many more at each end."""
KEYS = 1 << 32


class StoreWriter:
    """Writes a store's files into a folder."""

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self._folder = folder
        self._stack = ExitStack()
        self._writers: dict[str, TableWriter] = {}

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the files."""
        self._stack.close()

    def add(self, names: pa.Array, items: Items, series: Series) -> None:
        """Append what is to be known later of items.

        Parameters
        ----------
        names : pyarrow.Array, n text
            Of the objects that they are of; null is none, and left out. Their hashes are not
            below those of what was added before.
        items : Items, n of them
        series : Series
        """
        objects, keys = _sorted(pc.unique(names.drop_null()))
        owner = np.asarray(pc.fill_null(pc.index_in(names, objects), -1)).astype(np.int64)
        mine = Items(owner, items.known, items.fields).take(np.flatnonzero(owner >= 0))
        kept = mine.stored(series)
        if kept.owner.size:
            columns = {
                KEY: pa.array(keys[kept.owner]),
                OBJECT: objects.take(pa.array(kept.owner)),
                KNOWN: pa.array(kept.known),
                **{f"{ITEM}{name}": array for name, array in kept.fields.items()},
            }
            said = {SERIES: series.name.encode(), UNLIKE: json.dumps(items.unlike).encode()}
            self._write(pa.table(columns).replace_schema_metadata(said))

    def _write(self, table: pa.Table) -> None:
        schema = table.schema.to_string(truncate_metadata=False)
        if schema not in self._writers:
            writer = table_writer(self._folder / f"{len(self._writers)}.parquet", table.schema)
            self._writers[schema] = self._stack.enter_context(writer)
        self._writers[schema].write_table(table, ROWS)
        self.rows += table.num_rows


def _sorted(names: pa.Array) -> tuple[pa.Array, NDArray[np.uint32]]:
    """Return names by their hashes, those of one hash by themselves, and the hashes."""
    names = names.take(pc.array_sort_indices(names))
    keys = hashes_of(names)
    order = np.argsort(keys, kind="stable")
    return names.take(pa.array(order)), keys[order]


@dataclass(frozen=True)
class StoreFile:
    """A file of a store.

    Attributes
    ----------
    file : pyarrow.parquet.ParquetFile
    series : str
        Which array of the survey its items are of.
    unlike : tuple of str
        As of `Items`.
    least, most : numpy.ndarray, int64
        The first and the last key of each row group.
    """

    file: pq.ParquetFile
    series: str
    unlike: tuple[str, ...]
    least: NDArray[np.int64]
    most: NDArray[np.int64]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open one."""
        file = pq.ParquetFile(path)
        said = file.schema_arrow.metadata
        groups = [file.metadata.row_group(k).column(0) for k in range(file.num_row_groups)]
        bounds = [(group.statistics.min, group.statistics.max) for group in groups]
        least, most = np.array(bounds, np.int64).reshape(-1, 2).T
        return cls(file, said[SERIES].decode(), tuple(json.loads(said[UNLIKE])), least, most)

    @property
    def types(self) -> dict[str, pa.DataType]:
        """Return its items' fields."""
        schema = self.file.schema_arrow
        return {f.name.removeprefix(ITEM): f.type for f in schema if f.name.startswith(ITEM)}

    def between(self, first: int, last: int) -> pa.Table:
        """Return the rows of row groups that have keys from `first` to `last`."""
        groups = np.flatnonzero((self.most >= first) & (self.least <= last))
        return self.file.read_row_groups(groups.tolist())


def files_of(folder: Path) -> Iterator[StoreFile]:
    """Open all files of a store.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: a store of histories is expected here")
    for path in sorted(folder.glob("*.parquet"), key=lambda path: int(path.stem)):
        yield StoreFile.open(path)
