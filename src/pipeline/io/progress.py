"""Progress of what takes more than a few seconds: a bar on a terminal, else plain lines."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from pipeline.io.terminal import drawing

if TYPE_CHECKING:
    from rich.progress import Progress

EVERY_SECONDS = 10.0
"""Between two lines."""
_MB = 1e6

logger = logging.getLogger(__name__)


class Advance(Protocol):
    """Called with how many steps were done."""

    def __call__(self, steps: int) -> None:
        """Report steps."""


@contextmanager
def bar(*, transfer: bool = False) -> Iterator["Progress | None"]:
    """Show a bar on standard error while the block runs, which leaves standard output to results.

    Parameters
    ----------
    transfer : bool
        Whether its steps are bytes.

    Yields
    ------
    rich.progress.Progress or None
        None where there is no terminal, or another job draws on it.
    """
    with drawing() as free:
        if not free:
            yield None
            return
        # Jobs of a cluster write lines: they need not pay for what draws a bar.
        from rich import progress as rich  # noqa: PLC0415
        from rich.console import Console  # noqa: PLC0415

        of = (
            (rich.DownloadColumn(), rich.TransferSpeedColumn())
            if transfer
            else (rich.MofNCompleteColumn(),)
        )
        columns = (rich.BarColumn(), *of, rich.TimeRemainingColumn())
        words = rich.TextColumn("{task.description}")
        # Gone when it is done: Snakemake's lines stay.
        with rich.Progress(words, *columns, console=Console(stderr=True), transient=True) as shown:
            yield shown


def tell(line: str) -> None:
    """Say how far something is: in a job's log, or else on standard error."""
    handlers = logging.getLogger("pipeline").handlers
    if any(isinstance(handler, logging.FileHandler) for handler in handlers):  # a job's log
        logger.info("%s", line)
    else:
        print(line, file=sys.stderr, flush=True)


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """Report progress while the block runs: a bar, or a line from time to time (`tell`).

    Parameters
    ----------
    title : str
    total : int
        Steps in all.

    Yields
    ------
    callable
        To be called with how many steps were done.
    """
    started = shown = time.monotonic()
    done = 0
    with bar() as shown_bar:
        task = shown_bar.add_task(title, total=total) if shown_bar is not None else None

        def advance(steps: int) -> None:
            nonlocal done, shown
            done += steps
            now = time.monotonic()
            if shown_bar is not None and task is not None:
                shown_bar.advance(task, steps)
            elif done >= total or now - shown >= EVERY_SECONDS:
                shown = now
                seconds = now - started
                time_left = (total - done) * seconds / max(done, 1)
                left = f", {duration(time_left)} left" if 0 < done < total else ""
                rate = f"{done / max(seconds, 1e-9):.2g}/s"
                tell(f"{title}: {done} of {total} ({rate}{left})")

        yield advance


def duration(seconds: float) -> str:
    """Return a time in words.

    >>> duration(12.4), duration(150), duration(8000)
    ('12 s', '2.5 min', '2.2 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.2g} min" if seconds < 6000 else f"{seconds / 3600:.2g} h"


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
    with bar(transfer=True) as shown_bar:
        if shown_bar is not None:
            task = shown_bar.add_task(title, total=total, completed=have)
        started = shown = time.monotonic()
        done = have

        def advance(size: int) -> None:
            nonlocal done, shown
            done += size
            if shown_bar is not None:
                shown_bar.advance(task, size)
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
