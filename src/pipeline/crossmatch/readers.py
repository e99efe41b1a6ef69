"""Open a catalogue file of any format; parquet itself."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset

from pipeline.crossmatch.header import check_columns
from pipeline.crossmatch.read_csv import read_csv
from pipeline.crossmatch.read_fits import read_fits, read_votable
from pipeline.crossmatch.rows import BATCH_ROWS, Rows, as_text, guarded, readable
from pipeline.io.regular import check_regular
from pipeline.io.text import is_text

FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".fits": "fits",
    ".fit": "fits",
    ".vot": "votable",
    ".votable": "votable",
    ".xml": "votable",
}


# By default a file's bytes are kept until its last row is read.
_PARQUET = pa.dataset.ParquetFileFormat(
    default_fragment_scan_options=pa.dataset.ParquetFragmentScanOptions(
        pre_buffer=False, use_buffered_stream=True
    )
)


def read_catalog(path: str | Path, columns: Sequence[str], text: Sequence[str] = ()) -> Rows:
    """Open a catalogue and return some of its columns.

    FITS and parquet are read in batches; of CSV and VOTable the wanted columns are held
    in memory.

    Parameters
    ----------
    path : str or Path
        The suffix tells the format (`FORMATS`; .gz may follow, but for parquet); a folder
        is a parquet dataset. Of a FITS file the first table is taken.
    columns : sequence of str
        Columns to return, without repetition.
    text : sequence of str
        Of these, the ones not to make numbers of where the format (CSV) has no types:
        ``0012`` is an identifier.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    IrregularFileError
        If it is a named pipe, a device or a socket.
    ValueError
        If it is not what its suffix says, or a column does not exist; in the first case
        perhaps only while the batches are read.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such catalogue file")
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    kind = "parquet" if path.is_dir() else FORMATS.get(suffixes[-1] if suffixes else "")
    if kind is None:
        known = ", ".join(FORMATS)
        raise ValueError(f"{path}: a catalogue's suffix is one of {known} (.gz may follow)")
    if not path.is_dir():
        check_regular(path)
    if kind == "parquet":
        return read_parquet(path, columns)
    if kind == "csv":
        return read_csv(path, columns, text)
    return read_fits(path, columns) if kind == "fits" else read_votable(path, columns)


def read_parquet(source: str | Path | Sequence[str], columns: Sequence[str]) -> Rows:
    """Return columns of a parquet file, of a folder of them or of a list of files.

    Raises
    ------
    ValueError
        If it cannot be read or a column does not exist.
    """
    name = source if isinstance(source, str | Path) else ", ".join(source)
    with readable(name, "parquet"):
        dataset = pa.dataset.dataset(source, format=_PARQUET)
        present = dataset.schema.names
    check_columns(name, columns, present)
    with readable(name, "parquet"):
        schema = pa.schema([dataset.schema.field(column) for column in columns])
    units = {
        f.name: (f.metadata or {}).get(b"unit", b"").decode("utf-8", "replace") for f in schema
    }

    def batches() -> Iterator[pa.RecordBatch]:
        yield _plain(pa.RecordBatch.from_pylist([], schema=schema))
        # few batches ahead: the defaults, 16 in each of 4 files, are much memory
        for batch in dataset.to_batches(
            columns=list(columns), batch_size=BATCH_ROWS, batch_readahead=2, fragment_readahead=1
        ):
            yield _plain(batch)

    return Rows(guarded(batches(), name, "parquet"), units)


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return text as string (not all kinds of it can be sorted), and dictionaries as values."""
    return pa.RecordBatch.from_arrays(
        [_plain_column(column) for column in batch.columns], names=batch.schema.names
    )


def _plain_column(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return as_text(column) if is_text(column.type) else column
