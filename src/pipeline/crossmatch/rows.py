"""What the readers of catalogue files have in common."""

import csv
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers.expat import ExpatError

import pyarrow as pa
from astropy.io.fits import VerifyError
from astropy.utils.exceptions import AstropyUserWarning

BATCH_ROWS = 1 << 17


@dataclass
class Rows:
    """Columns of a catalogue file.

    Attributes
    ----------
    batches : iterator of pyarrow.RecordBatch
        At least one (perhaps empty), all of one schema.
    units : dict of str to str
        Unit of each column, empty where the file does not tell.
    skipped : collections.Counter
        Rows that the format's reader gave up on, by reason; complete after the last batch.
    """

    batches: Iterator[pa.RecordBatch]
    units: dict[str, str] = field(default_factory=dict)
    skipped: Counter = field(default_factory=Counter)


def batches_of(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Cut a table into batches; one, empty, of a table without rows."""
    if table.num_rows:
        yield from table.to_batches(max_chunksize=BATCH_ROWS)
    else:
        yield pa.RecordBatch.from_pylist([], schema=table.schema)


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


@contextmanager
def readable(name: str | Path, kind: str) -> Iterator[None]:
    """Turn what the libraries throw at broken files into one line that names the file.

    Raises
    ------
    ValueError
    """
    broken = (OSError, EOFError, ValueError, TypeError, LookupError)
    broken += (zlib.error, csv.Error, ExpatError, VerifyError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # astropy only warns, and then may read what lies behind the end as zeros
            warnings.filterwarnings("error", message=".*truncated", category=AstropyUserWarning)
            yield
    except (*broken, AstropyUserWarning) as error:
        message = " ".join(str(error).split())
        raise ValueError(f"{name}: cannot be read as {kind}: {message}") from error


def guarded(
    batches: Iterator[pa.RecordBatch], name: str | Path, kind: str
) -> Iterator[pa.RecordBatch]:
    """Read each batch under :func:`readable`."""
    while True:
        with readable(name, kind):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch
