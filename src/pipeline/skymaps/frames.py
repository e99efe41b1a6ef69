"""IceTray frames without IceTray: the pickled wrapper, the blob, its checksum.

The format is public in IceTray's open source (BSD-2-Clause; `I3Frame.cxx`, boost's portable
binary archive).
"""

import base64
import binascii
import io
import pickle
import struct
import zlib
from dataclasses import dataclass
from typing import Any

MAX_FRAME_BYTES = 256 * 2**20
"""A frame that unpacks to more is refused: real ones have 1 MB."""

BLOB_VERSION = 6


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes
    ----------
    stream : str
        G, C, D (geometry, calibration, detector status), Q (readout) or P (physics).
    objects : dict of str to tuple of str and bytes
        Type and serialised content of each object, under its name.
    """

    stream: str
    objects: dict[str, tuple[str, bytes]]


def decode_frame(encoded: str) -> Frame:
    """Decode one frame of a realtime message.

    Parameters
    ----------
    encoded : str
        base64 of zlib of a pickled I3Frame.

    Raises
    ------
    ValueError
        If any layer is damaged, the checksum is wrong, or the pickle wants anything but a
        frame.
    """
    try:
        compressed = base64.b64decode(encoded, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError(f"wrong base64: {error}") from error
    try:
        unpacker = zlib.decompressobj()
        pickled = unpacker.decompress(compressed, MAX_FRAME_BYTES)
    except zlib.error as error:
        raise ValueError(f"wrong zlib stream: {error}") from error
    if not unpacker.eof:
        raise ValueError("wrong zlib stream: cut short, or larger than any frame")
    return parse_blob(_unpickle_blob(pickled))


def parse_blob(blob: bytes) -> Frame:
    """Parse a serialised I3Frame and check its checksum.

    ``[i3]``, u32 version 6, 2 bytes of class info, the stream, u32 n, n times name, type and
    content (each with a u32 length), u32 CRC-32C of it all. Little-endian.

    Raises
    ------
    ValueError
        If it is no such blob, ends early, or its checksum is wrong.
    """
    try:
        magic, version, stream, count = struct.unpack_from("<4sI2xcI", blob)
        if magic != b"[i3]" or version != BLOB_VERSION:
            raise ValueError(f"no I3Frame of version {BLOB_VERSION}")
        objects, position = {}, 15
        for _ in range(count):
            name, position = _string(blob, position)
            kind, position = _string(blob, position)
            content, position = _string(blob, position)
            objects[name.decode()] = (kind.decode(), content)
        (expected,) = struct.unpack_from("<I", blob, position)
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError(f"I3Frame cut short: {error}") from error
    if crc32c(blob[10:position]) != expected:
        raise ValueError(f"I3Frame of stream {stream.decode('latin-1')}: checksum is wrong")
    return Frame(stream.decode("latin-1"), objects)


def crc32c(data: bytes) -> int:
    """Return the CRC-32C (Castagnoli) as IceTray computes it: initially 0, not inverted.

    >>> crc32c(b"123456789") == 0x58E3FA20
    True
    """
    crc = 0
    for byte in data:
        crc = _CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc


def refuse_classes(data: bytes) -> Any:
    """Unpickle plain values: numbers, strings, lists, dictionaries, nothing else.

    Raises
    ------
    ValueError
        If the pickle is damaged or wants any class or function.
    """
    return _load(data, {})


def _unpickle_blob(data: bytes) -> bytes:
    """Return the blob in a pickled I3Frame."""
    state: list[Any] = []

    class FrameStub:
        def __setstate__(self, value: Any) -> None:
            state.append(value)

    def encode(text: str, encoding: str) -> bytes:
        if encoding not in ("latin1", "latin-1"):
            raise pickle.UnpicklingError(f"encoding {encoding!r}")
        return str.encode(text, "latin-1")

    allowed = {
        ("icecube.icetray", "I3Frame"): FrameStub,
        ("icecube._icetray", "I3Frame"): FrameStub,
        ("_codecs", "encode"): encode,  # how bytes are written in pickles of protocol 2
    }
    frame = _load(data, allowed)
    blob = state[0][1] if len(state) == 1 and _is_pair(state[0]) else None
    if isinstance(blob, str):  # pickled by Python 2
        blob = blob.encode("latin-1")
    if not isinstance(frame, FrameStub) or not isinstance(blob, bytes):
        raise ValueError("the pickle holds no I3Frame")
    return blob


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2


def _load(data: bytes, allowed: dict[tuple[str, str], Any]) -> Any:
    class Restricted(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) not in allowed:
                raise pickle.UnpicklingError(f"it wants {module}.{name}")
            return allowed[module, name]

    try:
        return Restricted(io.BytesIO(data), encoding="latin-1").load()
    except Exception as error:  # a damaged pickle raises anything from EOFError to KeyError
        raise ValueError(f"pickle refused: {type(error).__name__}: {error}") from error


def _string(blob: bytes, position: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from("<I", blob, position)
    start, end = position + 4, position + 4 + length
    if end > len(blob):
        raise ValueError("I3Frame cut short")
    return blob[start:end], end


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC_TABLE = _crc_table()
