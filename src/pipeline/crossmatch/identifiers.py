"""What names a row of a catalogue, as text that is the same as in the file."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

EXACT = 2.0**53
"""Below it every integer is a double of its own (IEEE 754, 53 bits of significand)."""


def identifiers(column: pa.Array, name: str, source: str) -> pa.Array:
    """Return identifiers in a type whose text is what the file has.

    Floats that are integers below 2^53 become integers, NaN becomes null; bytes become text.

    Parameters
    ----------
    column : pyarrow.Array, shape (n,)
    name, source : str
        Column and file, for what is raised.

    Raises
    ------
    ValueError
        If floats are no integers or perhaps rounded, bytes are no UTF-8, or values are
        neither numbers, text, dates nor booleans.

    Examples
    --------
    >>> identifiers(pa.array([123.0, None]), "id", "c.fits").cast(pa.string()).to_pylist()
    ['123', None]
    """
    where = f"{source}: column {name!r} cannot be id"
    if pa.types.is_floating(column.type):
        return _integers(column, where)
    of_bytes = _is_bytes(column.type)
    try:  # whether matches can make text of them; bytes have to be looked at for that
        text = (column if of_bytes else column[:0]).cast(pa.string())
    except pa.ArrowInvalid as error:
        raise ValueError(f"{where}: it holds bytes that are not UTF-8 text") from error
    except pa.ArrowNotImplementedError as error:
        raise ValueError(f"{where}: it holds {column.type}, neither numbers nor text") from error
    return text if of_bytes else column


def _is_bytes(type_: pa.DataType) -> bool:
    kinds = (
        pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view,
        pa.types.is_fixed_size_binary,
    )  # fmt: skip
    return any(is_kind(type_) for is_kind in kinds)


def _integers(column: pa.Array, where: str) -> pa.Array:
    values = pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    missing = np.isnan(values)
    wrong = ~missing & ~((np.abs(values) < EXACT) & (values == np.trunc(values)))
    if wrong.any():
        raise ValueError(
            f"{where}: it holds floats as {values[wrong][0]!s}, and only integers below 2^53 "
            "are exact as such; store it as integers or text"
        )
    return pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)
