"""AVRO object containers: where each record of a file lies, without decoding it.

Source of the format: Apache Avro 1.11 specification, "Object Container Files".
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import fastavro
from fastavro.types import Schema

from pipeline.io.codecs import CODECS

MAGIC = b"Obj\x01"
MAX_BLOCK_BYTES = 1 << 26
"""Of a block as stored and decompressed. Real packets have 40-100 kB, writers close a block
at 16-64 kB; this bounds the memory that a hostile length or a deflate bomb takes."""
MAX_BLOCK_RECORDS = 1 << 16
"""Of a block: writers have a few, and a kilobyte of deflate can claim a million."""
_SYNC_BYTES = 16
_LOOK_BACK_BYTES = MAX_BLOCK_BYTES + 64
_FIRST_SEARCH_BYTES = 1 << 12
_MAX_SEARCH_BYTES = 1 << 20

_SYNC = {"type": "fixed", "name": "sync", "size": _SYNC_BYTES}
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


def read_blocks(
    stream: BinaryIO, size: int, span: tuple[int, int] | None = None
) -> Iterator[Block | AvroError]:
    """Yield the blocks of one container, and an error in the place of each damaged part.

    Behind damage, reading goes on at the next of the file's sync markers.

    Parameters
    ----------
    stream : binary file
        A container that begins at byte 0.
    size : int
        Its length in bytes.
    span : (int, int), optional
        Only the blocks that begin in this range of bytes, and damage likewise: all spans of a
        file together have what the whole has (see `_seek_block`).

    Raises
    ------
    AvroError
        If the header is damaged: without it nothing can be read.
    """
    if not size:
        raise AvroError("empty file")
    stream.seek(0)
    if (magic := stream.read(4)) != MAGIC:
        raise AvroError(f"not an AVRO container: it begins with {magic!r}")
    stream.seek(0)
    schema, codec, sync = _read_header(stream)
    first, behind = span or (0, size)
    _seek_block(stream, sync, (first, behind), size)
    while (at := stream.tell()) < behind:
        try:
            block = _read_block(stream, size, schema, codec)
            if stream.read(_SYNC_BYTES) != sync:
                raise AvroError(f"block at byte {at} does not end with the file's sync marker")
            yield block
        except AvroError as error:
            yield error
            _seek_behind(stream, sync, at, behind)


def _read_header(stream: BinaryIO) -> tuple[bytes, str, bytes]:
    """Return the writer's schema, the codec and the sync marker."""
    try:
        header = fastavro.schemaless_reader(stream, _HEADER, None)
        assert isinstance(header, dict)  # as _HEADER says
        schema = header["meta"]["avro.schema"]
    except Exception as error:  # fastavro raises what its C code met
        raise AvroError("truncated or damaged header") from error
    codec = header["meta"].get("avro.codec", b"null").decode("ascii", "replace")
    if codec not in CODECS:
        raise AvroError(f"unknown codec {codec!r}")
    return schema, codec, header["sync"]


def _seek_block(stream: BinaryIO, sync: bytes, span: tuple[int, int], size: int) -> None:
    """Go from the header to where the first block of a span begins, or to its end if none does.

    The marker may stand in the records as well. So what is behind a marker some way before the
    span is gone through, block by block, without the blocks' data: from the first true marker on
    that is what one would meet who reads from the header, and no block is longer than the way.
    """
    first, behind = span
    begin = first - _LOOK_BACK_BYTES
    if begin > stream.tell():
        _seek_behind(stream, sync, begin, behind)
    while (at := stream.tell()) < first:
        if not _pass_block(stream, sync, size):
            _seek_behind(stream, sync, at, behind)


def _pass_block(stream: BinaryIO, sync: bytes, end: int) -> bool:
    """Go behind a block and its marker; return whether there is one."""
    try:
        _read_long(stream)
        size = _read_long(stream)
    except Exception:  # fastavro raises what its C code met
        return False
    if not 0 <= size <= MAX_BLOCK_BYTES or stream.tell() + size + _SYNC_BYTES > end:
        return False
    stream.seek(size, os.SEEK_CUR)
    return stream.read(_SYNC_BYTES) == sync


def _read_block(stream: BinaryIO, end: int, schema: bytes, codec: str) -> Block:
    """Read a block, up to its sync marker."""
    at = stream.tell()
    try:
        count = _read_long(stream)
        size = _read_long(stream)
    except Exception as error:
        raise AvroError(f"truncated block at byte {at}") from error
    start = stream.tell()
    if not 0 <= size <= MAX_BLOCK_BYTES:
        raise AvroError(f"damaged block at byte {at}: impossible size ({size} bytes)")
    missing = start + size + _SYNC_BYTES - end
    if missing > 0:
        raise AvroError(f"truncated: block at byte {at} needs {missing} bytes more")
    try:
        data = CODECS[codec](stream.read(size), MAX_BLOCK_BYTES)
    except Exception as error:  # each library has its own
        raise AvroError(f"block at byte {at} is no {codec} data: {error}") from error
    # A record of a packet has at least one byte.
    if not 0 <= count <= len(data) or (data and not count):
        counts = f"{count} records in {len(data)} bytes"
        raise AvroError(f"damaged block at byte {at}: impossible counts ({counts})")
    if count > MAX_BLOCK_RECORDS:
        raise AvroError(f"block at byte {at} claims {count} records, more than {MAX_BLOCK_RECORDS}")
    return Block(schema, count, data, start if codec == "null" else None)


def _read_long(stream: BinaryIO) -> int:
    value = fastavro.schemaless_reader(stream, _LONG, None)
    assert isinstance(value, int)  # as _LONG says
    return value


def _seek_behind(stream: BinaryIO, sync: bytes, start: int, end: int) -> None:
    """Go behind the first sync marker at or behind byte `start`, or else to the end.

    Reads little at first: a file of nothing but markers must not cost a long read for each.
    """
    length = _FIRST_SEARCH_BYTES
    while start < end:
        stream.seek(start)
        found = stream.read(min(length, end - start)).find(sync)
        if found >= 0:
            stream.seek(start + found + len(sync))
            return
        start += length - len(sync) + 1
        length = min(2 * length, _MAX_SEARCH_BYTES)
    stream.seek(end)


def parse_schema(text: bytes) -> Schema:
    """Return a writer's schema with all named types expanded and defaults left out.

    Defaults matter to readers with another schema only; TURBO's (null for an int) are
    invalid and would make fastavro refuse the packet.

    Raises
    ------
    AvroError
        If it is not a schema, or not in UTF-8.
    """
    try:
        return fastavro.parse_schema(
            _without_defaults(json.loads(text.decode("utf-8"))), {}, expand=True
        )
    except Exception as error:
        raise AvroError(f"not an AVRO schema: {error}") from error


def _without_defaults(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {k: _without_defaults(v) for k, v in schema.items() if k != "default"}
    if isinstance(schema, list):
        return [_without_defaults(item) for item in schema]
    return schema
