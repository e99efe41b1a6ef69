"""Values as packets have them → the types of the tables' columns."""

import pyarrow as pa
import pyarrow.compute as pc

# What surveys write for "the source is brighter than in the template".
_TRUE = ("t", "T", "1", "y", "Y", "true", "1.0")
_CANNOT = (pa.ArrowInvalid, pa.ArrowNotImplementedError)


def as_type(array: pa.Array | None, type_: pa.DataType, rows: int) -> pa.Array:
    """Return a field in its column's type; null where it cannot be said in it."""
    if array is None or pa.types.is_null(array.type):
        return pa.nulls(rows, type_)
    if pa.types.is_dictionary(array.type):  # pandas' categories
        array = array.dictionary_decode()
    if array.type == type_:
        return array
    if pa.types.is_boolean(type_):
        return _flag(array)
    if pa.types.is_integer(type_) and pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_finite(array), array, None)  # pandas' integers with gaps
    try:
        return array.cast(type_)
    except _CANNOT:
        pass
    return pa.array([_one(value, type_) for value in array], type_)


def _one(value: pa.Scalar, type_: pa.DataType) -> pa.Scalar | None:
    try:
        return value.cast(type_)
    except _CANNOT:
        return None


def _flag(array: pa.Array) -> pa.Array:
    if pa.types.is_boolean(array.type):
        return array
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        known = pc.is_in(array, pa.array(_TRUE, array.type))
        return pc.if_else(pc.is_null(array), pa.scalar(None, pa.bool_()), known)
    if pa.types.is_floating(array.type) or pa.types.is_integer(array.type):
        return pc.not_equal(array, pa.scalar(0, array.type))
    return pa.nulls(len(array), pa.bool_())
