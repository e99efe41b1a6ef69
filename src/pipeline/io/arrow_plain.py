"""Arrow tables in the few types that the readers know, whatever the writer chose.

Writers differ in how they lay out the same values: pandas' categories are dictionaries,
polars' text is a view, numpy's arrays are lists of a fixed size. And Arrow checks no text
as it reads parquet: what is not UTF-8 would fail wherever it is first looked at.
"""

from collections.abc import Callable

import pyarrow as pa

_LISTS = (pa.types.is_list, pa.types.is_fixed_size_list, pa.types.is_list_view)
_LARGE_LISTS = (pa.types.is_large_list, pa.types.is_large_list_view)
_VIEWS = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
_BYTES = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}


def plain_table(table: pa.Table) -> pa.Table:
    """Return a table with the same values in plain types.

    Dictionaries are decoded; views, lists of a fixed size and extensions become what they
    stand for. In text that is not UTF-8 the bytes that are none become U+FFFD, as with AVRO.

    Raises
    ------
    pyarrow.ArrowException
        If a column cannot be cast, or is damaged otherwise than in its text.
    """
    schema = pa.schema([pa.field(f.name, _plain_type(f.type)) for f in table.schema])
    table = table.cast(schema) if table.schema.types != schema.types else table
    for i, column in enumerate(table.columns):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            table = table.set_column(i, schema.field(i), _repaired(column))
    return table


def _plain_type(type_: pa.DataType) -> pa.DataType:
    if isinstance(type_, pa.BaseExtensionType):
        return _plain_type(type_.storage_type)
    if pa.types.is_dictionary(type_):
        return _plain_type(type_.value_type)
    return _VIEWS.get(type_) or _nested(type_, _plain_type)


def _nested(type_: pa.DataType, inner: Callable[[pa.DataType], pa.DataType]) -> pa.DataType:
    """Return a struct, or list of any kind, of inner types; any other type as it is."""
    if pa.types.is_struct(type_):
        return pa.struct([pa.field(f.name, inner(f.type)) for f in type_])
    if any(is_list(type_) for is_list in _LISTS):
        return pa.list_(inner(type_.value_type))
    if any(is_list(type_) for is_list in _LARGE_LISTS):
        return pa.large_list(inner(type_.value_type))
    return type_


def _repaired(column: pa.ChunkedArray) -> pa.Array:
    """Return a column, of plain type, whose text is not all UTF-8, with text that is."""
    as_bytes = column.cast(_with_bytes_for_text(column.type))
    as_bytes.validate(full=True)
    values = [_decoded(value, column.type) for value in as_bytes.to_pylist()]
    return pa.array(values, column.type)


def _with_bytes_for_text(type_: pa.DataType) -> pa.DataType:
    return _BYTES.get(type_) or _nested(type_, _with_bytes_for_text)


def _decoded(value: object, type_: pa.DataType) -> object:
    if value is None:
        return None
    if type_ in _BYTES:
        return value.decode("utf-8", "replace")
    if pa.types.is_struct(type_):
        return {f.name: _decoded(value[f.name], f.type) for f in type_}
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return [_decoded(item, type_.value_type) for item in value]
    return value
