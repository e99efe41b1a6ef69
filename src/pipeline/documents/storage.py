"""From columns to values and back: decoding a type's column, encoding a value as a type."""

from dataclasses import replace

from pipeline.documents import sql
from pipeline.documents.refused import Refused
from pipeline.documents.types import (
    BITS,
    BY_SIZE,
    MISSING,
    STORES,
    UNSURE,
    Alternative,
    Field,
    Type,
    laid_out,
    union,
)
from pipeline.documents.values import NO_CONSTANT, Array, Names, Record, Value


def decoded(column: str, kind: Type) -> Value:
    """Give the value of a column, a struct's field or a list's element."""
    scalars: dict[str, str] = {}
    array: Array | None = None
    record: Record | None = None
    bits, finite, unknown, width = 63, True, False, UNSURE
    for given in kind.alternatives:
        at = f"{column}.{sql.name(given.slot)}" if kind.boxed else column
        if given.kind == "array":
            assert given.items is not None
            array = Array(at, given.items)
        elif given.kind == "object":
            alone = len(kind.alternatives) == 1 and not (kind.null or kind.missing)
            bare = Type((Alternative("object", fields=given.fields),), missing=True)
            record = _record(at, given, sql.TRUE if alone else f"({at} IS NOT NULL)", bare)
        elif given.kind == "unknown":
            unknown = True
            scalars["unknown"] = at
        else:
            scalars[given.kind] = _read(at, given)
            if given.kind == "int":
                bits, width = BITS.get(given.store, 63), given.width
            if given.kind == "double":
                finite = given.finite
    null_sql = f"coalesce({column}.{sql.name(kind.null_slot)}, FALSE)" if kind.null_slot else ""
    return Value(
        scalars,
        array,
        record,
        kind.null,
        kind.missing,
        null_sql if kind.null and kind.missing else "",
        bits=bits,
        width=width,
        nan=not finite,
        infinite=not finite,
        unknown=unknown,
    )


def _read(at: str, given: Alternative) -> str:
    if given.kind == "double" and given.store != "DOUBLE":
        return f"CAST({at} AS DOUBLE)"
    if given.kind == "date" and given.store != "BIGINT":
        return f"epoch_ms({at})"
    if given.kind == "int" and given.store not in ("INTEGER", "BIGINT"):
        return f"CAST({at} AS BIGINT)"
    return at


def _record(at: str, given: Alternative, present: str, bare: Type) -> Record:
    fields = {}
    for part in given.fields:
        child = decoded(f"{at}.{sql.name(part.stored)}", part.type)
        fields[part.name] = child if present == sql.TRUE else within(child, present)
    return Record(present, fields, at, bare)


def within(child: Value, present: str) -> Value:
    """Give a field of an object that may not be there: then it is missing."""
    null_sql = sql.both(present, child.is_null()) if child.null else ""
    record = child.record
    if record is not None and record.present == sql.TRUE:
        there = f"({record.struct} IS NOT NULL)"
        inner = {name: within(part, there) for name, part in record.fields.items()}
        record = replace(record, present=there, fields=inner)
    return replace(
        child,
        record=record,
        missing=True,
        null_sql=null_sql,
        error=sql.FALSE,
        constant=NO_CONSTANT,
    )


def type_of(value: Value) -> Type:
    """Give a type that can hold a value: a struct of the source stays that struct."""
    found = []
    for kind, wide in STORES.items():
        if kind in value.scalars:
            small = kind == "int" and value.bits <= 31
            finite = kind == "double" and not (value.nan or value.infinite)
            store = "INTEGER" if small else wide
            width = value.width if kind == "int" else BY_SIZE
            found.append(Alternative(kind, store, finite=finite, width=width))
    if value.unknown:
        raise Refused("a column of a type that documents do not have")
    if value.array:
        found.append(Alternative("array", items=value.array.items))
    if value.record:
        found.append(_object(value.record))
    return laid_out(found, value.null, value.missing)


def _object(record: Record) -> Alternative:
    if record.type is not None:
        return record.type.alternatives[0]
    parts = [
        Field(name, f"f{number}", type_of(child))
        for number, (name, child) in enumerate(record.fields.items())
    ]
    return Alternative("object", fields=tuple(parts))


def encoded(value: Value, kind: Type, names: Names) -> str:
    """Give the SQL of a value as a type that can hold it."""
    if value.unknown:
        raise Refused("a column of a type that documents do not have")
    slots = [_slot(value, given, names) for given in kind.alternatives]
    if not kind.boxed:
        return slots[0] if slots else "CAST(NULL AS BOOLEAN)"
    parts = [f"{sql.name(a.slot)} := {s}" for a, s in zip(kind.alternatives, slots, strict=True)]
    if kind.null_slot:
        parts.append(f"{sql.name(kind.null_slot)} := {value.is_null()}")
    packed = f"struct_pack({', '.join(parts)})"
    return sql.case([(value.is_missing(), "NULL")], packed)


def _slot(value: Value, given: Alternative, names: Names) -> str:
    kind = given.kind
    nothing = f"CAST(NULL AS {given.sql()})"
    if kind not in value.kinds:
        return nothing
    if kind == "array":
        assert value.array is not None
        assert given.items is not None
        return recoded(value.array, given.items, names)
    if kind == "object":
        assert value.record is not None
        return _struct(value.record, given, names)
    if kind == "date" and given.store != "BIGINT":
        return f"CAST(make_timestamp_ms({value.scalars[kind]}) AS {given.store})"
    return f"CAST({value.scalars[kind]} AS {given.store})"


def _struct(record: Record, given: Alternative, names: Names) -> str:
    if record.type is not None and record.type.alternatives[0].fields == given.fields:
        return record.struct
    parts = [
        f"{sql.name(f.stored)} := {encoded(record.fields.get(f.name, _ABSENT), f.type, names)}"
        for f in given.fields
    ]
    packed = f"struct_pack({', '.join(parts or [sql.name('_') + ' := CAST(NULL AS BOOLEAN)'])})"
    return sql.case([(record.present, packed)], "NULL")


def recoded(array: Array, items: Type, names: Names) -> str:
    """Give an array's SQL list with elements of another type that can hold them."""
    if array.items == items:
        return array.sql
    one = names.fresh()
    body = encoded(decoded(one, array.items), items, names)
    return f"list_transform({array.sql}, lambda {one}: {body})"


def joined(values: list[Value]) -> Type:
    """Give the type that holds any of some values."""
    kind = type_of(values[0]) if values else MISSING
    for value in values[1:]:
        kind = union(kind, type_of(value))
    return kind


_ABSENT = Value(missing=True)
