"""A matchfile (PyTables' HDF5) → tables of sources, light curves and exposures.

Source of the format: the ZTF Science Data System's explanatory supplement, section 10.4
(matchfiles), and the files themselves.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

GROUP = "matches"
_CHANNEL = {"field": "fieldID", "ccd": "ccdID", "quad": "quadrantID", "rc": "rcID"}
_FILTER = "filterID"
MOST_SOURCES = 1_000_000
"""Numbers of sources in a matchfile have six digits in `source_id`."""
_BASE, _OF_FIELD, _OF_RC, _OF_FILTER = 10**13, 10**9, 10**7, 10**6


@dataclass(frozen=True)
class Matchfile:
    """What a matchfile has.

    Attributes
    ----------
    sources : pyarrow.Table
        One row a source: ``source_id``, ``filter``, ``field``, ``ccd``, ``quad``, ``rc``, and the
        file's columns.
    light_curves : pyarrow.Table
        One row a measurement: ``source_id`` and the file's columns, by source and ``hjd``.
    exposures : pyarrow.Table
        One row an exposure, as sources.
    """

    sources: pa.Table
    light_curves: pa.Table
    exposures: pa.Table


def read_matchfile(path: Path) -> Matchfile:
    """Read a matchfile.

    NaN is null. Floats stay as wide as they are, integers become int64.

    Raises
    ------
    ValueError
        If it is no matchfile; the message names it and what was expected.
    """
    try:
        import h5py  # noqa: PLC0415 - of the extra `tensorflow`: nobody else needs it
    except ImportError:
        raise ValueError(f"{path}: reading a matchfile takes h5py: pip install h5py") from None
    try:
        with h5py.File(path, "r") as file:
            group = file[GROUP]
            channel = {name: int(group.attrs[key]) for name, key in _CHANNEL.items()}
            filter_id = int(group.attrs[_FILTER])
            arrays = [group[name][:] for name in ("sources", "sourcedata", "exposures")]
    except (OSError, KeyError) as error:
        words = " ".join(str(error).split())
        raise ValueError(f"{path}: is no matchfile of ZTF: {words}") from error
    sources, data, exposures = arrays
    of = {"filter": filter_id, **channel}
    numbers, owners = _numbers(path, sources), _numbers(path, data)
    if strangers := set(owners.tolist()) - set(numbers.tolist()):
        raise ValueError(f"{path}: {min(strangers)} is measured, and is no source of it")
    base = source_base(channel["field"], channel["rc"], filter_id)
    order = np.lexsort((data["hjd"], owners))
    return Matchfile(
        _table(sources, {"source_id": base + numbers, **of}),
        _table(data[order], {"source_id": base + owners[order]}),
        _table(exposures, of),
    )


def source_base(field: int, rc: int, filter_id: int) -> int:
    """Return what the number of a source is added to, for an identifier of all matchfiles.

    That of Kowalski's sources: 1, the field, the readout channel, the filter, the number.

    >>> source_base(487, 28, 2) + 10225
    10487282010225
    """
    return _BASE + field * _OF_FIELD + rc * _OF_RC + filter_id * _OF_FILTER


def _numbers(path: Path, array: np.ndarray) -> np.ndarray:
    numbers = array["matchid"].astype(np.int64)
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < MOST_SOURCES:
        raise ValueError(f"{path}: matchid {numbers.max()}: expected 0 to {MOST_SOURCES - 1}")
    return numbers


def _table(array: np.ndarray, first: dict[str, Any]) -> pa.Table:
    columns = {
        name: pa.array(np.broadcast_to(np.asarray(value, np.int64), len(array)))
        for name, value in first.items()
    }
    for name in array.dtype.names or ():
        columns[name] = _column(array[name])
    return pa.table(columns)


def _column(values: np.ndarray) -> pa.Array:
    if values.ndim == 2:
        flat = _column(np.ascontiguousarray(values).reshape(-1))
        offsets = np.arange(0, values.size + 1, values.shape[1], dtype=np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), flat)
    if values.dtype.kind == "S":
        return pa.array([text.decode("utf-8", "replace") for text in values.tolist()], pa.string())
    if values.dtype.kind == "f":
        values = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("=")))
        return pa.array(values, mask=np.isnan(values))
    return pa.array(values.astype(np.int64))
