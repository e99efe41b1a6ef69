"""A result in numpy's archive: ``header``, and a structured array an nside."""

import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.skymaps.scanner.tables import MOST_BYTES, VALUES, Tables, nside_of, said_by

HEADER = "header"


def read_npz(path: str | Path) -> Tables:
    """Read a result's ``.npz``; nothing in it is unpickled.

    Raises
    ------
    Exception
        Of any kind, if it is damaged or no such result (numpy and zipfile raise what they like).
    """
    _check_archive(path)
    with np.load(path, allow_pickle=False) as content:
        arrays = {name: content[name] for name in content.files}
    header = arrays.pop(HEADER, None)
    tables = {nside_of(name): _columns(name, array) for name, array in arrays.items()}
    if header is None:
        return Tables(tables, None)
    if header.dtype.names is None or header.ndim != 1:
        raise ValueError(f"{HEADER}: expected a row an nside, found {header.dtype}")
    rows: list[dict[str, Any]] = [
        dict(zip(header.dtype.names, row, strict=True)) for row in header.tolist()
    ]
    return Tables(tables, said_by(rows, tables))


def _check_archive(path: str | Path) -> None:
    """See before anything is unpacked that the entries are those of a result, and not too large."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    names = [entry.filename.removesuffix(".npy") for entry in entries]
    for name, count in Counter(names).items():
        if name != HEADER:
            nside_of(name)
        if count > 1:
            raise ValueError(f"entry {name!r} is there {count} times")
    if (size := sum(entry.file_size for entry in entries)) > MOST_BYTES:
        raise ValueError(f"unpacks to {size} bytes, at most {MOST_BYTES} are allowed")


def _columns(name: str, array: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of an nside's array."""
    names = array.dtype.names or ()
    if array.ndim != 1 or not {"index", "llh"} <= set(names):
        raise ValueError(f"{name}: expected rows with index and llh, found {str(array.dtype)[:80]}")
    if (kind := array["index"].dtype).kind not in "iu":
        raise ValueError(f"{name}: index: expected whole numbers, found {kind}")
    columns = {"index": array["index"].astype(np.int64)}
    for value in VALUES:
        if value in names:
            if (kind := array[value].dtype).kind != "f":
                raise ValueError(f"{name}: {value}: expected numbers, found {kind}")
            columns[value] = array[value].astype(float)
    return columns
