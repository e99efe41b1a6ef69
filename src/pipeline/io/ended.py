"""SIGTERM and SIGHUP end a block as control-C does: what must be put back is put back."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise `SystemExit` in the block at SIGTERM or SIGHUP; the handlers before it come back."""
    handlers = {kind: signal.signal(kind, _ended) for kind in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for kind, handler in handlers.items():
            signal.signal(kind, handler)


def _ended(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
