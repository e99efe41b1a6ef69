"""Packets as columns, whether they came as AVRO records or as parquet rows.

Both kinds answer the same three questions, by the dotted path of a field:
``column("candidate.jd")``, ``child("prv_candidates")`` and ``paths``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike

from pipeline.io import avro_kernel as kernel
from pipeline.io.avro_program import MAX_VALUES, Column, Program

_DECODED_VALUES = 1 << 25
"""Values of records decoded at once, 300 MB; 1,000 of ZTF's packets have 4 million."""
_SCANNED = 1024
"""Records scanned at once: rows are counted for each of them and each of up to 20,000 tables."""


class Records(Protocol):
    """A table of records with nested fields."""

    @property
    def num_rows(self) -> int:
        """Return the number of rows."""

    @property
    def parents(self) -> np.ndarray:
        """Return the row of the parent table that each row belongs to, (num_rows,) int64."""

    @property
    def paths(self) -> list[str]:
        """Return the paths of all scalar fields."""

    def branches(self, path: str) -> Iterable[str]:
        """Return the further columns of a field that is a union of several types."""

    def column(self, path: str) -> pa.Array | None:
        """Return a scalar field of every row, null where absent; None if there is no such."""

    def child(self, path: str) -> "Records | None":
        """Return the items of an array field as a table; None if there is no such."""


def decode(
    program: Program,
    data: np.ndarray,
    starts: ArrayLike,
    ends: ArrayLike,
    exact: bool = True,
) -> tuple["AvroRecords", np.ndarray]:
    """Decode AVRO records to columns.

    Parameters
    ----------
    program : Program
        The compiled writer's schema.
    data : (m,) uint8
        Bytes that hold the records.
    starts, ends : (n,) int
        Record i is ``data[starts[i]:ends[i]]``.
    exact : bool
        A record that ends before its range is damaged; False for a program of its first fields.

    Returns
    -------
    records : AvroRecords
        Of the good ones, in order.
    status : (n,) int64
        0 where good, else a key of `pipeline.io.avro_kernel.STATUS`.
    """
    first, stop = np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64)
    status, counts = _scan(program, data, first, stop, exact)
    good = status == kernel.OK
    return _filled(program, data, first[good], stop[good], counts[good].sum(axis=0)), status


