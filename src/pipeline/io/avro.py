"""AVRO object containers: where each record of a file lies, without decoding it.

Source of the format: Apache Avro 1.11 specification, "Object Container Files".
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import fastavro
from fastavro.read import BLOCK_READERS

MAGIC = b"Obj\x01"
# A record of a real packet has 40-100 kB; this bounds what a hostile length makes us read.
MAX_BLOCK_BYTES = 1 << 30

_SYNC = {"type": "fixed", "name": "sync", "size": 16}
_HEADER = fastavro.parse_schema(
    {
        "type": "record",
        "name": "header",
        "fields": [
            {"name": "magic", "type": {"type": "fixed", "name": "magic", "size": 4}},
            {"name": "meta", "type": {"type": "map", "values": "bytes"}},
            {"name": "sync", "type": _SYNC},
        ],
    }
)
_LONG = fastavro.parse_schema("long")


class AvroError(ValueError):
    """A container that cannot be read, or not beyond some point."""


@dataclass(frozen=True)
class Block:
    """Some records of a container, one after the other.

    Attributes
    ----------
    schema : bytes
        The writer's schema as it stands in the header (JSON).
    count : int
        Number of records.
    data : bytes
        The encoded records, decompressed.
    offset : int or None
        Where `data` begins in the file; None where the file holds it compressed.
    """

    schema: bytes
    count: int
    data: bytes
    offset: int | None


def read_blocks(stream: BinaryIO, size: int) -> Iterator[Block]:
    """Yield the blocks of one container.

    Parameters
    ----------
    stream : binary file
        At the container's beginning, byte 0.
    size : int
        Its length in bytes.

    Raises
    ------
    AvroError
        At the first thing that is wrong, after the good blocks before it.
    """
    if not size:
        raise AvroError("empty file")
    if (magic := stream.read(4)) != MAGIC:
        raise AvroError(f"not an AVRO container: it begins with {magic!r}")
    stream.seek(0)
    try:
        header = fastavro.schemaless_reader(stream, _HEADER, None)
        schema = header["meta"]["avro.schema"]
    except Exception as error:  # fastavro raises what its C code met
        raise AvroError("truncated or damaged header") from error
    codec = header["meta"].get("avro.codec", b"null").decode("ascii", "replace")
    if codec not in BLOCK_READERS:
        raise AvroError(f"unknown codec {codec!r}")
    while stream.tell() < size:
        yield _read_block(stream, size, schema, codec, header["sync"])


def _read_block(stream: BinaryIO, end: int, schema: bytes, codec: str, sync: bytes) -> Block:
    at = stream.tell()
    try:
        count = fastavro.schemaless_reader(stream, _LONG, None)
        body = stream.tell()
        size = fastavro.schemaless_reader(stream, _LONG, None)
    except Exception as error:
        raise AvroError(f"truncated block at byte {at}") from error
    start = stream.tell()
    if count < 0 or not 0 <= size <= MAX_BLOCK_BYTES:
        raise AvroError(f"damaged block at byte {at}")
    if start + size + len(sync) > end:
        raise AvroError(f"truncated: block at byte {at} needs {start + size + 16 - end} bytes more")
    if codec == "null":
        data = stream.read(size)
    else:
        stream.seek(body)
        try:
            data = BLOCK_READERS[codec](stream).read()
        except Exception as error:
            raise AvroError(f"block at byte {at} is no {codec} data") from error
    stream.seek(start + size)
    if stream.read(len(sync)) != sync:
        raise AvroError(f"block at byte {at} does not end with the file's sync marker")
    return Block(schema, count, data, start if codec == "null" else None)


def parse_schema(text: bytes) -> dict:
    """Return a writer's schema with all named types expanded and defaults left out.

    Defaults matter to readers with another schema only; TURBO's (null for an int) are
    invalid and would make fastavro refuse the packet.

    Raises
    ------
    AvroError
        If it is not a schema.
    """
    try:
        return fastavro.parse_schema(_without_defaults(json.loads(text)), {}, expand=True)
    except Exception as error:
        raise AvroError(f"not an AVRO schema: {error}") from error


def _without_defaults(schema: object) -> object:
    if isinstance(schema, dict):
        return {k: _without_defaults(v) for k, v in schema.items() if k != "default"}
    if isinstance(schema, list):
        return [_without_defaults(item) for item in schema]
    return schema
