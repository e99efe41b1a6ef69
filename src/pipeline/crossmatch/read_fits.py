"""Catalogues in the formats that astropy reads: FITS tables and VOTables."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from astropy.io import fits
from astropy.io.votable import parse_single_table

from pipeline.crossmatch.fits_check import check_fits
from pipeline.crossmatch.rows import BATCH_ROWS, Rows, batches_of, check_columns, guarded, readable
from pipeline.crossmatch.votable_check import check_votable


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
        nulls = {c.name: c.null for c in table.columns if not c.bzero}
        with hdus:
            for start in range(0, max(len(table.data), 1), BATCH_ROWS):
                data = table.data[start : start + BATCH_ROWS]
                arrays = [_arrow(c, data.field(c), nulls.get(c)) for c in columns]
                yield pa.RecordBatch.from_arrays(arrays, names=list(columns))

    units = {name: table.columns[name].unit or "" for name in columns}
    return Rows(guarded(batches(), path, "FITS"), units)


def read_votable(path: Path, columns: Sequence[str]) -> Rows:
    """Return columns of the first table of a VOTable file.

    Raises
    ------
    ValueError
        If it cannot be read or a column does not exist.
    """
    with readable(path, "VOTable"):
        check_votable(path)
        table = parse_single_table(path, verify="ignore").to_table(use_names_over_ids=True)
    check_columns(path, columns, table.colnames)
    with readable(path, "VOTable"):
        arrays = []
        for name in columns:
            values = table[name]
            mask = np.ma.getmaskarray(np.ma.asarray(values))
            arrays.append(_arrow(name, np.ma.getdata(values), mask=mask))
    units = {name: str(table[name].unit or "") for name in columns}
    return Rows(batches_of(pa.table(arrays, names=list(columns))), units)


def _arrow(
    name: str, values: np.ndarray, null: int | None = None, mask: np.ndarray | None = None
) -> pa.Array:
    """Return a column of numpy's as one of Arrow's; `null` stands for a missing integer."""
    if values.ndim != 1 or _holds_arrays(values):
        raise ValueError(f"column {name!r} holds arrays: only scalars can be used")
    if values.dtype.kind in "iufb":
        values = values.astype(values.dtype.newbyteorder("="))
        return pa.array(values, mask=mask if null is None else values == null)
    if values.dtype.kind in "SUO":
        words = [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in values]
        words = np.array([word.rstrip() for word in words], dtype=object)
        return pa.array(words, pa.string(), mask=mask)
    raise ValueError(f"column {name!r} holds {values.dtype}: neither numbers nor text")


def _holds_arrays(values: np.ndarray) -> bool:
    return values.dtype.kind == "O" and any(isinstance(value, np.ndarray) for value in values)
