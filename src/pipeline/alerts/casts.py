"""Values as packets have them → the types of the tables' columns."""

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.io.text import integers, is_text, reals

# What surveys write for "the source is brighter than in the template", in any case.
_TRUE = ("t", "true", "y", "yes", "1", "1.0")
_FALSE = ("f", "false", "n", "no", "0", "0.0")
# Below, a float of so many bits has every integer; from here on it may stand for several.
_EXACT = {16: 2**11, 32: 2**24, 64: 2**53}
_CANNOT = (pa.ArrowInvalid, pa.ArrowNotImplementedError)


def as_type(array: pa.Array | None, type_: pa.DataType, rows: int) -> pa.Array:
    """Return a field in its column's type; null where it cannot be said in it.

    Parameters
    ----------
    array : pyarrow.Array or None, shape (rows,)
        As the packets have it; None if they do not.
    type_ : pyarrow.DataType
        Boolean, an integer, float32, float64 or string.
    rows : int

    Returns
    -------
    pyarrow.Array of `type_`, shape (rows,)
        Null is what `type_` cannot hold: text that is no number, a double beyond float32, an
        integer that a double gives from 2^53 on (it may be another), and, for a boolean, all
        that is neither true (``t``, ``true``, ``y``, ``yes``, ``1`` in any case, 1) nor false
        (``f``, ``false``, ``n``, ``no``, ``0``, 0). NaN and infinities stay in floats.

    Examples
    --------
    >>> as_type(pa.array(["True", "f", "maybe"]), pa.bool_(), 3).to_pylist()
    [True, False, None]
    >>> as_type(pa.array([1.5, 1e39]), pa.float32(), 2).to_pylist()
    [1.5, None]
    """
    if array is None or pa.types.is_null(array.type):
        return pa.nulls(rows, type_)
    if pa.types.is_dictionary(array.type):  # pandas' categories
        array = array.dictionary_decode()
    if array.type == type_:
        return array
    if pa.types.is_boolean(type_):
        return _flag(array)
    if pa.types.is_integer(type_):
        return _cast(_integral(array), type_)
    if pa.types.is_floating(type_):
        return _float(array, type_)
    if pa.types.is_floating(array.type):  # pandas' text that is missing in all rows
        array = pc.if_else(pc.is_finite(array), array, None)
    return _cast(array, type_)


def _cast(array: pa.Array, type_: pa.DataType) -> pa.Array:
    try:
        return array.cast(type_)
    except _CANNOT:
        return pa.array([_one(value, type_) for value in array], type_)


def _one(value: pa.Scalar, type_: pa.DataType) -> pa.Scalar | None:
    try:
        return value.cast(type_)
    except _CANNOT:
        return None


def _integral(array: pa.Array) -> pa.Array:
    """Return what may be cast to an integer; the rest null."""
    if is_text(array.type):
        return integers(array)
    if pa.types.is_floating(array.type):  # pandas' integers with gaps
        wide = array.cast(pa.float64())
        exact = pc.less(pc.abs(wide), float(_EXACT[array.type.bit_width]))
        return pc.if_else(exact, wide, None)
    return array if _is_number(array.type) else pa.nulls(len(array))


def _float(array: pa.Array, type_: pa.DataType) -> pa.Array:
    if is_text(array.type):
        array = reals(array)
    elif not _is_number(array.type):
        return pa.nulls(len(array), type_)
    cast = _cast(array, type_)
    became = pc.is_inf(cast)
    if pa.types.is_floating(array.type):
        became = pc.and_not(became, pc.is_inf(array))
    return pc.if_else(became, None, cast)


def _is_number(type_: pa.DataType) -> bool:
    """Return whether it is a type of numbers: a time is none, though Arrow counts it."""
    kinds = pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean
    return any(is_kind(type_) for is_kind in kinds)


def _flag(array: pa.Array) -> pa.Array:
    if is_text(array.type):
        words = array.cast(pa.large_string()).dictionary_encode()  # a few, many times over
        return _flag_of_words(words.dictionary).take(words.indices)
    if pa.types.is_boolean(array.type):
        return array
    if not _is_number(array.type):
        return pa.nulls(len(array), pa.bool_())
    number = _float(array, pa.float64())
    true, false = pc.equal(number, 1.0), pc.equal(number, 0.0)
    return pc.if_else(pc.or_(true, false), true, None)


def _flag_of_words(words: pa.Array) -> pa.Array:
    text = pc.utf8_lower(pc.utf8_trim_whitespace(words))
    true, false = (pc.is_in(text, pa.array(list(w), text.type)) for w in (_TRUE, _FALSE))
    return pc.if_else(pc.or_(true, false), true, None)
