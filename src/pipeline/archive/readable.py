"""Files that are no parquet, told by name: what reads several at once does not say which."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.archive.places import DOCUMENTS
from pipeline.io.messages import first_line


class NotWhole(ValueError):
    """Files are missing or damaged; the message names one, and what makes it anew."""


@contextmanager
def named(files: Iterable[Path]) -> Iterator[None]:
    """Name the file that is not whole, where reading some of them fails.

    Raises
    ------
    NotWhole
    """
    try:
        yield
    except Exception:
        for file in files:
            _check(file)
        raise


def _check(file: Path) -> None:
    try:
        pq.read_metadata(file)
    except (pa.ArrowException, OSError) as error:
        documents = file.match(DOCUMENTS.format(survey="*", night="*", shard="*") + "/*")
        made = file.parent if documents else file
        raise NotWhole(
            f"{file}: is no whole parquet file ({first_line(error)}): {anew(str(made))}"
        ) from None


def anew(path: str) -> str:
    """Return how a result is made once more."""
    return f"delete {path} and run the workflow, which makes it anew"
