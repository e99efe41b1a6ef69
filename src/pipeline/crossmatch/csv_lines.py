"""The lines of a CSV file, each a row: a quote that does not close costs its line alone."""

import io
import re
from collections import Counter
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

LINE_BYTES = 1 << 20
"""Of a line at most."""


class WholeLines(io.RawIOBase):
    """A CSV file as a stream without the lines that end inside quotes.

    CSV readers take such a line and all up to the next quote, perhaps thousands, for one
    field. Fields that do hold line ends are the price: their lines are skipped, and counted.

    Parameters
    ----------
    stream : binary stream
    delimiter : str
    skipped : collections.Counter
        Its ``malformed`` counts what is left out.
    """

    def __init__(self, stream: IO[bytes], delimiter: str, skipped: Counter[str]) -> None:
        self._stream = stream
        self._closed_quotes = _closed_quotes(delimiter)
        self._skipped = skipped
        self._rest = b""
        self._ready = memoryview(b"")
        self._lines = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "Buffer") -> int:
        """Fill a buffer.

        Raises
        ------
        ValueError
            If a line is longer than `LINE_BYTES`.
        """
        while not self._ready:
            block = self._stream.read(LINE_BYTES)
            self._ready = memoryview(self._good(self._whole_lines(block)))
            if not block:
                break
        view = memoryview(buffer)
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _whole_lines(self, block: bytes) -> bytes:
        """Return what is whole with `block`, the rest is kept; all at the end of the file."""
        data = self._rest + block
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1 if block else len(data)
        self._rest = data[end:]
        self._lines += data.count(b"\n", 0, end)
        if len(self._rest) > LINE_BYTES:
            raise ValueError(f"line {self._lines + 1} is longer than {LINE_BYTES} bytes")
        return data[:end]

    def _good(self, data: bytes) -> bytes:
        if b'"' not in data:
            return data
        lines = data.splitlines(keepends=True)
        good = [line for line in lines if b'"' not in line or self._closed_quotes(line)]
        if left_out := len(lines) - len(good):
            self._skipped["malformed"] += left_out
        return b"".join(good)


def _closed_quotes(delimiter: str) -> Callable[[bytes], re.Match[bytes] | None]:
    """Return a function that tells whether a line ends outside of quotes.

    As RFC 4180 and Arrow have it: a quote opens at the start of a field only, a doubled one
    inside stands for itself, and what follows the closing one is text.
    """
    other = rf"[^{delimiter}]*+"
    field = rf'(?:"(?:[^"]++|"")*+"{other}|(?!"){other})'
    return re.compile(f"{field}(?:{delimiter}{field})*+".encode()).fullmatch
