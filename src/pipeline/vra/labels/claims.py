"""Who is asked about which alert: two people at once get others, but for a set share."""

import fcntl
import os
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

CLAIMS = ".claims"
"""Empty file in the folder of labels, whose bytes are locked: none for each alert."""
_BYTES = 1 << 62


def is_shared(candid: int, seed: str, share: float) -> bool:
    """Return whether all labellers are asked about an alert: a hash says, the same for all.

    Parameters
    ----------
    candid : int
    seed : str
    share : float
        Of all alerts, 0 to 1.

    Examples
    --------
    >>> sum(is_shared(candid, "nightmill", 0.1) for candid in range(10_000))
    1009
    """
    return _number(f"{seed} {candid}") < share * _BYTES


class Claims:
    """The alerts that this process asks about, held off from other processes.

    A claim is a lock of one byte, which goes with the process however it ends.

    Parameters
    ----------
    folder : Path
        Of the labels; made if missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / CLAIMS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._held: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def take(self, candid: int, who: str = "") -> bool:
        """Claim an alert in place of the one before; return whether nobody else has it.

        Parameters
        ----------
        candid : int
        who : str
            Held off from others who are called so alone, as is right for what is shared.
        """
        self.leave()
        place = _number(f"{candid} {who}")
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):  # POSIX allows either
            return False
        self._held = place
        return True

    def leave(self) -> None:
        """Give back what is claimed."""
        if self._held is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._held)
            self._held = None


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) % _BYTES
