"""Catalogues in CSV (.csv: commas, .tsv: tabs), with a header line."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipeline.crossmatch.csv_lines import WholeLines
from pipeline.crossmatch.header import check_columns, csv_header, delimiter_of
from pipeline.crossmatch.rows import Rows, as_text, batches_of, readable
from pipeline.crossmatch.unpack import unpacked

_INTEGER = "^[+-]?[0-9]+$"
_LONG_INTEGER = "^[+-]?[0-9]{16,}$"  # perhaps above 2^53, and then not exact as a float
# words that stand for a missing number, date or boolean; in text they are text
_NULLS = pa.array(pa.csv.ConvertOptions().null_values)
_NUMBER = r"^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|(?i:inf|infinity|nan))$"
_ZONES = [None, "UTC"]
# No times of day: 12:34:56 is an angle more often.
_TIMES = [pa.timestamp(unit, zone) for unit in ("s", "ns") for zone in _ZONES]
_OTHERS = [pa.bool_(), pa.date32(), *_TIMES]


def read_csv(path: Path, columns: Sequence[str], text: Sequence[str] = ()) -> Rows:
    """Return columns of a CSV file.

    A column's type is found from all of its values (which is why they are held in memory).
    Lines with too many or too few fields, or with a quote that does not close, are skipped
    and counted as ``malformed``.

    Parameters
    ----------
    text : sequence of str
        Columns that stay text.

    Raises
    ------
    ValueError
        If it cannot be read or a column does not exist.
    """
    skipped: Counter[str] = Counter()

    def skip(_row: object) -> str:
        skipped["malformed"] += 1
        return "skip"

    delimiter = delimiter_of(path)
    with readable(path, "CSV"):
        names = csv_header(path, delimiter)
        # others may be, as those without a name: ra,dec,,
        if twice := [name for name in columns if names.count(name) > 1]:
            raise ValueError(f"its header has {twice[0]!r} more than once")
    check_columns(path, columns, names)
    with readable(path, "CSV"), unpacked(path) as stream:
        table = pa.csv.read_csv(
            WholeLines(stream, delimiter, skipped),
            # one thread, as the handler is Python
            pa.csv.ReadOptions(column_names=names, skip_rows=1, use_threads=False),
            pa.csv.ParseOptions(delimiter=delimiter, invalid_row_handler=skip),
            pa.csv.ConvertOptions(
                include_columns=list(columns),
                strings_can_be_null=True,
                null_values=[""],
                # found below: Arrow takes h:m:s for times
                column_types=dict.fromkeys(columns, pa.binary()),
            ),
        )
        words = {name: _words(table[name]) for name in columns}
        arrays = [word if name in text else _typed(word) for name, word in words.items()]
    return Rows(batches_of(pa.table(arrays, names=list(columns))), skipped=skipped)


def _words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take blanks off text, and quotes that stood behind blanks and so were not seen.

    Others were taken off by the parser: what is quoted now was written with three.
    """
    words = pa.chunked_array([as_text(chunk) for chunk in column.chunks], pa.string())
    unquoted = pc.replace_substring_regex(words, r'(?s)^\s+"(.*)"\s*$', r"\1")
    return pc.utf8_trim_whitespace(unquoted)


def _typed(words: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of text as what all of its values are; of several kinds, as text."""
    present = pc.if_else(pc.is_in(words, _NULLS), None, words)
    if present.null_count == len(present):
        return words
    if _all(present, _INTEGER):
        # those of more digits would lose some as floats
        return _cast(pc.utf8_ltrim(present, "+"), [pa.int64()], words)
    if _all(present, _NUMBER):
        return words if _loses_digits(present) else present.cast(pa.float64())
    return _cast(present, _OTHERS, words)


def _loses_digits(numbers: pa.ChunkedArray) -> bool:
    """Return whether an integer among numbers, perhaps an identifier, is not exact as a float."""
    long = numbers.filter(pc.match_substring_regex(numbers, _LONG_INTEGER))
    return any(Decimal(float(word)) != Decimal(word) for word in long.to_pylist())


def _all(words: pa.ChunkedArray, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(words, pattern)).as_py()


def _cast(
    words: pa.ChunkedArray, types: list[pa.DataType], otherwise: pa.ChunkedArray
) -> pa.ChunkedArray:
    for type_ in types:
        try:
            return words.cast(type_)
        except pa.ArrowInvalid:
            continue
    return otherwise
