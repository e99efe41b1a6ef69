"""Catalogue files as bytes: unpacked if they are gzip, and no bombs."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from isal import igzip

if TYPE_CHECKING:
    from typing_extensions import Buffer

GZIP_MAGIC = b"\x1f\x8b"
SMALL_BYTES = 1 << 28
"""What a gzip file may always unpack to."""
MAX_RATIO = 100
"""Beyond that: how many bytes one packed byte may become. Tables reach 20, bombs 1,000."""


def is_gzip(path: Path) -> bool:
    """Return whether a file is gzip, whatever its name says."""
    with path.open("rb") as stream:
        return stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to be read once from start to end, unpacked if it is gzip.

    Reading raises a ValueError as soon as more comes out than a table would hold.
    """
    if not is_gzip(path):
        with path.open("rb") as plain:
            yield plain
        return
    limit = max(SMALL_BYTES, MAX_RATIO * path.stat().st_size)
    with igzip.open(path, "rb") as stream:
        yield io.BufferedReader(_Limited(stream, limit), 1 << 20)


class _Limited(io.RawIOBase):
    def __init__(self, stream: io.BufferedIOBase, limit: int) -> None:
        self._stream = stream
        self._left = limit
        self._limit = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        count = self._stream.readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise ValueError(
                f"it unpacks to more than {self._limit} bytes, {MAX_RATIO} times its size: "
                "if it is no bomb, unpack it yourself"
            )
        return count
