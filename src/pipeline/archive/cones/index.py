"""A cone index: alerts sorted by nested HEALPix pixel, memory-mapped."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.io.sorted_rows import SortedFiles, SortedRows, open_sorted, sorted_files
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


def files_of(folder: str | Path) -> SortedFiles:
    """Return the paths of an index's files; its rows are `PLACE`, `KEYS`, the chosen columns."""
    return sorted_files(folder)


@dataclass(frozen=True)
class ConeIndex(SortedRows):
    """An index, open or in memory.

    Its `rows` are `PLACE`, `KEYS` and the chosen columns. Its `meta` has ``survey``, ``nside``,
    ``rows``, ``unplaced`` (alerts without a position), ``every_column`` (whether no column of the
    tables is missing) and ``nights``: for each the tables that it was made of, by name, and
    their states.
    """

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
    open_meta(folder)
    base = open_sorted(folder, "cone index")
    return ConeIndex(base.ipix, base.vec, base.rows, base.meta)
