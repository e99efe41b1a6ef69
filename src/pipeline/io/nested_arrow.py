"""Nested columns of parquet in the few types of `pipeline.io.nested`."""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.io.text import is_text


def in_plain_types(
    array: pa.StructArray, skip: Collection[str] = ()
) -> tuple[pa.StructArray, list[str]]:
    """Return a struct with all its fields in plain types, and the paths of those left out.

    Parameters
    ----------
    array : pyarrow.StructArray
        As `pipeline.io.arrow_plain.plain_table` leaves it.
    skip : collection of str
        Fields of the struct itself that are not wanted.
    """
    left_out: list[str] = []
    result = _struct(array, "", left_out, in_list=False, skip=skip)
    return result, left_out


def _struct(
    array: pa.StructArray,
    where: str,
    left_out: list[str],
    in_list: bool,
    skip: Collection[str] = (),
) -> pa.StructArray:
    arrays = {}
    for i, item in enumerate(array.type):
        if item.name in skip:
            continue
        made = _plain(pc.struct_field(array, i), f"{where}{item.name}", left_out, in_list)
        if made is None:
            left_out.append(f"{where}{item.name}")
        else:
            arrays[item.name] = made
    arrays = arrays or {"_": pa.nulls(len(array))}
    return pa.StructArray.from_arrays(list(arrays.values()), list(arrays), mask=array.is_null())


def _plain(array: pa.Array, path: str, left_out: list[str], in_list: bool) -> pa.Array | None:
    """Return an array in plain types; None if it can be none."""
    kind = array.type
    if pa.types.is_struct(kind):
        return _struct(array, f"{path}.", left_out, in_list)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        items = _plain(pc.list_flatten(array), f"{path}.", left_out, in_list=True)
        return None if items is None else _list(array, items)
    type_ = _plain_type(kind)
    if type_ is None:
        return None
    try:
        plain = array.cast(type_)
    except pa.ArrowInvalid:  # beyond int64
        return None
    return pc.if_else(pc.is_nan(plain), None, plain) if in_list and type_ == pa.float64() else plain


def _plain_type(kind: pa.DataType) -> pa.DataType | None:
    """Return the plain type of a scalar; None if it has none."""
    if is_text(kind):
        return pa.string()
    if pa.types.is_integer(kind):
        return pa.int32() if kind.bit_width <= 16 or kind == pa.int32() else pa.int64()
    if pa.types.is_floating(kind):
        return pa.float64()
    return kind if pa.types.is_boolean(kind) or pa.types.is_null(kind) else None


def _list(array: pa.Array, items: pa.Array) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(array), 0).cast(pa.int64())
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(lengths)])
    return pa.ListArray.from_arrays(offsets.cast(pa.int32()), items, mask=array.is_null())
