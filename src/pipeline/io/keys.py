"""Keys of a terminal, one at a time, without the return key."""

import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.io.ended import ended_by_signals

_END = "\x04"
"""Control-D."""
_ESCAPE = 0x1B
_LOOK_SECONDS = 0.5
_SEQUENCE_SECONDS = 0.05
"""Within which the rest of an arrow's or a function key's bytes come."""


@contextmanager
def keys_of_terminal(terminal: int) -> Iterator[Callable[[], str]]:
    """Yield a function that waits for a key; the terminal is as before when the block ends.

    The key is a lower letter or a sign; empty where the input has ended, or at control-D. Arrows
    and such are no keys, and of several that come at once (a paste, a key that hangs) the first
    counts. SIGTERM and SIGHUP end the block as control-C does.

    Parameters
    ----------
    terminal : int
        Descriptor.
    """
    before = termios.tcgetattr(terminal)
    with ended_by_signals():
        try:
            tty.setcbreak(terminal, termios.TCSADRAIN)
            yield lambda: _key(terminal)
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def forget_typed(terminal: int) -> None:
    """Leave out keys that were pressed but not read: they were meant for what was shown before."""
    termios.tcflush(terminal, termios.TCIFLUSH)


def key_of_line() -> str:
    """Return the first letter of the next line of standard input that has any; empty at its end."""
    for line in sys.stdin:
        if line.strip():
            return line.strip()[0].lower()
    return ""


def _key(terminal: int) -> str:
    while True:
        # a signal that comes just before a read would wait for the next key
        while not select.select([terminal], [], [], _LOOK_SECONDS)[0]:
            pass
        typed = os.read(terminal, 256)
        if not typed:
            return ""
        if typed[0] == _ESCAPE:
            while select.select([terminal], [], [], _SEQUENCE_SECONDS)[0]:
                if not os.read(terminal, 256):
                    return ""
            continue
        letter = typed.decode(errors="replace")[0]
        if letter == _END:
            return ""
        if letter.isprintable() and letter != " ":
            return letter.lower()
