"""Gzip, whatever a file's name says, as a stream: what is not asked for is never unpacked."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from isal import igzip, igzip_lib

from pipeline.sky.maps.errors import MapError

GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def unpacked(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Return a stream, unpacked if it is gzip.

    Raises
    ------
    MapError
        While it is read, if it is damaged or ends early.
    """
    magic = stream.read(len(GZIP_MAGIC))
    stream.seek(0)
    if magic != GZIP_MAGIC:
        yield stream
        return
    try:
        with igzip.IGzipFile(fileobj=stream, mode="rb") as packed:
            buffered = io.BufferedReader(packed, 1 << 20)
            yield buffered
    except (EOFError, OSError, igzip_lib.IsalError) as error:  # type: ignore[misc] # its stub
        raise MapError(f"its gzip is damaged or ends early: {error}") from error
