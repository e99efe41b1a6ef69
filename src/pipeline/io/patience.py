"""Give work up that gets no further, whatever it waits for."""

import threading
import time
from collections.abc import Callable

PATIENCE_SECONDS = 600.0
"""In which `CHUNK_BYTES` or the end must come: a byte a minute is within the timeouts."""


class GivenUpError(Exception):
    """Work that got no further in time."""


class Patience:
    """Waits for work as long as it tells of progress.

    The work runs in a thread of its own, as a read from a socket ends when it wants to;
    that thread is left behind when it is given up, and ends at its next progress or with
    the process.

    Parameters
    ----------
    seconds : float
        From one progress to the next, at most.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = time.monotonic()
        self._given_up = False
        self._error: BaseException | None = None

    def progress(self) -> None:
        """Tell that the work has got further.

        Raises
        ------
        GivenUpError
            If nobody waits for it any more.
        """
        self.check()
        self._last = time.monotonic()

    def check(self) -> None:
        """Raise if nobody waits for the work any more: whoever does it stops here."""
        if self._given_up:
            raise GivenUpError

    def run(self, work: Callable[[], None]) -> None:
        """Do work; what it raises is raised.

        Raises
        ------
        GivenUpError
        """

        def caught() -> None:
            try:
                work()
            except BaseException as error:
                self._error = error

        self._last = time.monotonic()
        thread = threading.Thread(target=caught, daemon=True)
        thread.start()
        while thread.is_alive():
            left = self._last + self._seconds - time.monotonic()
            if left <= 0:
                self._given_up = True
                raise GivenUpError
            thread.join(left)
        if self._error is not None:
            raise self._error
