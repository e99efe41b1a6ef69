"""Progress of what takes more than a few seconds: a bar on a terminal, else plain lines."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

EVERY_SECONDS = 10.0


class Advance(Protocol):
    """Called with how many steps were done."""

    def __call__(self, steps: int) -> None:
        """Report steps."""


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """Report progress on standard error, which leaves standard output to results."""
    if sys.stderr.isatty():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(title, total=total)
            yield lambda steps: bar.advance(task, steps)
        return
    started = shown = time.monotonic()
    done = 0

    def advance(steps: int) -> None:
        nonlocal done, shown
        done += steps
        now = time.monotonic()
        if done >= total or now - shown >= EVERY_SECONDS:
            shown = now
            rate = done / max(now - started, 1e-9)
            print(f"{title}: {done} of {total} ({rate:.0f}/s)", file=sys.stderr, flush=True)

    yield advance
