"""What libraries in C write to standard error, past Python."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stderr_to_log() -> Iterator[None]:
    """Send what is written to standard error while the block runs to the job's log.

    Where no log is kept (`pipeline.contract.job`) it stays where it is. For libraries that know
    no better place for their own news, and no variable that would stop them.
    """
    files = [
        h for h in logging.getLogger("pipeline").handlers if isinstance(h, logging.FileHandler)
    ]
    if not files or files[0].stream is None:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    os.dup2(files[0].stream.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
