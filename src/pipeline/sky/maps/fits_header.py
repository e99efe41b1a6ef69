"""Headers of FITS files, read without astropy, whose import takes longer than an answer may.

Source: FITS Standard 4.0, sections 3.3 (blocks), 4.1 and 4.2 (cards and values).
"""

import re
from collections.abc import Mapping
from typing import IO

from pipeline.sky.maps.errors import MapError

BLOCK = 2880
"""Bytes of a FITS block."""
CARD = 80
MOST_BLOCKS = 512
"""Of a header: 18,432 cards, where the longest of the known maps has 90."""
MOST_BYTES = 8 << 30
"""Of the data behind a header: five times those of the largest map that is published. A packed
file of some megabytes can promise, and unpack to, any number."""
Value = bool | int | float | str
Header = Mapping[str, Value]

_STRING = re.compile(r"'((?:[^']|'')*)'")
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([ED][+-]?[0-9]{1,4})?")


def read_header(stream: IO[bytes], first: bool) -> dict[str, Value] | None:
    """Read a header; the stream then stands at its data.

    Parameters
    ----------
    stream : binary stream
        At the beginning of a header.
    first : bool
        Whether it is the primary one.

    Returns
    -------
    dict or None
        The first value of each keyword that has one; None at the end of the file.

    Raises
    ------
    MapError
        If it is no header.
    """
    cards: dict[str, Value] = {}
    for number in range(MOST_BLOCKS):
        block = stream.read(BLOCK)
        if first and not number and not block.startswith(b"SIMPLE  ="):
            raise MapError("it does not begin as FITS does, with SIMPLE")
        if not first and not number and not block.startswith(b"XTENSION"):
            return None  # the end, or the special records that may follow (section 3.5)
        if len(block) < BLOCK:
            raise MapError("it ends within a header")
        for at in range(0, BLOCK, CARD):
            card = block[at : at + CARD].decode("latin-1")
            keyword = card[:8].rstrip()
            if keyword == "END":
                return cards
            value = _value(card[10:]) if card[8:10] == "= " else None
            if value is not None:
                cards.setdefault(keyword, value)
    raise MapError(f"a header is longer than {MOST_BLOCKS} blocks of {BLOCK} bytes")


def _value(text: str) -> Value | None:
    """Return what a card says; None where that is nothing, a complex number or no FITS.

    >>> _value("'it''s  ' / a word"), _value("  T"), _value(" 1.5D3 / d"), _value(" NaN")
    ("it's", True, 1500.0, None)
    """
    text = text.strip()
    if string := _STRING.match(text):
        return string[1].replace("''", "'").rstrip()
    word = text.split("/")[0].strip()
    if word in ("T", "F"):
        return word == "T"
    if _INTEGER.fullmatch(word):
        return int(word)
    if _REAL.fullmatch(word):
        return float(word.replace("D", "E"))
    return None


def count_of(header: Header, keyword: str, otherwise: int | None = None) -> int:
    """Return a keyword that counts something.

    Raises
    ------
    MapError
        If it is absent (and `otherwise` too), or no number of anything.
    """
    value = header.get(keyword, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MapError(f"{keyword} is {value!r}: expected a number of 0 or more")
    return value


def text_of(header: Header, keyword: str) -> str:
    """Return a keyword's words without blanks around them; empty where it has none."""
    value = header.get(keyword, "")
    return value.strip() if isinstance(value, str) else ""


def data_bytes(header: Header) -> int:
    """Return the size of the data behind a header, in whole blocks (section 3.3.2).

    Raises
    ------
    MapError
        If that is none, or more than is read.
    """
    axes = [count_of(header, f"NAXIS{i + 1}") for i in range(min(count_of(header, "NAXIS"), 999))]
    if not axes:
        return 0
    bitpix = header.get("BITPIX")
    if bitpix not in (8, 16, 32, 64, -32, -64):
        raise MapError(f"BITPIX is {bitpix!r}: expected 8, 16, 32, 64, -32 or -64")
    size = 1
    for axis in axes:
        size *= axis
    size = (size + count_of(header, "PCOUNT", 0)) * count_of(header, "GCOUNT", 1)
    size = -(-size * abs(int(bitpix)) // 8 // BLOCK) * BLOCK
    if size > MOST_BYTES:
        raise MapError(f"an array of {size} bytes: at most {MOST_BYTES} are read")
    return size
