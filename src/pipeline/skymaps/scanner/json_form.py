"""A result in JSON: columns, metadata and data of each nside."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.skymaps.products.result_files import NAN_WORD
from pipeline.skymaps.scanner.tables import MOST_BYTES, VALUES, Tables, nside_of, said_by


def read_json(path: str | Path) -> Tables:
    """Read a result's ``.json``.

    Raises
    ------
    ValueError, RecursionError
        If it is damaged or no such result.
    """
    path = Path(path)
    if (size := path.stat().st_size) > MOST_BYTES:
        raise ValueError(f"{size} bytes, at most {MOST_BYTES} are allowed")
    content = json.loads(path.read_bytes(), object_pairs_hook=_once)
    if not isinstance(content, dict) or not content:
        raise ValueError("expected an object with an entry an nside")
    tables, rows = {}, []
    for name, entry in content.items():
        nside = nside_of(name)
        if not isinstance(entry, dict):
            raise ValueError(f"{name}: expected columns, metadata and data")
        tables[nside] = _columns(name, entry.get("columns"), entry.get("data"))
        if (metadata := entry.get("metadata")) is not None:
            if not isinstance(metadata, dict):
                raise ValueError(f"{name}: metadata: expected an object")
            rows.append({k: float("nan") if v == NAN_WORD else v for k, v in metadata.items()})
    return Tables(tables, said_by(rows, tables) if rows else None)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, in which a key that is there twice is an error."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _columns(name: str, names: Any, data: Any) -> dict[str, np.ndarray]:
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise ValueError(f"{name}: columns: expected names")
    if not {"index", "llh"} <= set(names) or len(set(names)) < len(names):
        raise ValueError(f"{name}: columns: expected index, llh and others, each once")
    if not isinstance(data, list):
        raise ValueError(f"{name}: data: expected rows")
    for number, row in enumerate(data):
        if not isinstance(row, list) or len(row) != len(names):
            raise ValueError(f"{name}: data: row {number}: expected {len(names)} values")
    wanted = [n for n in ("index", *VALUES) if n in names]
    values = {n: [row[names.index(n)] for row in data] for n in wanted}
    columns = {n: np.array([_number(name, n, v) for v in column]) for n, column in values.items()}
    index = columns["index"]
    if len(index) and not (np.isfinite(index) & (index == np.floor(index))).all():
        raise ValueError(f"{name}: index: expected whole numbers")
    if len(index) and np.abs(index).max() >= 2.0**53:
        raise ValueError(f"{name}: index: a number too large")
    return columns | {"index": index.astype(np.int64)}


def _number(name: str, column: str, value: Any) -> float:
    if value == NAN_WORD:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}: {column}: expected a number, found {str(value)[:60]!r}")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError(f"{name}: {column}: a number too large") from error
