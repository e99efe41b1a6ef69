"""A cone index: alerts sorted by nested HEALPix pixel, memory-mapped."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.io.mapped import MappedRows, open_rows
from pipeline.io.tables import field

KEYS = (
    field("candid", pa.int64(), description="the packet, unique within its survey"),
    field("object_id", pa.string(), description="null where the packet has no object"),
    field("jd", pa.float64(), "d", "Julian date, UTC"),
    field("ra", pa.float64(), "deg", "ICRS, in [0, 360)"),
    field("dec", pa.float64(), "deg", "ICRS"),
)
"""What each row has of its alert, whatever else is configured."""
PLACE = (
    field("night", pa.int16(), description="number of the night in meta.json"),
    field("shard", pa.int32(), description="number of the shard in meta.json, in its night"),
    field("row", pa.int32(), description="in the shard's table"),
)
"""Where the rest of the alert stands."""


class Files(NamedTuple):
    """The files of an index."""

    ipix: Path  # int64 (n,): nested pixel at pipeline.sky.cones.NSIDE, ascending
    vec: Path  # float64 (n, 3): unit vector
    rows: Path  # Arrow IPC file: `PLACE`, `KEYS`, then the chosen columns
    meta: Path


def files_of(folder: str | Path) -> Files:
    """Return the paths of an index's files."""
    folder = Path(folder)
    return Files(*(folder / name for name in ("ipix.npy", "vec.npy", "rows.arrow", "meta.json")))


@dataclass(frozen=True)
class ConeIndex:
    """An index, open or in memory.

    Attributes
    ----------
    ipix : ndarray of int64, shape (n,)
        Nested pixel at `nside`, ascending.
    vec : ndarray of float64, shape (n, 3)
        Unit vectors.
    rows : MappedRows
        `PLACE`, `KEYS` and the chosen columns, in the same order.
    meta : dict
        ``survey``, ``nside``, ``rows``, ``unplaced`` (alerts without a position),
        ``every_column`` (whether no column of the tables is missing) and ``nights``: for each
        the tables that it was made of, by name, and their states.
    """

    ipix: NDArray[np.int64]
    vec: NDArray[np.float64]
    rows: MappedRows
    meta: dict[str, Any]

    @property
    def nside(self) -> int:
        """Of `ipix`."""
        return self.meta["nside"]

    @property
    def nights(self) -> dict[str, dict[str, Any]]:
        """The nights that it is of, and the state of the tables that it was made of."""
        return self.meta["nights"]

    @property
    def columns(self) -> list[str]:
        """What it tells of an alert without opening its table."""
        return self.rows.schema.names[len(PLACE) :]


def open_meta(folder: str | Path) -> dict[str, Any]:
    """Return the content of an index's meta.json.

    Raises
    ------
    ValueError
        If the folder is no index.
    """
    try:
        meta = json.loads(files_of(folder).meta.read_text())
        nights = meta["nights"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder}: is not a cone index: {error}") from error
    if not isinstance(nights, dict):
        raise ValueError(f"{folder}: is not a cone index: meta.json names no nights")
    return meta


def open_index(folder: str | Path) -> ConeIndex:
    """Open an index.

    Raises
    ------
    ValueError
        If the folder is no index, or not a whole one.
    """
    files, meta = files_of(folder), open_meta(folder)
    try:
        ipix = np.load(files.ipix, mmap_mode="r")
        vec = np.load(files.vec, mmap_mode="r")
        rows = open_rows(files.rows)
        lengths = {meta["rows"], len(ipix), len(vec), rows.num_rows}
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ValueError(f"{folder}: is not a cone index: {error}") from error
    if len(lengths) != 1:
        raise ValueError(f"{folder}: is not a cone index: its files differ in length")
    return ConeIndex(ipix, vec, rows, meta)
