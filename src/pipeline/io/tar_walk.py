"""Where the members of an uncompressed tarball begin, without reading them.

Source of the format: POSIX.1-2001, "pax Interchange Format", and GNU tar's manual.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

BLOCK = 512
"""Bytes of a header, and of what a member's data are padded to."""
_SIZE = slice(124, 136)
_CHECKSUM = slice(148, 156)
_TYPE = slice(156, 157)
# A file's data, and a long name for the member that follows: all others may change how the
# members behind them are to be read, or what their own size means.
_PLAIN = (b"0", b"\0")
_LONG_NAME = b"L"


def cut_tarball(path: Path, parts: int) -> list[int]:
    """Return where to begin reading so that parts of about equal size can be read by themselves.

    Parameters
    ----------
    path : Path
        An uncompressed tarball.
    parts : int

    Returns
    -------
    list of int, length `parts` + 1
        The bytes at which parts begin, ascending, each at a member's header, and the file's
        size. A part is empty where it begins at the next one's beginning: behind anything that
        is no plain member (a damaged header, a global one) nothing is cut.
    """
    size = path.stat().st_size
    cuts = [0]
    with path.open("rb") as stream:
        for at in _members(stream, size):
            while len(cuts) < parts and at >= size * len(cuts) // parts:
                cuts.append(at)
            if len(cuts) == parts:
                break
    return [*cuts, *[size] * (parts + 1 - len(cuts))]


def _members(stream: BinaryIO, size: int) -> Iterator[int]:
    """Yield where each member begins, its long name included, up to the first odd header."""
    at, begins = 0, None
    number = stream.fileno()
    while at < size:
        header = os.pread(number, BLOCK, at)
        kind = header[_TYPE]
        if len(header) < BLOCK or not _is_sound(header) or kind not in (*_PLAIN, _LONG_NAME):
            return
        begins = at if begins is None else begins
        if kind in _PLAIN:
            yield begins
            begins = None
        at += BLOCK + -(-int(header[_SIZE].rstrip(b"\0 "), 8) // BLOCK) * BLOCK


def _is_sound(header: bytes) -> bool:
    """Return whether a header's size and checksum are plain octal numbers, the latter right."""
    try:
        said = int(header[_CHECKSUM].rstrip(b"\0 "), 8)
        size = int(header[_SIZE].rstrip(b"\0 "), 8)
    except ValueError:
        return False
    return size >= 0 and said == sum(header) - sum(header[_CHECKSUM]) + 8 * ord(" ")
