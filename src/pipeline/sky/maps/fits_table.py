"""The columns of a FITS table as a stream of pieces: a map of 50 million pixels fits any memory.

Nothing is allocated for what a header promises and the file does not hold.

Source: FITS Standard 4.0, section 7.3 (binary tables).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.fits_header import Header, count_of, text_of

PIECE = 1 << 22
"""Bytes at a time."""
MOST_ROW_BYTES = 1 << 28
_WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16}
_NUMBERS = {"B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name, unit : str
        As the header has them.
    kind : str
        The letter of its TFORM.
    repeat : int
        Values a row.
    offset : int
        Of its first byte in a row.
    zero, scale : float or int
        A value is ``zero + scale * stored``.
    null : int or None
        What is stored for none, of integers.
    """

    name: str
    unit: str
    kind: str
    repeat: int
    offset: int
    zero: Any
    scale: Any
    null: int | None


@dataclass(frozen=True)
class Layout:
    """How the rows of a table are laid out."""

    rows: int
    row_bytes: int
    columns: tuple[Column, ...]

    def find(self, *names: str) -> Column | None:
        """Return the first of these columns that there is; upper and lower case are one."""
        for name in names:
            for column in self.columns:
                if column.name.upper() == name:
                    return column
        return None


def layout_of(header: Header) -> Layout:
    """Return the layout of a binary table.

    Raises
    ------
    MapError
        If the columns do not fill a row, or are of unknown forms.
    """
    rows, row_bytes = count_of(header, "NAXIS2"), count_of(header, "NAXIS1")
    columns, offset = [], 0
    for number in range(1, min(count_of(header, "TFIELDS"), 999) + 1):
        form = text_of(header, f"TFORM{number}").upper()
        match = re.match(r"(\d{0,12})([LXBIJKAEDCMPQ])", form)
        if match is None:
            raise MapError(f"TFORM{number} is {form[:40]!r}: no form of a binary table")
        repeat = int(match[1] or 1)
        null = header.get(f"TNULL{number}")
        columns.append(
            Column(
                text_of(header, f"TTYPE{number}"),
                text_of(header, f"TUNIT{number}"),
                match[2],
                repeat,
                offset,
                header.get(f"TZERO{number}", 0),
                header.get(f"TSCAL{number}", 1),
                null if isinstance(null, int) else None,
            )
        )
        offset += _bytes_of(match[2], repeat)
    if offset != row_bytes:
        raise MapError(f"its columns take {offset} bytes of a row, but NAXIS1 is {row_bytes}")
    if row_bytes > MOST_ROW_BYTES:
        raise MapError(f"a row has {row_bytes} bytes: at most {MOST_ROW_BYTES} are read")
    return Layout(rows, row_bytes, tuple(columns))


def _bytes_of(kind: str, repeat: int) -> int:
    if kind == "X":
        return -(-repeat // 8)
    if kind in "PQ":
        return repeat * (8 if kind == "P" else 16)
    return repeat * _WIDTHS[kind]


def read_columns(
    stream: IO[bytes], layout: Layout, columns: Sequence[Column]
) -> Iterator[list[NDArray[Any]]]:
    """Yield the values of some columns, piece by piece, each flattened.

    Parameters
    ----------
    stream : binary stream
        At the table's data.
    layout : Layout
    columns : sequence of Column
        Numbers, all with as many values a row.

    Yields
    ------
    list of ndarray
        Integers are int64, or int32 and shorter ones as they are; reals of their own width. A
        null of integers is -1, which is no pixel and no probability.

    Raises
    ------
    MapError
        If a column holds no numbers, they do not match, or the file ends before the table.
    """
    for column in columns:
        if column.kind not in _NUMBERS:
            raise MapError(f"column {column.name!r} holds no numbers (TFORM {column.kind})")
        if column.repeat != columns[0].repeat:
            raise MapError(
                f"column {column.name!r} has {column.repeat} values a row, "
                f"{columns[0].name!r} {columns[0].repeat}: expected as many"
            )
    dtype = np.dtype(
        {
            "names": [str(i) for i in range(len(columns))],
            "formats": [(_NUMBERS[c.kind], (c.repeat,)) for c in columns],
            "offsets": [c.offset for c in columns],
            "itemsize": layout.row_bytes,
        }
    )
    step = max(1, PIECE // max(layout.row_bytes, 1))
    for start in range(0, layout.rows, step):
        count = min(step, layout.rows - start)
        data = _read(stream, count * layout.row_bytes)
        if len(data) < count * layout.row_bytes:
            found = start + len(data) // layout.row_bytes
            raise MapError(f"it ends after {found} of {layout.rows} rows")
        table = np.frombuffer(data, dtype, count)
        yield [_values(table[str(i)].ravel(), c) for i, c in enumerate(columns)]


def _read(stream: IO[bytes], size: int) -> bytes:
    """Read a piece; a long row by smaller ones, as a file may be shorter than it says."""
    if size <= PIECE:
        return stream.read(size)
    pieces, left = [], size
    while left and (piece := stream.read(min(left, PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _values(stored: NDArray[Any], column: Column) -> NDArray[Any]:
    native = stored.astype(stored.dtype.newbyteorder("="))
    if (column.zero, column.scale) == (0, 1):
        found = native
    elif native.dtype.kind in "iu" and column.scale == 1 and isinstance(column.zero, int):
        # unsigned integers: TZERO is 2^63 (section 5.2.5), and what wraps is negative: no pixel
        found = (native.astype(np.uint64) + np.uint64(column.zero % 2**64)).astype(np.int64)
    elif isinstance(column.zero, int | float) and isinstance(column.scale, int | float):
        with np.errstate(over="ignore", invalid="ignore"):
            found = float(column.zero) + float(column.scale) * native.astype(np.float64)
    else:
        raise MapError(f"column {column.name!r}: TZERO and TSCAL are no numbers")
    if column.null is not None and native.dtype.kind in "iu":
        wide = found.astype(np.float64 if found.dtype.kind == "f" else np.int64)
        found = np.where(native == column.null, -1, wide)
    return found