def check(program: Program, data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the status of whole records, (n,) int64, as `decode` does."""
    parts = [slice(i, i + _SCANNED) for i in range(0, len(starts), _SCANNED)]
    status = [_scan(program, data, starts[part], ends[part], True)[0] for part in parts]
    return np.concatenate(status) if status else np.zeros(0, dtype=np.int64)


def decode_in_parts(
    program: Program, data: np.ndarray, starts: np.ndarray, ends: np.ndarray, exact: bool = True
) -> Iterator[tuple["AvroRecords", slice]]:
    """Decode records in parts that take a bounded memory each; usually in one.

    Parameters
    ----------
    program, data, starts, ends, exact
        See `decode`.

    Yields
    ------
    records : AvroRecords
    part : slice
        Which of the records these are.

    Raises
    ------
    DamagedRecord
        If one is not good.
    """
    for first in range(0, len(starts), _SCANNED):
        status, counts = _scan(
            program, data, starts[first : first + _SCANNED], ends[first : first + _SCANNED], exact
        )
        if status.any():
            bad = int(np.flatnonzero(status)[0])
            raise DamagedRecord(first + bad, kernel.STATUS[int(status[bad])])
        cells = np.cumsum(counts @ program.widths)
        done = 0
        while done < len(status):
            before = int(cells[done - 1]) if done else 0
            stop = max(done + 1, int(np.searchsorted(cells, before + _DECODED_VALUES, "right")))
            part = slice(first + done, first + stop)
            rows = counts[done:stop].sum(axis=0)
            yield _filled(program, data, starts[part], ends[part], rows), part
            done = stop


class DamagedRecord(ValueError):
    """A record that cannot be decoded: its number and the reason."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"record {number}: {reason}")
        self.number = number


def _scan(
    program: Program, data: np.ndarray, starts: np.ndarray, ends: np.ndarray, exact: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the status (n,) and the rows in each table (n, tables), int64, of records."""
    status, _, counts = kernel.scan(
        program.code, data, starts, ends, program.widths, exact, MAX_VALUES
    )
    return status, counts


def _filled(
    program: Program, data: np.ndarray, starts: np.ndarray, ends: np.ndarray, rows: np.ndarray
) -> "AvroRecords":
    """Decode good records, which have `rows` in each table."""
    sizes = rows * program.widths
    bases = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    values = np.zeros(int(sizes.sum()), dtype=np.int64)
    valid = np.zeros(values.size, dtype=np.uint8)
    kernel.fill(program.code, data, starts, ends, program.widths, bases, values, valid)
    return AvroRecords(program, 0, data, rows, bases, values, valid)


@dataclass
class AvroRecords:
    """Decoded AVRO records (one table of them)."""

    program: Program
    table: int
    data: np.ndarray
    rows: np.ndarray
    bases: np.ndarray
    values: np.ndarray
    valid: np.ndarray

    @property
    def num_rows(self) -> int:
        """Return the number of rows."""
        return int(self.rows[self.table])

    @property
    def paths(self) -> list[str]:
        """Return the paths of all scalar fields."""
        return list(self.program.tables[self.table].columns)

    def branches(self, path: str) -> Iterable[str]:
        """Return the further columns of a field that is a union of several types."""
        return self.program.tables[self.table].branches.get(path, ())

    @property
    def parents(self) -> np.ndarray:
        """Return the parent row of each row, (num_rows,) int64."""
        return self._slot(self.values, 0)

    def column(self, path: str) -> pa.Array | None:
        """Return a scalar field of every row; None if the schema has no such."""
        column = self.program.tables[self.table].columns.get(path)
        if column is None:
            return None
        values = self._slot(self.values, column.slot)
        missing = self._slot(self.valid, column.slot) == 0
        if column.kind in ("string", "bytes"):
            return self._binary(column, values, missing)
        if column.kind == "enum":
            unknown = (values < 0) | (values >= len(column.symbols))
            index = pa.array(values, mask=missing | unknown)
            return pc.take(pa.array(column.symbols, pa.string()), index)
        return pa.array(_as_type(values, column.kind), mask=missing)

    def child(self, path: str) -> "AvroRecords | None":
        """Return the items of an array field; None if the schema has no such."""
        table = self.program.tables[self.table].children.get(path)
        if table is None:
            return None
        return AvroRecords(
            self.program, table, self.data, self.rows, self.bases, self.values, self.valid
        )

    def absent(self, path: str) -> np.ndarray | None:
        """Return where a record or an array is null, (num_rows,) bool; None if it never can be."""
        slot = self.program.tables[self.table].present.get(path)
        return None if slot is None else self._slot(self.valid, slot) == 0

    def _slot(self, values: np.ndarray, slot: int) -> np.ndarray:
        width = self.program.tables[self.table].width
        base = self.bases[self.table]
        return np.ascontiguousarray(values[base + slot : base + self.num_rows * width : width])

    def _binary(self, column: Column, positions: np.ndarray, missing: np.ndarray) -> pa.Array:
        sizes = self._slot(self.values, column.slot + 1)
        offsets = np.zeros(sizes.size + 1, dtype=np.int64)
        np.cumsum(sizes, out=offsets[1:])
        content = np.empty(int(offsets[-1]), dtype=np.uint8)
        kernel.gather(self.data, positions, sizes, content)
        bitmap = pa.array(~missing).buffers()[1] if missing.any() else None
        array = pa.Array.from_buffers(
            pa.large_binary(),
            sizes.size,
            [bitmap, pa.py_buffer(offsets), pa.py_buffer(content)],
            null_count=int(missing.sum()),
        )
        return array if column.kind == "bytes" else _text(array)


def _as_type(values: np.ndarray, kind: str) -> np.ndarray:
    if kind == "double":
        return values.view(np.float64)
    if kind == "float":
        return values.astype(np.uint32).view(np.float32)
    return values != 0 if kind == "boolean" else values


def _text(array: pa.Array) -> pa.Array:
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:  # a string that is not UTF-8: keep what can be read of it
        return pa.array(
            [None if v is None else v.decode("utf-8", "replace") for v in array.to_pylist()],
            pa.string(),
        )
