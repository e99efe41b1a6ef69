"""Arrow arrays around numpy's, without pandas.

``pyarrow.array`` imports pandas to see whether it was given something of it: a third of a
second, more than all else that a command for one position does.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def to_arrow(values: NDArray[np.generic], null: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return numbers as an Arrow array; they are not copied.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Integers or floats.
    null : ndarray of bool, shape (n,), optional
        Where the array is null.

    >>> to_arrow(np.array([1, 2]), null=np.array([False, True])).to_pylist()
    [1, None]
    """
    valid = None if null is None else pa.py_buffer(np.packbits(~null, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [valid, data])


def flags_to_arrow(values: NDArray[np.bool_]) -> pa.Array:
    """Return flags as an Arrow array.

    >>> flags_to_arrow(np.array([True, False])).to_pylist()
    [True, False]
    """
    data = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, data])


def text_to_arrow(values: Sequence[str]) -> pa.Array:
    """Return text as an Arrow array.

    >>> text_to_arrow(["a", "", "Å"]).to_pylist()
    ['a', '', 'Å']
    """
    encoded = [value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    data = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), data)


def from_arrow(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return a column of numbers without nulls as numpy's; ``to_numpy`` imports pandas too.

    >>> from_arrow(pa.chunked_array([[1.5], [2.5]]))
    array([1.5, 2.5])
    """
    parts = [np.from_dlpack(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.empty(0, column.type.to_pandas_dtype())
