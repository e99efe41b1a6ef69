"""Headers of FITS files, looked at before astropy believes them.

Source of the limits: FITS Standard 4.0, sections 3.3, 4.4.1 and 7.3.1.
"""

from pathlib import Path
from typing import IO

from astropy.io.fits import Header

from pipeline.crossmatch.unpack import unpacked

BLOCK = 2880
"""Bytes of a FITS block."""
CARD = 80
HEADER_BLOCKS = 4096
"""Of a header at most: 147,456 cards, where 999 columns fill some 10,000."""
MOST = 999
"""Axes of an array, and columns of a table."""


def check_fits(path: Path) -> None:
    """Raise where a header, up to that of the first table, promises what cannot be.

    astropy loops over as many axes and columns as a header says that there are.

    Raises
    ------
    ValueError
        Naming the keyword, what it says and what is possible.
    """
    with unpacked(path) as stream:
        first = True
        while (header := _header(stream, first)) is not None:
            axes = [_count(header, f"NAXIS{i + 1}") for i in range(_count(header, "NAXIS", MOST))]
            if header.get("XTENSION", "").strip() in ("BINTABLE", "A3DTABLE", "TABLE"):
                _check_table(header)
                return
            _skip(stream, _data_bytes(header, axes))
            first = False


def _check_table(header: Header) -> None:
    columns = _count(header, "TFIELDS", MOST)
    if columns and _count(header, "NAXIS2") and not _count(header, "NAXIS1"):
        raise ValueError(f"NAXIS1 is 0, but it has rows of {columns} columns")


def _header(stream: IO[bytes], first: bool) -> Header | None:
    """Read a header and stand behind it; None at the end of the file."""
    blocks: list[bytes] = []
    while len(blocks) < HEADER_BLOCKS:
        block = stream.read(BLOCK)
        if first and not blocks and not block.startswith(b"SIMPLE  ="):
            raise ValueError("it does not begin as FITS does, with SIMPLE")
        if len(block) < BLOCK:
            if first:
                raise ValueError("it ends within its first header")
            return None
        blocks.append(block)
        if any(block[at : at + 8].rstrip() == b"END" for at in range(0, BLOCK, CARD)):
            return Header.fromstring(b"".join(blocks))
    raise ValueError(f"a header is longer than {HEADER_BLOCKS} blocks")


def _count(header: Header, keyword: str, most: int | None = None) -> int:
    value = header.get(keyword)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{keyword} is {value!r}, and no number of anything")
    if most is not None and value > most:
        raise ValueError(f"{keyword} is {value}, at most {most} are possible")
    return value


def _data_bytes(header: Header, axes: list[int]) -> int:
    """Return the size of the data behind a header, in whole blocks (section 3.3.2)."""
    grouped = axes[1:] if axes and axes[0] == 0 and header.get("GROUPS") is True else axes
    size = abs(_whole(header, "BITPIX", 8)) // 8 if axes else 0
    for axis in grouped:
        size *= axis
    size += abs(_whole(header, "BITPIX", 8)) // 8 * _whole(header, "PCOUNT", 0) if axes else 0
    return -(-size * _whole(header, "GCOUNT", 1) // BLOCK) * BLOCK


def _whole(header: Header, keyword: str, otherwise: int) -> int:
    value = header.get(keyword, otherwise)
    if not isinstance(value, int):
        raise ValueError(f"{keyword} is {value!r}, not a number")
    return value


def _skip(stream: IO[bytes], count: int) -> None:
    """Read on; a file may hold any length of an image before its table."""
    if count < 0:
        raise ValueError("a header promises less than nothing")
    while count > 0:
        piece = len(stream.read(min(count, 1 << 20)))
        if not piece:
            return
        count -= piece
