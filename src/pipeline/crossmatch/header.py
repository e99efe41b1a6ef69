"""The columns of a catalogue file, where its header alone tells them and is read at once."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.crossmatch.csv_lines import LINE_BYTES, WholeLines
from pipeline.crossmatch.unpack import unpacked

PARQUET = (".parquet", ".pq")


def quick_columns(path: Path) -> list[str] | None:
    """Return a file's columns, as its reader would name them.

    Returns
    -------
    list of str or None
        None where it would take long to say (FITS and VOTable need astropy, a folder of
        parquet may be large), and where the header cannot be read: its reader says why.
    """
    import pyarrow as pa  # noqa: PLC0415 - the planning alone pays for both
    import pyarrow.parquet as pq  # noqa: PLC0415

    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    try:
        if not path.is_file():
            return None
        if kind in (".csv", ".tsv"):
            return csv_header(path, delimiter_of(path))
        if kind in PARQUET:
            return pq.read_schema(path).names
    except (OSError, ValueError, EOFError, csv.Error, pa.ArrowException):
        pass
    return None


def delimiter_of(path: Path) -> str:
    """Return what separates the fields of a CSV file, by its name."""
    return "\t" if ".tsv" in path.suffixes else ","


def csv_header(path: Path, delimiter: str) -> list[str]:
    """Return the names in the first line of a CSV file.

    Raises
    ------
    ValueError
        If it has a quote that does not close.
    """
    with unpacked(path) as stream:
        start = stream.read(LINE_BYTES)
    line = re.split(rb"[\r\n]", start, maxsplit=1)[0]
    left_out: Counter[str] = Counter()
    WholeLines(io.BytesIO(line), delimiter, left_out).read()
    if left_out:
        raise ValueError("its header has a quote that does not close")
    text = line.decode("utf-8-sig", "replace")
    fields = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
    return [field.strip() for field in fields]


def check_columns(name: str | Path, wanted: Sequence[str], present: Sequence[str]) -> None:
    """Raise a ValueError that names the file, what it lacks and what it has."""
    if missing := [column for column in wanted if column not in present]:
        raise ValueError(
            f"{name}: no column {', '.join(map(repr, missing))}; its columns are {_listed(present)}"
        )


def _listed(names: Sequence[str]) -> str:
    shown = [name if name.isprintable() else repr(name) for name in names[:200]]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return (", ".join(shown) or "(none)") + more
