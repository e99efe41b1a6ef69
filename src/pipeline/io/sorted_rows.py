"""A folder of rows sorted by nested HEALPix pixel, memory-mapped: catalogues, cone indexes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.io.mapped import MappedRows, open_rows


class SortedFiles(NamedTuple):
    """The files that every such folder has."""

    ipix: Path  # int64 (n,): nested pixel at meta's nside, ascending
    vec: Path  # float64 (n, 3): unit vector
    rows: Path  # Arrow IPC file
    meta: Path


def sorted_files(folder: str | Path) -> SortedFiles:
    """Return the paths of a folder's files."""
    folder = Path(folder)
    names = ("ipix.npy", "vec.npy", "rows.arrow", "meta.json")
    return SortedFiles(*(folder / name for name in names))


@dataclass(frozen=True)
class SortedRows:
    """An open folder; only what is looked at is read.

    Attributes
    ----------
    ipix : ndarray of int64, shape (n,)
        Nested pixel at `nside`, ascending.
    vec : ndarray of float64, shape (n, 3)
        Unit vectors.
    rows : MappedRows
        In the same order.
    meta : dict
        The content of meta.json: ``rows``, ``nside`` and more.
    """

    ipix: NDArray[np.int64]
    vec: NDArray[np.float64]
    rows: MappedRows
    meta: dict[str, Any]

    @property
    def nside(self) -> int:
        """Of `ipix`."""
        return self.meta["nside"]


def open_sorted(folder: str | Path, kind: str) -> SortedRows:
    """Open a folder.

    Parameters
    ----------
    folder : str or Path
    kind : str
        What it should be, for messages.

    Raises
    ------
    ValueError
        If it is none, or not a whole one.
    """
    files = sorted_files(folder)
    try:
        meta = json.loads(files.meta.read_text())
        ipix = np.load(files.ipix, mmap_mode="r")
        vec = np.load(files.vec, mmap_mode="r")
        rows = open_rows(files.rows)
        lengths = {meta["rows"], len(ipix), len(vec), rows.num_rows}
    except (OSError, ValueError, KeyError, EOFError, TypeError) as error:
        raise ValueError(f"{folder}: is not a {kind}: {error}") from error
    if len(lengths) != 1:
        raise ValueError(f"{folder}: is not a {kind}: its files differ in length")
    return SortedRows(ipix, vec, rows, meta)
