"""The terminal, which jobs that run at a time share: one of them at a time draws on it."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def drawing() -> Iterator[bool]:
    """Say whether the block may draw on the terminal of standard error.

    It may if there is one, and no other process draws on it: that is held off until the block
    ends. What ends is no hindrance, however it ends: the lock goes with the process.

    Yields
    ------
    bool
    """
    terminal = _locked(sys.stderr.fileno()) if sys.stderr.isatty() else None
    try:
        yield terminal is not None
    finally:
        if terminal is not None:
            os.close(terminal)


def _locked(stream: int) -> int | None:
    """Return the stream's terminal, opened anew: a lock is one of the opened file's, not ours."""
    try:
        terminal = os.open(os.ttyname(stream), os.O_WRONLY | os.O_NOCTTY)
    except OSError:  # one of another namespace, as in a container
        return None
    try:
        fcntl.flock(terminal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(terminal)
        return None
    return terminal
