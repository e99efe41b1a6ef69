"""Catalogues in CSV (.csv: commas, .tsv: tabs), with a header line."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipeline.crossmatch.rows import Rows, batches_of, check_columns, readable


def read_csv(path: Path, columns: Sequence[str], text: Sequence[str] = ()) -> Rows:
    """Return columns of a CSV file.

    A column's type is found from all of its values (which is why they are held in memory).
    Lines with too many or too few fields are skipped and counted as ``malformed``.

    Parameters
    ----------
    text : sequence of str
        Columns that stay text.

    Raises
    ------
    ValueError
        If it cannot be read or a column does not exist.
    """
    skipped: Counter = Counter()

    def skip(_row: object) -> str:
        skipped["malformed"] += 1
        return "skip"

    delimiter = "\t" if ".tsv" in path.suffixes else ","
    with readable(path, "CSV"):
        names = _header(path, delimiter)
        # others may be, as those without a name: ra,dec,,
        if twice := [name for name in columns if names.count(name) > 1]:
            raise ValueError(f"its header has {twice[0]!r} more than once")
    check_columns(path, columns, names)
    with readable(path, "CSV"):
        table = pa.csv.read_csv(
            path,
            # one thread, as the handler is Python
            pa.csv.ReadOptions(column_names=names, skip_rows=1, use_threads=False),
            pa.csv.ParseOptions(delimiter=delimiter, invalid_row_handler=skip),
            pa.csv.ConvertOptions(
                include_columns=list(columns),
                strings_can_be_null=True,
                column_types=dict.fromkeys(text, pa.string()),
            ),
        )
        arrays = [_plain(column) for column in table.itercolumns()]
    return Rows(batches_of(pa.table(arrays, names=table.column_names)), skipped=skipped)


def _header(path: Path, delimiter: str) -> list[str]:
    with pa.input_stream(str(path), compression="detect") as stream:
        start = stream.read(1 << 20).decode("utf-8-sig", "replace")
    line = re.split(r"[\r\n]", start, maxsplit=1)[0]
    fields = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    return [field.strip() for field in fields]


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take blanks off text, and quotes that stood between blanks and so were not seen."""
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    if pa.types.is_binary(column.type):  # not UTF-8
        words = [None if v is None else v.decode("latin-1") for v in column.to_pylist()]
        column = pa.chunked_array([pa.array(words, pa.string())])
    if not pa.types.is_string(column.type):
        return column
    return pc.replace_substring_regex(pc.utf8_trim_whitespace(column), '^"(.*)"$', r"\1")
