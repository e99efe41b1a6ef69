"""A catalogue sorted by nested HEALPix, memory-mapped: what alerts are matched against."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.io.sorted_rows import SortedRows, open_sorted, sorted_files


class Files(NamedTuple):
    """The files of a store."""

    ipix: Path  # int64 (n,): nested pixel at NSIDE, ascending
    vec: Path  # float64 (n, 3): unit vector
    rows: Path  # Arrow IPC file: the identifier, then the chosen columns
    meta: Path
    distance: Path  # float64 (n,): redshift or Mpc, or (0,) where not matched by distance


def files_of(folder: str | Path) -> Files:
    """Return the paths of a store's files."""
    return Files(*sorted_files(folder), Path(folder) / "distance.npy")


@dataclass(frozen=True)
class Store(SortedRows):
    """An open store.

    Its `rows` are the identifier, then the chosen columns in the order of the configuration,
    with their units.

    Attributes
    ----------
    distance : ndarray of float64, shape (n,)
        Redshift or distance [Mpc]; shape (0,) where it is not a distance catalogue.
    """

    distance: NDArray[np.float64]

    @property
    def schema(self) -> pa.Schema:
        """Of `rows`."""
        return self.rows.schema

    def take(self, rows: NDArray[np.int64]) -> tuple[pa.ChunkedArray, pa.Table]:
        """Return identifiers as text, and the chosen columns, of some rows.

        Parameters
        ----------
        rows : ndarray of int64, shape (m,)
            In any order, with repetition; negative ones give nulls.
        """
        table = self.rows.take(rows)
        return table.column(0).cast(pa.string()), table.select(range(1, table.num_columns))


def open_store(folder: str | Path) -> Store:
    """Open a store.

    Raises
    ------
    ValueError
        If the folder is not a store, or not a whole one.
    """
    base = open_sorted(folder, "catalogue store")
    try:
        distance = np.load(files_of(folder).distance, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{folder}: is not a catalogue store: {error}") from error
    return Store(base.ipix, base.vec, base.rows, base.meta, distance)
