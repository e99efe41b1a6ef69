"""A catalogue sorted by nested HEALPix, memory-mapped: what alerts are matched against."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.io.mapped import MappedRows, open_rows


class Files(NamedTuple):
    """The files of a store."""

    ipix: Path  # int64 (n,): nested pixel at NSIDE, ascending
    vec: Path  # float64 (n, 3): unit vector
    distance: Path  # float64 (n,): redshift or Mpc, or (0,) where not matched by distance
    rows: Path  # Arrow IPC file: the identifier, then the chosen columns
    meta: Path


def files_of(folder: str | Path) -> Files:
    """Return the paths of a store's files."""
    folder = Path(folder)
    names = ("ipix.npy", "vec.npy", "distance.npy", "rows.arrow", "meta.json")
    return Files(*(folder / name for name in names))


@dataclass(frozen=True)
class Store:
    """An open store; its arrays are memory-mapped, so only what is looked at is read.

    Attributes
    ----------
    ipix : ndarray of int64, shape (n,)
        Nested pixel at `nside`, ascending.
    vec : ndarray of float64, shape (n, 3)
        Unit vectors.
    distance : ndarray of float64, shape (n,)
        Redshift or distance [Mpc]; shape (0,) where it is not a distance catalogue.
    rows : MappedRows
        The identifier, then the chosen columns in the order of the configuration, with
        their units.
    meta : dict
        The content of meta.json.
    """

    ipix: NDArray[np.int64]
    vec: NDArray[np.float64]
    distance: NDArray[np.float64]
    rows: MappedRows
    meta: dict[str, Any]

    @property
    def schema(self) -> pa.Schema:
        """Of `rows`."""
        return self.rows.schema

    @property
    def nside(self) -> int:
        """Of `ipix`."""
        return self.meta["nside"]

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
    files = files_of(folder)
    try:
        meta = json.loads(files.meta.read_text())
        ipix = np.load(files.ipix, mmap_mode="r")
        vec = np.load(files.vec, mmap_mode="r")
        distance = np.load(files.distance, mmap_mode="r")
        rows = open_rows(files.rows)
        lengths = {meta["rows"], len(ipix), len(vec), rows.num_rows}
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ValueError(f"{folder}: is not a catalogue store: {error}") from error
    if len(lengths) != 1:
        raise ValueError(f"{folder}: is not a catalogue store: its files differ in length")
    return Store(ipix, vec, distance, rows, meta)
