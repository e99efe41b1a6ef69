"""What types a packet's fields have, in AVRO's words, whether it is AVRO or a parquet row."""

from collections.abc import Iterator

import pyarrow as pa

from pipeline.io.avro_program import Program
from pipeline.io.text import is_text

FieldTypes = dict[str, frozenset[str]]
"""Dotted path → the types that its values may have, null left out; a field of an array's items
is written as if the array were a record, and items that are no records as a field without a
name. Words: boolean, int, long, float, double, string, enum,
bytes, record, array, the names of logical types (timestamp-micros, decimal, uuid), and Arrow's
own where AVRO has none (timestamp[us])."""

_WORDS = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_float64, "double"),
    (pa.types.is_decimal, "double"),
    (pa.types.is_floating, "float"),
    (is_text, "string"),
    (pa.types.is_binary, "bytes"),
    (pa.types.is_large_binary, "bytes"),
    (pa.types.is_fixed_size_binary, "bytes"),
    (pa.types.is_struct, "record"),
    (pa.types.is_map, "array"),
    (pa.types.is_nested, "array"),
)


def types_of_program(program: Program) -> FieldTypes:
    """Return the types of all fields of a compiled AVRO schema."""
    found: dict[str, set[str]] = {}
    for path, kind in _columns(program, 0, ""):
        name = path.partition(":")[0]  # further branches of a union: see `Layout`
        found.setdefault(name, set()).add(kind)
        while "." in name:
            name = name.rpartition(".")[0]
            found.setdefault(name, set()).add("record")
    arrays = {path for path, kind in _columns(program, 0, "") if kind == "array"}
    return {
        path: frozenset(kinds - {"record"} if path in arrays else kinds)
        for path, kinds in found.items()
    }


def _columns(program: Program, table: int, prefix: str) -> Iterator[tuple[str, str]]:
    layout = program.tables[table]
    for path, column in layout.columns.items():
        yield prefix + path, column.meaning
    for path, child in layout.children.items():
        yield prefix + path, "array"
        yield from _columns(program, child, f"{prefix}{path}.")


def types_of_table(schema: pa.Schema) -> FieldTypes:
    """Return the types of all fields of a table with nested columns."""
    return dict(_fields(schema, ""))


def _fields(fields: pa.Schema | pa.StructType, prefix: str) -> Iterator[tuple[str, frozenset[str]]]:
    for item in fields:
        path, type_ = prefix + item.name, item.type
        yield path, frozenset() if pa.types.is_null(type_) else frozenset([_word(type_)])
        if pa.types.is_list(type_) or pa.types.is_large_list(type_):
            type_ = type_.value_type
            if not pa.types.is_struct(type_) and not pa.types.is_null(type_):
                yield f"{path}.", frozenset([_word(type_)])
        if pa.types.is_struct(type_):
            yield from _fields(type_, f"{path}.")


def _word(type_: pa.DataType) -> str:
    if pa.types.is_dictionary(type_):
        return _word(type_.value_type)
    if pa.types.is_integer(type_):
        return "long" if type_.bit_width == 64 else "int"
    return next((word for is_type, word in _WORDS if is_type(type_)), str(type_))
