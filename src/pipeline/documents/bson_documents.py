"""Nested columns → BSON documents, column by column: a hundredth of what Python's dicts cost.

Source of the format: https://bsonspec.org/spec.html, version 1.1.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.documents import bson_kernel as kernel

DOUBLE, STRING, DOCUMENT, ARRAY, BINARY, BOOLEAN, NULL = 1, 2, 3, 4, 5, 8, 10
_FRAME = 5
"""Bytes of a document or list without elements: its size, and the 0 at its end."""

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class _Column(Protocol):
    """The n values of a column: their types (0 where left out), sizes [bytes], and bytes."""

    types: Bytes
    sizes: Ints

    def put(self, out: Bytes, at: Ints) -> None:
        """Write the values and move `at` behind them."""


def documents(
    table: pa.Table, sparse: Collection[str] = (), nulls: bool = True
) -> tuple[Bytes, Ints]:
    """Return the rows of a table as BSON documents.

    Null is null, but left out in documents that are items of a list, as brokers do. Integers
    that fit are int32, as the drivers make them of Python's.

    Parameters
    ----------
    table : pyarrow.Table
        n rows of integers, floats, text, booleans, bytes, structs and lists of these.
    sparse : collection of str
        Columns in whose documents null is left out as well.
    nulls : bool
        If not, null is left out everywhere.

    Returns
    -------
    data : numpy.ndarray, uint8
        All documents, one after the other.
    bounds : numpy.ndarray, int64, shape (n + 1,)
        Where each begins, and the last ends.

    Raises
    ------
    ValueError
        If a column is of another type.
    """
    batches = table.combine_chunks().to_batches() or [_empty(table.schema)]
    arrays = dict(zip(table.column_names, batches[0].columns, strict=True))
    whole = _Document(arrays, np.ones(table.num_rows, bool), not nulls, sparse=sparse)
    bounds = np.concatenate([[0], np.cumsum(whole.sizes)])
    out = np.empty(int(bounds[-1]), np.uint8)
    whole.put(out, bounds[:-1].copy())
    return out, bounds


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)


def split(data: Bytes, bounds: Ints) -> list[bytes]:
    """Return each document's bytes."""
    whole, ends = data.tobytes(), bounds.tolist()
    return [whole[a:b] for a, b in pairwise(ends)]


def _column(array: pa.Array, present: NDArray[np.bool_], in_list: bool, keep: bool) -> _Column:
    """Return a column; where it is null it is null, or left out unless `keep`."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    valid = present & np.asarray(array.is_valid())
    absent = np.where(present & keep, NULL, 0).astype(np.uint8)
    if pa.types.is_struct(kind):
        arrays = dict(zip([f.name for f in kind], array.flatten(), strict=True))
        return _Document(arrays, valid, in_list, absent)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _List(array, valid, absent)
    if pa.types.is_null(kind):
        return _Fixed(absent, np.zeros(len(array), np.int64), np.zeros((len(array), 0), np.uint8))
    if _is_bytes(kind):
        return _Text(array, valid, absent)
    return _numbers(array, valid, absent)


def _is_bytes(kind: pa.DataType) -> bool:
    of = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
    return any(is_of(kind) for is_of in (*of, pa.types.is_large_binary))


@dataclass
class _Fixed:
    types: Bytes
    sizes: Ints
    values: Bytes

    def put(self, out: Bytes, at: Ints) -> None:
        kernel.put_fixed(out, at, self.types, self.sizes, self.values)


def _numbers(array: pa.Array, valid: NDArray[np.bool_], absent: Bytes) -> _Fixed:
    types, sizes = absent.copy(), np.zeros(len(array), np.int64)
    if pa.types.is_boolean(array.type):
        flags = np.asarray(pc.fill_null(array, False)).astype(np.uint8)
        types[valid], sizes[valid] = BOOLEAN, 1
        return _Fixed(types, sizes, flags.reshape(-1, 1))
    if pa.types.is_floating(array.type):
        values = np.ascontiguousarray(pc.fill_null(array.cast(pa.float64()), 0.0), "<f8")
        types[valid], sizes[valid] = DOUBLE, 8
    elif pa.types.is_integer(array.type):
        values = np.ascontiguousarray(pc.fill_null(array.cast(pa.int64()), 0), "<i8")
        kernel.integer_types(values, valid.view(np.uint8), types, sizes)
    else:
        raise ValueError(f"no document can hold a column of {array.type}")
    return _Fixed(types, sizes, values.view(np.uint8).reshape(-1, 8))


class _Text:
    def __init__(self, array: pa.Array, valid: NDArray[np.bool_], absent: Bytes) -> None:
        self._is_text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
        array = array.cast(pa.large_binary())
        _, offsets, data = array.buffers()
        ends = np.frombuffer(offsets, np.int64)[array.offset :][: len(array) + 1]
        self._starts, self._lengths = ends[:-1], np.diff(ends)
        self._data = np.frombuffer(data or b"", np.uint8)
        self.types = np.where(valid, STRING if self._is_text else BINARY, absent).astype(np.uint8)
        self.sizes = np.where(valid, self._lengths + 5, 0)

    def put(self, out: Bytes, at: Ints) -> None:
        kernel.put_bytes(
            out, at, self.types, self._starts, self._lengths, self._data, self._is_text
        )


class _Document:
    def __init__(
        self,
        arrays: dict[str, pa.Array],
        valid: NDArray[np.bool_],
        in_list: bool,
        absent: Bytes | None = None,
        sparse: Collection[str] = (),
    ) -> None:
        self.types = np.where(valid, DOCUMENT, 0 if absent is None else absent).astype(np.uint8)
        self.sizes = np.where(valid, _FRAME, 0)
        self._columns = []
        for name, array in arrays.items():
            column = _column(array, valid, in_list or name in sparse, keep=not in_list)
            key = np.frombuffer(name.encode(), np.uint8)
            self._columns.append((key, column))
            kernel.add_named(column.types, column.sizes, key.size, self.sizes)

    def put(self, out: Bytes, at: Ints) -> None:
        kernel.put_sizes(out, at, self.types, self.sizes)
        for key, column in self._columns:
            kernel.put_name(out, at, column.types, key)
            column.put(out, at)
        kernel.put_end(out, at, self.types)


class _List:
    def __init__(self, array: Any, valid: NDArray[np.bool_], absent: Bytes) -> None:
        if not valid.all():
            array = pc.if_else(pa.array(valid), array, pa.scalar(None, array.type))
        self._counts = np.asarray(pc.fill_null(pc.list_value_length(array), 0)).astype(np.int64)
        items = array.flatten()  # leaves out what null lists hide
        self._items = _column(items, np.ones(len(items), bool), in_list=True, keep=True)
        self._elements = np.zeros(len(items), np.int64)
        self.types = np.where(valid, ARRAY, absent).astype(np.uint8)
        self.sizes = np.where(valid, _FRAME, 0)
        kernel.number_items(
            self._counts, self._items.types, self._items.sizes, self._elements, self.sizes
        )

    def put(self, out: Bytes, at: Ints) -> None:
        kernel.put_sizes(out, at, self.types, self.sizes)
        where = np.empty(len(self._elements), np.int64)
        kernel.put_numbers(out, at, self._counts, self._items.types, self._elements, where)
        self._items.put(out, where)
        kernel.put_end(out, at, self.types)
