"""An encoder of AVRO records, compiled from their schema.

Only what the schemas of alert packets use: records, arrays, unions of null and one other
type, booleans, numbers, strings and bytes. fastavro tries every branch of a union on every value,
which for a history of forty measurements takes three times as long; that the bytes are
the same is tested.
"""

import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Encoder = Callable[[Any], bytes]

_some_float = struct.Struct("<cf").pack


@lru_cache(4096)
def varint(value: int) -> bytes:
    r"""Encode a number: zigzag, then 7 bits a byte, the lowest first.

    >>> varint(1), varint(-1), varint(64)
    (b'\x02', b'\x01', b'\x80\x01')
    """
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _bytes(value: bytes) -> bytes:
    return varint(len(value)) + value


@lru_cache(1024)
def _string(value: str) -> bytes:
    return _bytes(value.encode())


_PRIMITIVES: dict[str, Encoder] = {
    "boolean": lambda value: b"\1" if value else b"\0",
    "int": varint,
    "long": varint,
    "float": struct.Struct("<f").pack,
    "double": struct.Struct("<d").pack,
    "string": _string,
    "bytes": _bytes,
}


def compile_encoder(schema: Any, named: dict[str, Encoder] | None = None) -> Encoder:
    """Return a function that encodes values of this schema.

    Parameters
    ----------
    schema : dict, list or str
        As parsed from JSON.
    named : dict
        Encoders of the records met so far, which the schema may name.

    Raises
    ------
    ValueError
        If the schema has a type that is not among those above.
    """
    named = {} if named is None else named
    match schema:
        case str() if schema in _PRIMITIVES:
            return _PRIMITIVES[schema]
        case str() if schema in named:
            return named[schema]
        case ["null", "float"]:  # two thirds of all fields
            return lambda value: b"\0" if value is None else _some_float(b"\2", value)
        case ["null", other]:
            some = compile_encoder(other, named)
            return lambda value: b"\0" if value is None else b"\2" + some(value)
        case {"type": "array", "items": items}:
            return _array(compile_encoder(items, named))
        case {"type": "record", "name": name, "fields": fields}:
            encode = _record([(f["name"], compile_encoder(f["type"], named)) for f in fields])
            named[name] = named[f"{schema.get('namespace', '')}.{name}"] = encode
            return encode
    raise ValueError(f"no encoder for the AVRO type {schema!r}")


def _array(item: Encoder) -> Encoder:
    def encode(values: list[Any]) -> bytes:
        if not values:
            return b"\0"
        return b"".join([varint(len(values)), *map(item, values), b"\0"])

    return encode


def _record(fields: list[tuple[str, Encoder]]) -> Encoder:
    def encode(record: dict[str, Any]) -> bytes:
        return b"".join([field(record[name]) for name, field in fields])

    return encode
