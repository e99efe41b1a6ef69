"""What the readers of catalogue files have in common."""

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from astropy.utils.exceptions import AstropyUserWarning

from pipeline.io.messages import words

BATCH_ROWS = 1 << 17
MESSAGE_LETTERS = 400
"""What is told at most of what a library says, which may quote half a file."""


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
    frames : dict of str to str
        Of columns that the file says are in another frame than ICRS: that one.
    """

    batches: Iterator[pa.RecordBatch]
    units: dict[str, str] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    frames: dict[str, str] = field(default_factory=dict)


def batches_of(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Cut a table into batches; one, empty, of a table without rows."""
    if table.num_rows:
        yield from table.to_batches(max_chunksize=BATCH_ROWS)
    else:
        yield pa.RecordBatch.from_pylist([], schema=table.schema)


@contextmanager
def readable(name: str | Path, kind: str) -> Iterator[None]:
    """Turn what the libraries throw at broken files into one line that names the file.

    Raises
    ------
    ValueError
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # astropy only warns, and then may read what lies behind the end as zeros
            warnings.filterwarnings("error", message=".*truncated", category=AstropyUserWarning)
            yield
    except Exception as error:  # they raise whatever their parsers met
        message = words(error)[:MESSAGE_LETTERS]
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


def as_text(array: pa.Array) -> pa.Array:
    r"""Return bytes, or text that may not be UTF-8, as text: Latin-1 where it is not.

    >>> as_text(pa.array([b"\xc3\xa9", b"\xe9", None])).to_pylist()
    ['é', 'é', None]
    """
    data = array.cast(pa.binary())
    try:
        return data.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if v is None else _decoded(v) for v in data.to_pylist()], pa.string())


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
