"""Progress of a transfer: a bar on a terminal, and plain lines in the log."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

EVERY_SECONDS = 10.0
_COLUMNS = (BarColumn, DownloadColumn, TransferSpeedColumn, TimeRemainingColumn)
_MB = 1e6

logger = logging.getLogger(__name__)


@contextmanager
def meter(title: str, have: int, total: int | None) -> Iterator[Callable[[int], None]]:
    """Report a transfer while the block runs.

    Parameters
    ----------
    title : str
    have, total : int
        Bytes at the beginning and the end; None where the end is unknown.

    Yields
    ------
    callable
        To be called with how many bytes have come.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), *(column() for column in _COLUMNS))
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(title, total=total, completed=have)
        started = shown = time.monotonic()
        done = have

        def advance(size: int) -> None:
            nonlocal done, shown
            done += size
            bar.advance(task, size)
            if (now := time.monotonic()) - shown >= EVERY_SECONDS:
                shown = now
                logger.info("%s", _line(title, done, total, (done - have) / (now - started)))

        yield advance
    speed = (done - have) / max(time.monotonic() - started, 1e-9)
    logger.info("%s", _line(title, done, total, speed))


def _line(title: str, done: int, total: int | None, speed: float) -> str:
    """Say how far a transfer is.

    >>> _line("night.tar.gz", 1_500_000, 60_000_000, 2e6)
    'night.tar.gz: 1.5 of 60.0 MB (2.0 MB/s)'
    >>> _line("night.tar.gz", 1_500_000, None, 2e6)
    'night.tar.gz: 1.5 MB (2.0 MB/s)'
    """
    of = f" of {total / _MB:.1f}" if total is not None else ""
    return f"{title}: {done / _MB:.1f}{of} MB ({speed / _MB:.1f} MB/s)"
