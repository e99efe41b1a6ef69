"""IceTray frames without IceTray: the pickled wrapper, the blob, its checksum.

The format is public in IceTray's open source (BSD-2-Clause; `I3Frame.cxx`, boost's portable
binary archive).
"""

import base64
import binascii
import struct
import zlib
from dataclasses import dataclass

import google_crc32c

from pipeline.events.icecube.plain_pickle import Instance, load_plain

MAX_FRAME_BYTES = 128 * 2**20
"""A frame that unpacks to more is refused: real ones have below 1 MB."""

MAX_OBJECTS = 10_000
"""Objects in a frame: real ones have below 20."""

BLOB_VERSION = 6

FRAME_CLASSES = frozenset({("icecube.icetray", "I3Frame"), ("icecube._icetray", "I3Frame")})


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes
    ----------
    stream : str
        G, C, D (geometry, calibration, detector status), Q (readout) or P (physics).
    objects : dict of str to tuple of str and bytes
        Type and serialised content of each object, under its name.
    size : int
        Of the frame, serialised [bytes].
    """

    stream: str
    objects: dict[str, tuple[str, bytes]]
    size: int


def decode_frame(encoded: str, most: int = MAX_FRAME_BYTES) -> Frame:
    """Decode one frame of a realtime message.

    Parameters
    ----------
    encoded : str
        base64 of zlib of a pickled I3Frame.
    most : int
        How many bytes it may unpack to.

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
    unpacker = zlib.decompressobj()
    try:
        pickled = unpacker.decompress(compressed, max(most, 1))  # 0 would be without bound
    except zlib.error as error:
        raise ValueError(f"wrong zlib stream: {error}") from error
    if not unpacker.eof:
        raise ValueError(f"wrong zlib stream: cut short, or more than {most} bytes unpacked")
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
        if count > MAX_OBJECTS:
            raise ValueError(f"I3Frame of {count} objects: at most {MAX_OBJECTS}")
        objects, position = {}, 15
        for _ in range(count):
            name, position = _string(blob, position)
            kind, position = _string(blob, position)
            content, position = _string(blob, position)
            if (key := name.decode()) in objects:
                raise ValueError(f"I3Frame with two objects {key[:100]!r}")
            objects[key] = (kind.decode(), content)
        (expected,) = struct.unpack_from("<I", blob, position)
    except struct.error as error:
        raise ValueError(f"I3Frame cut short: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"I3Frame: an object's name or type is no UTF-8: {error}") from error
    if crc32c(blob[10:position]) != expected:
        raise ValueError(f"I3Frame of stream {stream.decode('latin-1')}: checksum is wrong")
    return Frame(stream.decode("latin-1"), objects, len(blob))


def crc32c(data: bytes) -> int:
    """Return the CRC-32C (Castagnoli) as IceTray computes it: initially 0, not inverted.

    >>> crc32c(b"123456789") == 0x58E3FA20
    True
    """
    # RFC 3720's, which the library computes, inverts before and after: undo both.
    return google_crc32c.extend(0xFFFFFFFF, data) ^ 0xFFFFFFFF


def _unpickle_blob(data: bytes) -> bytes:
    """Return the blob in a pickled I3Frame, whose state is the pair of a dictionary and it."""
    frame = load_plain(data, FRAME_CLASSES)
    state = frame.state if isinstance(frame, Instance) else None
    blob = state[1] if isinstance(state, tuple) and len(state) == 2 else None
    if isinstance(blob, str):  # pickled by Python 2
        blob = blob.encode("latin-1")
    if not isinstance(blob, bytes):
        raise ValueError("the pickle holds no I3Frame")
    return blob


def _string(blob: bytes, position: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from("<I", blob, position)
    start, end = position + 4, position + 4 + length
    if end > len(blob):
        raise ValueError("I3Frame cut short")
    return blob[start:end], end
