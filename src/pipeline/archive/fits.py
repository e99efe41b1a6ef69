r"""Tables of nights as one FITS file: a binary table with units, nulls and whole integers.

Rows are written as they are read, so memory does not grow with them. Integers that are null are
``TNULL``, the type's least value; floats NaN; flags 0; text is empty. Text is ASCII in FITS: other
letters stand as Python writes them (``\xfc``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import pipeline
from pipeline.archive.places import EVERY_COLUMN
from pipeline.io.atomic import atomic_path
from pipeline.io.stored_schema import schema_of
from pipeline.io.text import is_text
from pipeline.io.votable import VOTABLE_UNITS

BATCH = 20_000
_MOST_COLUMNS, _MOST_LETTERS = 999, 68
"""Of a table; of a column's name."""
_BLOCK = 2880
"""Bytes: every part of a FITS file is filled up to a multiple of it."""
_STORED = {
    pa.int8(): pa.int16(), pa.uint8(): pa.int16(), pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(), pa.float16(): pa.float32(),
}  # fmt: skip
"""What FITS has no type for, and the next that holds its values."""
_CODES = {
    pa.bool_(): ("L", "u1"), pa.int16(): ("I", ">i2"), pa.int32(): ("J", ">i4"),
    pa.int64(): ("K", ">i8"), pa.float32(): ("E", ">f4"), pa.float64(): ("D", ">f8"),
}  # fmt: skip
_TRUE, _FALSE, _UNKNOWN = ord("T"), ord("F"), 0


def export_fits(
    tables: Sequence[Path], name: str, out: Path, columns: Sequence[str] | str = EVERY_COLUMN
) -> int:
    """Write tables one after the other as a FITS file.

    Parameters
    ----------
    tables : sequence of Path
        Parquet files; a column that one of them lacks is null there.
    name : str
        Of the table in the file, ``EXTNAME``.
    out : Path
        It appears whole or not at all; what was there is replaced.
    columns : sequence of str, or "all"

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    ValueError
        If no table has a column, it is of another type in each, or of one that a FITS table has
        no column for (a list, a record), or an integer's nulls have no value left to stand for.
    """
    schema = _schema(tables, columns)
    if len(schema) > _MOST_COLUMNS:
        raise ValueError(f"{len(schema)} columns: a FITS table has {_MOST_COLUMNS}: use --columns")
    stored = [_Column.of(field) for field in schema]
    rows = 0
    for batch in _batches(tables, schema):
        rows += batch.num_rows
        for column in stored:
            column.see(batch[column.field.name])
    with atomic_path(out) as temporary, temporary.open("wb") as file:
        file.write(_header(name, stored, rows))
        for batch in _batches(tables, schema):
            made = np.empty(batch.num_rows, [(str(i), c.dtype) for i, c in enumerate(stored)])
            for i, column in enumerate(stored):
                made[str(i)] = column.values(batch[column.field.name])
            file.write(made.tobytes())
        file.write(bytes(-file.tell() % _BLOCK))
    return rows


def _schema(tables: Sequence[Path], columns: Sequence[str] | str) -> pa.Schema:
    try:
        found = schema_of(tables)
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        raise ValueError(f"a column is of several types: export fewer nights ({error})") from error
    if columns == EVERY_COLUMN:
        return found
    if unknown := [name for name in columns if name not in found.names]:
        raise ValueError(f"no table of these has a column {unknown[0]!r}")
    return pa.schema([found.field(name) for name in dict.fromkeys(columns)])


