"""The compiled loops that write columns as BSON (see `bson_documents`).

Each writes one column's part of all documents, and moves `at`, where each document goes on.
Nothing is imported from the package: numba's cache notices changes of a function's own
module only.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_ABSENT = 0  # no type of BSON: the element is left out
_NULL = 10
_INT32, _INT64 = 16, 18


@njit(cache=True, nogil=True)
def integer_types(values: Ints, present: Bytes, types: Bytes, sizes: Ints) -> None:
    """Choose int32 for what fits, as MongoDB's drivers do."""
    for i in range(values.size):
        if present[i]:
            small = -(2**31) <= values[i] < 2**31
            types[i] = _INT32 if small else _INT64
            sizes[i] = 4 if small else 8


@njit(cache=True, nogil=True)
def add_named(types: Bytes, sizes: Ints, name: int, total: Ints) -> None:
    """Add the sizes of elements with a name of so many bytes: type, name, 0, value."""
    for i in range(types.size):
        if types[i] != _ABSENT:
            total[i] += 2 + name + sizes[i]


@njit(cache=True, nogil=True)
def number_items(counts: Ints, types: Bytes, sizes: Ints, elements: Ints, total: Ints) -> None:
    """Work out the sizes of items, whose names are their numbers, and add them up by list."""
    j = 0
    for i in range(counts.size):
        digits, limit = 1, 10
        for k in range(counts[i]):
            if k == limit:
                digits += 1
                limit *= 10
            elements[j] = 2 + digits + sizes[j]
            total[i] += elements[j]
            j += 1


@njit(cache=True, nogil=True)
def put_sizes(out: Bytes, at: Ints, types: Bytes, sizes: Ints) -> None:
    """Write how many bytes a document or list has, at its beginning."""
    for i in range(at.size):
        if types[i] != _ABSENT and types[i] != _NULL:
            pos, size = at[i], sizes[i]
            for k in range(4):
                out[pos + k] = (size >> (8 * k)) & 0xFF
            at[i] = pos + 4


@njit(cache=True, nogil=True)
def put_end(out: Bytes, at: Ints, types: Bytes) -> None:
    """Write the 0 that ends a document or list."""
    for i in range(at.size):
        if types[i] != _ABSENT and types[i] != _NULL:
            out[at[i]] = 0
            at[i] += 1


@njit(cache=True, nogil=True)
def put_name(out: Bytes, at: Ints, types: Bytes, name: Bytes) -> None:
    """Write type and name of an element of each document."""
    for i in range(at.size):
        if types[i] != _ABSENT:
            pos = at[i]
            out[pos] = types[i]
            for k in range(name.size):
                out[pos + 1 + k] = name[k]
            pos += 1 + name.size
            out[pos] = 0
            at[i] = pos + 1


@njit(cache=True, nogil=True)
def put_numbers(
    out: Bytes, at: Ints, counts: Ints, types: Bytes, elements: Ints, items: Ints
) -> None:
    """Write types and numbers of the items of each list; `items` is where their values go."""
    j = 0
    for i in range(counts.size):
        pos = at[i]
        digits, limit = 1, 10
        for k in range(counts[i]):
            if k == limit:
                digits += 1
                limit *= 10
            out[pos] = types[j]
            rest = k
            for d in range(digits):
                out[pos + digits - d] = 48 + rest % 10
                rest //= 10
            out[pos + 1 + digits] = 0
            items[j] = pos + 2 + digits
            pos += elements[j]
            j += 1
        at[i] = pos


@njit(cache=True, nogil=True)
def put_fixed(out: Bytes, at: Ints, types: Bytes, sizes: Ints, values: Bytes) -> None:
    """Write the first `sizes` bytes of each value, little-endian in rows of `values`."""
    for i in range(at.size):
        if types[i] != _ABSENT:
            pos, size = at[i], sizes[i]
            for k in range(size):
                out[pos + k] = values[i, k]
            at[i] = pos + size


@njit(cache=True, nogil=True)
def put_bytes(
    out: Bytes, at: Ints, types: Bytes, starts: Ints, lengths: Ints, data: Bytes, text: bool
) -> None:
    """Write text (its length with the 0 that ends it) or bytes (of the generic kind)."""
    for i in range(at.size):
        if types[i] != _ABSENT and types[i] != _NULL:
            pos, start, length = at[i], starts[i], lengths[i]
            said = length + 1 if text else length
            for k in range(4):
                out[pos + k] = (said >> (8 * k)) & 0xFF
            pos += 4
            if not text:
                out[pos] = 0
                pos += 1
            for k in range(length):
                out[pos + k] = data[start + k]
            pos += length
            if text:
                out[pos] = 0
                pos += 1
            at[i] = pos
