"""What tells that a table has changed since an index was made of it."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOOTER = 8
"""Bytes at the end of a parquet file: the length of its metadata, and ``PAR1``."""
MOST = 1 << 26
"""Bytes of metadata at most: more is damage."""


def state_of(path: Path) -> dict[str, Any]:
    """Return what names the content of a parquet file: size, time, a hash of its metadata.

    Its metadata have the place and the statistics of every column.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    size, time = _size_and_time(path)
    return {"size": size, "mtime_ns": time, "metadata": metadata_hash(path)}


def is_as_it_was(path: Path, before: Mapping[str, Any]) -> bool:
    """Return whether a file has the content of `state_of`; its time alone may differ.

    A copy of the tables elsewhere has new times, so that the metadata decide then.
    """
    try:
        size, time = _size_and_time(path)
        if size != before["size"]:
            return False
        return time == before["mtime_ns"] or metadata_hash(path) == before["metadata"]
    except (OSError, KeyError):
        return False


def metadata_hash(path: Path) -> str:
    """Return a hash of a parquet file's metadata; of all its end where it has none."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - FOOTER))
        length = int.from_bytes(file.read(4), "little")
        file.seek(max(0, size - FOOTER - min(length, MOST)))
        return hashlib.sha256(file.read()).hexdigest()[:16]


def _size_and_time(path: Path) -> tuple[int, int]:
    state = os.stat(path)
    return state.st_size, state.st_mtime_ns
