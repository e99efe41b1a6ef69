"""What one hostile file may cost: a bound on time and memory."""

import faulthandler
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def bounded(name: str, seconds: float = 10.0, megabytes: float = 500.0) -> Iterator[None]:
    """Fail if what is inside takes longer or raises the process's peak memory by more.

    Python code is interrupted by an alarm; a hang in compiled code, which no alarm
    interrupts, ends the process after three times as long, with a traceback.
    """

    def ring(*_):
        raise TimeoutError(f"{name}: not done after {seconds} s")

    before = _peak_megabytes()
    old = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(3 * seconds, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, old)
    grown = _peak_megabytes() - before
    assert grown < megabytes, f"{name}: took {grown:.0f} MB"


def _peak_megabytes() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
