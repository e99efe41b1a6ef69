"""Arrow tables in the few types that the readers know, whatever the writer chose.

Writers differ in how they lay out the same values: pandas' categories are dictionaries,
polars' text is a view, numpy's arrays are lists of a fixed size. And Arrow checks no text
as it reads parquet: what is not UTF-8 would fail wherever it is first looked at.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ODD_LISTS = (
    pa.types.is_fixed_size_list, pa.types.is_list_view, pa.types.is_large_list_view,
)  # fmt: skip
_VIEWS = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
_BYTES_OF_TEXT = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}


def plain_table(table: pa.Table) -> pa.Table:
    """Return a table with the same values in plain types.

    Dictionaries are decoded; views, lists of a fixed size and extensions become what they
    stand for. In text that is not UTF-8 the bytes that are none become U+FFFD, as with AVRO.

    Raises
    ------
    pyarrow.ArrowException
        If a column is damaged otherwise than in its text.
    """
    for i, column in enumerate(table.columns):
        if _is_plain(column.type) and _is_valid(column):
            continue
        array = pa.concat_arrays(column.chunks) if column.chunks else pa.array([], column.type)
        array = _plain(array)
        array.validate(full=True)
        table = table.set_column(i, table.schema.names[i], array)
    return table


def _is_valid(column: pa.ChunkedArray | pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _is_odd_list(type_: pa.DataType) -> bool:
    return any(is_list(type_) for is_list in _ODD_LISTS)


def _is_list(type_: pa.DataType) -> bool:
    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_))


def _is_plain(type_: pa.DataType) -> bool:
    if isinstance(type_, pa.BaseExtensionType) or pa.types.is_dictionary(type_):
        return False
    if _is_list(type_):
        return _is_plain(type_.value_type)
    if pa.types.is_struct(type_):
        return all(_is_plain(item.type) for item in type_)
    return type_ not in _VIEWS and not _is_odd_list(type_)


def _plain(array: pa.Array) -> pa.Array:
    """Return an array in plain types, with text that is UTF-8.

    Built level by level: Arrow's own casts of nested dictionaries and of list views give
    arrays that it calls invalid itself (version 26).
    """
    array = _unwrapped(array)
    type_ = array.type
    if type_ in _BYTES_OF_TEXT:
        return array if _is_valid(array) else _replaced(array)
    if pa.types.is_struct(type_) and type_.num_fields:
        fields = [_plain(item) for item in array.flatten()]
        names = [item.name for item in type_]
        return pa.StructArray.from_arrays(fields, names, mask=array.is_null())
    if _is_list(type_) or _is_odd_list(type_):
        return _plain_list(array)
    return array


def _unwrapped(array: pa.Array) -> pa.Array:
    """Return what an extension, a dictionary or a view stands for."""
    if isinstance(array.type, pa.BaseExtensionType):
        return _unwrapped(array.storage)
    if pa.types.is_dictionary(array.type):
        return _unwrapped(array.dictionary_decode())
    return array.cast(_VIEWS[array.type]) if array.type in _VIEWS else array


def _plain_list(array: pa.Array) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    items = _plain(pc.list_flatten(array))
    return pa.LargeListArray.from_arrays(pa.array(offsets), items, mask=array.is_null())


def _replaced(text: pa.Array) -> pa.Array:
    values = text.view(_BYTES_OF_TEXT[text.type]).to_pylist()
    return pa.array([v if v is None else v.decode("utf-8", "replace") for v in values], text.type)