def _batches(tables: Sequence[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows, all of one schema; a column that is not there is null."""
    for path in tables:
        with pq.ParquetFile(path) as file:
            names = [name for name in schema.names if name in file.schema_arrow.names]
            for batch in file.iter_batches(BATCH, columns=names):
                columns = [
                    batch[field.name].cast(field.type)
                    if field.name in names
                    else pa.nulls(batch.num_rows, field.type)
                    for field in schema
                ]
                yield pa.table(columns, schema=schema)


@dataclass
class _Column:
    """How a column is stored, which follows from its type and, in part, from its values."""

    field: pa.Field
    kind: pa.DataType
    width: int = 1
    least: int | None = None
    nulls: int = 0

    @classmethod
    def of(cls, field: pa.Field) -> "_Column":
        """Return that of a field.

        Raises
        ------
        ValueError
            If FITS has no column for it.
        """
        kind = _STORED.get(field.type, field.type)
        if not is_text(kind) and kind not in _CODES:
            raise ValueError(
                f"{field.name}: a FITS table has no column for {field.type}: leave it out by "
                "--columns"
            )
        plain = field.name.isascii() and field.name.isprintable()
        # a quote counts twice there
        if not plain or len(field.name) + field.name.count("'") > _MOST_LETTERS:
            raise ValueError(
                f"{field.name!r}: a name in FITS is of ASCII, at most {_MOST_LETTERS} letters: "
                "leave it out"
            )
        return cls(field, kind)

    def see(self, values: pa.ChunkedArray) -> None:
        """Take note of rows that are written later."""
        if is_text(self.kind):
            longest = pc.max(pc.binary_length(_ascii(values))).as_py() or 0
            self.width = max(self.width, longest)
        elif pa.types.is_integer(self.kind):
            self.nulls += values.null_count
            least = pc.min(values).as_py()
            if least is not None:
                self.least = least if self.least is None else min(self.least, least)

    @property
    def null(self) -> int | None:
        """What stands for null; None where there is none.

        Raises
        ------
        ValueError
            If it is a value of the column as well.
        """
        if not self.nulls:
            return None
        null = int(np.iinfo(self.kind.to_pandas_dtype()).min)
        if self.least == null:
            raise ValueError(f"{self.field.name}: has nulls and {null}, which FITS tells them by")
        return null

    @property
    def format(self) -> str:
        return f"{self.width}A" if is_text(self.kind) else _CODES[self.kind][0]

    @property
    def dtype(self) -> str:
        return f"S{self.width}" if is_text(self.kind) else _CODES[self.kind][1]

    def values(self, column: pa.ChunkedArray) -> np.ndarray:
        """Return what is stored of some rows."""
        if is_text(self.kind):
            return np.array(_ascii(column).fill_null("").to_pylist(), self.dtype)
        if pa.types.is_boolean(self.kind):
            known = pc.if_else(column, _TRUE, _FALSE).fill_null(_UNKNOWN)
            return np.asarray(known).astype(np.uint8)
        if pa.types.is_floating(self.kind):
            return np.asarray(column.cast(self.kind).fill_null(np.nan))
        whole = column.cast(self.kind)
        return np.asarray(whole if self.null is None else whole.fill_null(self.null))


def _ascii(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text as FITS may hold it: printable ASCII."""
    if pc.all(pc.match_substring_regex(column, "^[ -~]*$")).as_py() is not False:
        return column
    texts = (None if t is None else _escaped(t) for t in column.to_pylist())
    return pa.chunked_array([pa.array(texts, column.type)], column.type)


def _escaped(text: str) -> str:
    plain = (c if " " <= c <= "~" else c.encode("unicode_escape").decode() for c in text)
    return "".join(plain)


def _header(name: str, columns: Sequence[_Column], rows: int) -> bytes:
    """Return the file's headers: of the primary part, which is empty, and of the table."""
    from astropy.io import fits  # noqa: PLC0415 - heavy

    made = [fits.Column(c.field.name, c.format, unit=_unit(c.field), null=c.null) for c in columns]
    header = fits.BinTableHDU.from_columns(made, nrows=0, name=name).header
    header["NAXIS2"] = rows
    for number, column in enumerate(columns, 1):
        description = (column.field.metadata or {}).get(b"description", b"").decode()
        if description:
            header[f"TCOMM{number}"] = _escaped(description)
    header["CREATOR"] = f"nightmill {pipeline.__version__}"
    primary = fits.PrimaryHDU().header
    return primary.tostring().encode() + header.tostring().encode()


def _unit(field: pa.Field) -> Any:
    """Return a unit as FITS writes it; one that it does not know as it is."""
    import astropy.units as u  # noqa: PLC0415 - heavy

    unit = (field.metadata or {}).get(b"unit", b"").decode()
    unit = VOTABLE_UNITS.get(unit, unit)  # FITS has the IVOA's
    try:
        return u.Unit(unit).to_string("fits") if unit else None
    except ValueError:
        return _escaped(unit)
