"""Parquet in a dump: rows with nested columns, as Fink's have them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.alerts import parts
from pipeline.alerts.found import Found, Rows, Unreadable
from pipeline.io.arrow_plain import plain_table
from pipeline.io.messages import first_line
from pipeline.io.names import readable

# LSST rows have 1000 earlier measurements: a batch stays below 300 MB in memory.
MOST_ROWS = 512


class _TooManyRowsError(ValueError):
    """A file that cannot be; the message becomes a reason in a table."""


def read_parquet(path: Path, segments: range) -> Iterator[Found]:
    """Yield the row groups that begin in some segments of a file.

    A damaged row group costs itself. What is wrong with the file as a whole is told by every
    part that reads of it: merging keeps one.
    """
    source, size, again = readable(str(path)), path.stat().st_size, segments.start > 0
    try:
        with pq.ParquetFile(path) as parquet:
            _check_rows(parquet, size)
            first = 0
            for number in range(parquet.metadata.num_row_groups):
                group = parquet.metadata.row_group(number)
                if _begin(group, size) // parts.SEGMENT_BYTES in segments:
                    for found in _read_group(parquet, number, source, first):
                        yield replace(found, repeated=again) if isinstance(found, Rows) else found
                first += group.num_rows
    except (pa.ArrowException, OSError, MemoryError, ValueError) as error:
        yield replace(_unreadable(source, 0, error), repeated=again)


def _read_group(
    parquet: pq.ParquetFile, number: int, source: str, first: int
) -> Iterator[Rows | Unreadable]:
    try:
        for batch in parquet.iter_batches(MOST_ROWS, row_groups=[number]):
            yield Rows(source, first, plain_table(pa.Table.from_batches([batch])))
            first += batch.num_rows
    except (pa.ArrowException, OSError, MemoryError, ValueError) as error:
        yield _unreadable(source, first, error)


def _unreadable(source: str, position: int, error: Exception) -> Unreadable:
    """Return what to record of an error; raise it if it is none of the file's."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    if isinstance(error, UnicodeDecodeError):
        return Unreadable(source, position, f"a column's name is not UTF-8: {error.object!r}")
    return Unreadable(source, position, f"damaged or not parquet: {first_line(error)}")


def _check_rows(parquet: pq.ParquetFile, size: int) -> None:
    """Raise if it claims more rows than its bytes can hold: a repeated value takes none."""
    if (rows := parquet.metadata.num_rows) > size:
        raise _TooManyRowsError(f"{rows} rows in {size} bytes")


def _begin(group: pq.RowGroupMetaData, size: int) -> int:
    """Return where a row group begins, within the file, whatever its metadata say."""
    if not group.num_columns:
        return 0
    column = group.column(0)
    begin = column.dictionary_page_offset or column.data_page_offset
    return min(max(begin, 0), max(size - 1, 0))
