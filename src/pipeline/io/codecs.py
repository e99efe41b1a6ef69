"""The codecs of AVRO blocks, each with a bound on what it may become in memory.

Source: Apache Avro 1.11 specification, "Required Codecs" and "Optional Codecs".
"""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

from cramjam import snappy

_CRC_BYTES = 4


class CodecError(ValueError):
    """What is no data of a codec; the message becomes a reason in a table."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _streamed(new: Callable[[], _Decompressor], data: bytes, limit: int) -> bytes:
    """Decompress `data` whole, or not beyond `limit` bytes."""
    stream = new()
    out = stream.decompress(data, limit + 1)
    if len(out) > limit:
        raise CodecError(f"more than {limit} bytes")
    if not stream.eof:
        raise CodecError("it ends too early")
    return out


def _snappy(data: bytes, limit: int) -> bytes:
    """Decompress snappy's raw format, which the CRC-32 of the result follows."""
    body, crc = data[:-_CRC_BYTES], data[-_CRC_BYTES:]
    if snappy.decompress_raw_len(body) > limit:
        raise CodecError(f"more than {limit} bytes")
    out = bytes(snappy.decompress_raw(body))
    if zlib.crc32(out).to_bytes(_CRC_BYTES, "big") != crc:
        raise CodecError("wrong check sum")
    return out


CODECS: dict[str, Callable[[bytes, int], bytes]] = {
    "null": lambda data, _: data,
    "deflate": lambda data, limit: _streamed(lambda: zlib.decompressobj(-15), data, limit),
    "bzip2": lambda data, limit: _streamed(bz2.BZ2Decompressor, data, limit),
    "xz": lambda data, limit: _streamed(lzma.LZMADecompressor, data, limit),
    "snappy": _snappy,
}
"""From a block as stored, and a limit in bytes, to the block's records."""
