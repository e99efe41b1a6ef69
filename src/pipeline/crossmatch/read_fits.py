"""Catalogues in the formats that astropy reads: FITS tables and VOTables."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy.io import fits
from astropy.io.votable import parse
from astropy.io.votable.tree import Field, VOTableFile

from pipeline.crossmatch.fits_check import check_fits
from pipeline.crossmatch.frames import frame_of
from pipeline.crossmatch.header import check_columns
from pipeline.crossmatch.rows import (
    BATCH_ROWS,
    Rows,
    as_text,
    batches_of,
    guarded,
    readable,
)
from pipeline.crossmatch.votable_check import check_votable

_ASCII_NUMBERS = ("I", "F", "E", "D")


def read_fits(path: Path, columns: Sequence[str]) -> Rows:
    """Return columns of the first table of a FITS file, in batches.

    Raises
    ------
    ValueError
        If it cannot be read, has no table or not that column.
    """
    with readable(path, "FITS"):
        check_fits(path)
        hdus = fits.open(path, memmap=True)
        # no further than that: what lies behind has not been checked
        kinds = fits.BinTableHDU | fits.TableHDU
        table = next((hdu for hdu in hdus if isinstance(hdu, kinds)), None)
        if table is None:
            raise ValueError("it holds no table, or ends before it")
        names = table.columns.names
    check_columns(path, columns, names)
    with readable(path, "FITS"):
        for name in columns:  # before their lengths are believed
            if re.match(r"\s*\d*[PQ]", str(table.columns[name].format)):
                raise ValueError(f"column {name!r} holds arrays: only scalars can be used")

    def batches() -> Iterator[pa.RecordBatch]:
        with hdus:
            for start in range(0, max(len(table.data), 1), BATCH_ROWS):
                data = table.data[start : start + BATCH_ROWS]
                arrays = [_fits_column(data, table.columns[c]) for c in columns]
                yield pa.RecordBatch.from_arrays(arrays, names=list(columns))

    units = {name: table.columns[name].unit or "" for name in columns}
    header = table.header
    frame = frame_of(header.get("RADESYS", header.get("RADECSYS")), header.get("EQUINOX"))
    return Rows(guarded(batches(), path, "FITS"), units, frames=dict.fromkeys(columns, frame))


def read_votable(path: Path, columns: Sequence[str]) -> Rows:
    """Return columns of the first table of a VOTable file.

    Raises
    ------
    ValueError
        If it cannot be read or a column does not exist.
    """
    with readable(path, "VOTable"):
        check_votable(path)
        document = parse(path, verify="ignore")
        element = document.get_first_table()
        table = element.to_table(use_names_over_ids=True)
    check_columns(path, columns, table.colnames)
    with readable(path, "VOTable"):
        arrays = []
        for name in columns:
            values = table[name]
            mask = np.ma.getmaskarray(np.ma.asarray(values))
            arrays.append(_arrow(name, np.ma.getdata(values), mask))
    units = {name: str(table[name].unit or "") for name in columns}
    frames = _frames(document, dict(zip(table.colnames, element.fields, strict=True)))
    return Rows(batches_of(pa.table(arrays, names=list(columns))), units, frames=frames)


def _frames(document: VOTableFile, fields: dict[str, Field]) -> dict[str, str]:
    """Return the frame of each field: of the COOSYS it refers to, or of the only one."""
    systems = {s.ID: frame_of(s.system, s.equinox) for s in document.iter_coosys()}
    otherwise = next(iter(systems.values())) if len(systems) == 1 else ""
    return {name: systems.get(field.ref, otherwise) for name, field in fields.items()}


def _fits_column(data: fits.FITS_rec, column: fits.Column) -> pa.Array:
    """Return a column of a FITS table, with nulls for what the file says is undefined.

    That is told by what is stored, before TSCAL and TZERO make numbers of it (FITS Standard
    4.0, sections 7.2.2 and 7.3.2), while astropy compares what they have made, or never.
    """
    stored = data.view(np.ndarray)[column.name]
    if stored.ndim != 1:
        raise ValueError(f"column {column.name!r} holds arrays: only scalars can be used")
    in_ascii = column.format.format in _ASCII_NUMBERS and stored.dtype.kind == "S"
    if stored.dtype.kind == "S" and not in_ascii:
        return pc.utf8_rtrim_whitespace(as_text(pa.array(stored.tolist(), pa.binary())))
    mask = None
    if in_ascii and column.null is not None:
        null = str(column.null).strip()[: stored.dtype.itemsize]
        mask = np.char.strip(stored) == null.encode()
    elif column.format.format == "L":
        mask = ~np.isin(stored, [ord("T"), ord("F")])  # a byte of 0 is undefined
    elif stored.dtype.kind in "iu" and column.null is not None:
        mask = stored == column.null
    return _arrow(column.name, data.field(column.name), mask)


def _arrow(name: str, values: np.ndarray, mask: np.ndarray | None = None) -> pa.Array:
    """Return a column of numpy's as one of Arrow's."""
    if values.ndim != 1 or _holds_arrays(values):
        raise ValueError(f"column {name!r} holds arrays: only scalars can be used")
    if values.dtype.kind in "iufb":
        values = values.astype(values.dtype.newbyteorder("="))
        return pa.array(values, mask=mask)
    if values.dtype.kind in "SUO":
        words = [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in values]
        stripped = np.array([word.rstrip() for word in words], dtype=object)
        return pa.array(stripped, pa.string(), mask=mask)
    raise ValueError(f"column {name!r} holds {values.dtype}: neither numbers nor text")


def _holds_arrays(values: np.ndarray) -> bool:
    return values.dtype.kind == "O" and any(isinstance(value, np.ndarray) for value in values)
