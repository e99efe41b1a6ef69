"""From a table's schema to what its documents can have.

A column's metadata says what its NULLs mean: ``nulls`` = ``null`` (a stored null, the default)
or ``missing``; ``bson`` = ``box`` for a struct that is a box of several kinds
(`pipeline.documents.types`), ``oid`` for a string that is an ObjectId; ``name`` is the field's
name in documents where the column's had to differ; ``finite`` says that its floats are never
NaN or infinite; ``width`` = ``long`` that its integers are longs whatever their size, ``unsure``
that some are and some are not (without it those are that have more than 32 bits).
"""

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from pipeline.documents.types import ALL_LONG, BY_SIZE, UNSURE, Alternative, Field, Type

NULLS, BSON, NAME, FINITE, WIDTH = b"nulls", b"bson", b"name", b"finite", b"width"
_INTEGERS = {
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
}


def fields_of(fields: Iterable[pa.Field]) -> tuple[Field, ...]:
    """Give the fields of documents that lie in some columns.

    Parameters
    ----------
    fields : iterable of pyarrow.Field
        A schema, or a struct's fields.

    Returns
    -------
    tuple of Field
    """
    return tuple(_field(g) for g in fields if (g.metadata or {}).get(BSON) != b"nothing")


def _field(given: pa.Field) -> Field:
    notes = given.metadata or {}
    name = notes.get(NAME, given.name.encode()).decode()
    return Field(name, given.name, _type(given))


def _type(given: pa.Field) -> Type:
    notes = given.metadata or {}
    if notes.get(BSON) == b"box":
        return _box(given)
    means_missing = notes.get(NULLS) == b"missing"
    null = given.nullable and not means_missing
    missing = given.nullable and means_missing
    if pa.types.is_null(given.type) or notes.get(BSON) == b"none":
        return Type((), not means_missing, means_missing)
    return Type((_alternative(given),), null, missing)


def _box(given: pa.Field) -> Type:
    """Read a struct with a slot a kind."""
    found, null_slot = [], ""
    for slot in given.type:
        if slot.name == "null":
            null_slot = slot.name
            continue
        one = _alternative(slot)
        found.append(replace(one, slot=slot.name))
    missing = given.nullable and (given.metadata or {}).get(NULLS) == b"missing"
    return Type(tuple(found), bool(null_slot), missing, True, null_slot)


def _alternative(given: pa.Field) -> Alternative:  # noqa: PLR0911 (a case a type)
    kind = given.type
    notes = given.metadata or {}
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if kind in _INTEGERS:
        width = {b"long": ALL_LONG, b"unsure": UNSURE}.get(notes.get(WIDTH, b""), BY_SIZE)
        return Alternative("int", _INTEGERS[kind], width=width)
    if pa.types.is_float32(kind) or pa.types.is_float64(kind):
        store = "DOUBLE" if pa.types.is_float64(kind) else "FLOAT"
        return Alternative("double", store, finite=FINITE in notes)
    if pa.types.is_boolean(kind):
        return Alternative("bool", "BOOLEAN")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return Alternative("oid" if notes.get(BSON) == b"oid" else "string", "VARCHAR")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return Alternative("binary", "BLOB")
    if pa.types.is_timestamp(kind) and kind.unit == "ms":
        return Alternative("date", "TIMESTAMP_MS" if kind.tz is None else "TIMESTAMPTZ")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        items = _type(kind.value_field)
        if not items.boxed:
            items = Type(items.alternatives, items.null or items.missing, False)
        else:
            items = replace(items, missing=False)
        return Alternative("array", items=items)
    if pa.types.is_struct(kind):
        return Alternative("object", fields=fields_of(kind))
    return Alternative("unknown", str(kind))


def with_missing(schema: pa.Schema, paths: Iterable[str]) -> pa.Schema:
    """Mark columns whose NULLs mean that the field is missing.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of documents.
    paths : iterable of str
        Paths with dots ("prv_candidates.magpsf"; into arrays as MongoDB's); a path that ends
        in ``.*`` means all fields there.

    Returns
    -------
    pyarrow.Schema
        For `translate`; the data need no change.

    Examples
    --------
    >>> schema = pa.schema([pa.field("a", pa.struct([("b", pa.float64())]))])
    >>> with_missing(schema, ["a.*"]).field("a").type.field("b").metadata
    {b'nulls': b'missing'}
    """
    wanted = set(paths)
    return pa.schema([_marked(field, "", wanted) for field in schema], metadata=schema.metadata)


def _marked(given: pa.Field, above: str, wanted: set[str]) -> pa.Field:
    path = f"{above}{given.name}"
    kind = _inside(given.type, path, wanted)
    notes = dict(given.metadata or {})
    if path in wanted or f"{above}*" in wanted:
        notes[NULLS] = b"missing"
    return pa.field(given.name, kind, given.nullable, notes or None)


def _inside(kind: pa.DataType, path: str, wanted: set[str]) -> pa.DataType:
    if pa.types.is_struct(kind):
        return pa.struct([_marked(child, f"{path}.", wanted) for child in kind])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        child = kind.value_field
        inside = _inside(child.type, path, wanted)
        inner = pa.field(child.name, inside, child.nullable, child.metadata)
        return pa.list_(inner) if pa.types.is_list(kind) else pa.large_list(inner)
    return kind
