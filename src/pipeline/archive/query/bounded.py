"""A query of a command within its time and memory, whatever it is doing.

DuckDB looks for an interruption between the pieces of its work, and counts to its memory what
it keeps, not what an expression makes: one value can take hours, or all there is.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.archive.query.home import Options
from pipeline.documents.sandbox import MEMORY_MB
from pipeline.io.limits import memory_limit

PROCESS_MB = MEMORY_MB + 1000
"""That a query may take in all: DuckDB's, and an answer's."""
GRACE_S = 2.0
"""After its time limit, for a query to stop by itself and say so."""


@contextmanager
def bounded(options: Options) -> Iterator[None]:
    """End this process, with one line, if what is done in here takes too long.

    Raises
    ------
    ValueError
        If it takes more than `PROCESS_MB` of memory.
    """
    timer = threading.Timer(options.max_time_s + GRACE_S, _end, [options.max_time_s])
    timer.daemon = True
    timer.start()
    try:
        with memory_limit(PROCESS_MB):
            yield
    finally:
        timer.cancel()


def _end(seconds: float) -> None:
    print(f"nightmill: stopped: it takes longer than {seconds:g} s", file=sys.stderr, flush=True)
    os._exit(1)  # nothing else ends a thread that is in DuckDB
