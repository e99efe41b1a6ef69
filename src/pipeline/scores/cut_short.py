"""Whether a model's file is whole: a download that broke off is told as that, not as no model."""

import zipfile
from io import BytesIO
from pathlib import Path

from pipeline.scores.signature import ModelError

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_VERSION_FIELD = b"\x08"
"""Field 1, a number: what ONNX's and TensorFlow's models begin with, the format's version."""
_NUMBER, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
SAVED_MODEL = "saved_model.pb"


def check_whole(path: object, content: bytes) -> None:
    """Check that a file has all that its format says it has.

    Parameters
    ----------
    path : object
        Named in the error.
    content : bytes
        HDF5 says where it ends (the superblock; HDF5 File Format Specification 3.0, II.A), a zip
        ends with its table of contents, a field of protobuf says how long it is. Anything else
        passes.

    Raises
    ------
    ModelError
        If it is empty or ends earlier.
    """
    if not content:
        raise ModelError(f"{path}: is empty")
    if content.startswith(_HDF5):
        end = _end_of_hdf5(content)
    elif content.startswith(_ZIP):
        end = None if zipfile.is_zipfile(BytesIO(content)) else len(content) + 1
    elif content.startswith(_VERSION_FIELD):
        end = _end_of_protobuf(content)
    else:
        return
    if end is not None and end > len(content):
        of = f" of {end}" if end > len(content) + 1 else ""
        raise ModelError(f"{path}: is cut short, {len(content)}{of} bytes: fetch or copy it again")


def check_saved_model(folder: Path) -> None:
    """Check that the graph of a SavedModel folder is whole.

    Raises
    ------
    ModelError
        If it ends early; what is not there is left to TensorFlow.
    """
    graph = folder / SAVED_MODEL
    if graph.is_file():
        check_whole(graph, graph.read_bytes())


def _end_of_hdf5(content: bytes) -> int | None:
    """Return where a file ends by its superblock, one byte more than it has if that is cut."""
    version = content[8:9]
    if version in (b"\0", b"\1"):
        size, first = content[13:14], 24 + 4 * version[0]
    elif version in (b"\2", b"\3"):
        size, first = content[9:10], 12
    else:
        return None if version else len(content) + 1
    width = int.from_bytes(size)
    start = first + 2 * width  # after the base address and one more
    end = content[start : start + width]
    return int.from_bytes(end, "little") if width and len(end) == width else len(content) + 1


def _end_of_protobuf(content: bytes) -> int | None:
    """Return where the last field of a message ends; None if it is no message."""
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        kind = tag & 7
        if kind == _LENGTH:
            length, at = _varint(content, at)
            at += length
        elif kind == _NUMBER:
            _, at = _varint(content, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            at += 8 if kind == _EIGHT_BYTES else 4
        else:
            return None
    return at


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return a number and where it ends, beyond the content if that ends within it."""
    value = 0
    for n in range(10):
        if at + n >= len(content):
            return value, len(content) + 1
        value |= (content[at + n] & 0x7F) << 7 * n
        if content[at + n] < 0x80:
            return value, at + n + 1
    return 0, at + 10
