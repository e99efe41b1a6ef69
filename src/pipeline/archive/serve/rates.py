"""How often somebody may do something: a bucket of turns each, filled again with time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

MOST_KEYS = 10_000


class Rate:
    """Turns by key.

    Parameters
    ----------
    per_s : float
        Turns that come back each second.
    burst : int
        Turns that one can have saved.
    clock : callable
        Monotonic [s].

    Examples
    --------
    >>> rate = Rate(per_s=0.5, burst=1, clock=lambda: 0.0)
    >>> rate.take("someone"), rate.take("someone"), rate.take("other")
    (0.0, 2.0, 0.0)
    """

    def __init__(
        self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._lock = threading.Lock()  # logins ask in threads
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable) -> float:
        """Take a turn and return 0, or return after how many seconds there is one."""
        with self._lock:
            left = self._turns(key)
            if left < 1:
                return (1 - left) / self._per_s
            self._left[key] = (left - 1, self._clock())
            self._left.move_to_end(key)
            while len(self._left) > MOST_KEYS:  # whoever has not been here for longest
                self._left.popitem(last=False)
        return 0.0

    def wait(self, key: Hashable) -> float:
        """Return after how many seconds there is a turn, without taking it."""
        with self._lock:
            return max((1 - self._turns(key)) / self._per_s, 0.0)

    def _turns(self, key: Hashable) -> float:
        left, since = self._left.get(key, (float(self._burst), 0.0))
        return min(left + (self._clock() - since) * self._per_s, self._burst)
