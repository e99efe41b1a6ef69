"""Where the members of an uncompressed tarball begin, without reading them.

Source of the format: POSIX.1-2001, "pax Interchange Format", and GNU tar's manual.
"""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline.io.tarball import DAMAGE, StrictHeader

BLOCK = tarfile.BLOCKSIZE
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE)
# Without data, whatever size they claim.
_EMPTY = (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE)
# What belongs to the member that follows: a long name, or pax records. Of these some change how
# much there is to read.
_BEFORE = (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE)
_CHANGES = (b" size=", b" GNU.sparse", b" hdrcharset=")


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
        size. A part is empty where it begins at the next one's beginning: behind what may
        change how the rest is read (a damaged header, a global one) nothing is cut.
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
        header = _header(os.pread(number, BLOCK, at))
        if header is None or header.type not in (*_FILES, *_EMPTY, *_BEFORE):
            return
        data = 0 if header.type in _EMPTY else header.size
        begins = at if begins is None else begins
        if header.type not in _BEFORE:
            yield begins
            begins = None
        elif any(word in b" " + os.pread(number, data, at + BLOCK) for word in _CHANGES):
            return
        at += BLOCK + -(-data // BLOCK) * BLOCK


def _header(block: bytes) -> tarfile.TarInfo | None:
    """Return a header as it is read later; None if that refuses it, or at the end marker."""
    try:
        return StrictHeader.frombuf(block, tarfile.ENCODING, "surrogateescape")
    # isal's stub takes its error for an exception, where it is a class of them.
    except DAMAGE:  # type: ignore[misc]
        return None
