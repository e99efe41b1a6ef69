"""Parts of a dump: what each of several jobs reads of it, so that nothing is read twice.

A dump is laid out as one axis of bytes: its files in the order of their names, one after the
other, each cut into segments. A part has the segments that begin in its share of the axis, and
finds its first block by the sync markers before it: so all parts together find the same, however
many there are.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

SEGMENT_BYTES = 1 << 24
"""Segment k of a file begins at k times it: to find the first block there costs up to a block's
bytes, once more."""


@dataclass(frozen=True)
class Part:
    """One of the parts in which a dump is read.

    Attributes
    ----------
    number, of : int
        Which, from 0, of how many.
    """

    number: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            raise ValueError(f"part {self.number} of {self.of}: there is no such part")

    @property
    def is_first(self) -> bool:
        """Return whether it tells what is wrong with the dump as a whole."""
        return self.number == 0

    def share(self, total: int) -> range:
        """Return its share of a number of things in a row; all shares together are all of them.

        >>> [Part(i, 3).share(10) for i in range(3)]
        [range(0, 3), range(3, 6), range(6, 10)]
        """
        return range(total * self.number // self.of, total * (self.number + 1) // self.of)


def dump_state(path: Path) -> str:
    """Return what tells that a dump is another: names and sizes of its files.

    Not their times, which differ where a scheduler carries the dump to its machines.
    """
    digest = hashlib.sha256()
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        name = file.relative_to(path) if file != path else ""
        try:
            found = file.stat()
            size = 0 if S_ISDIR(found.st_mode) else found.st_size
        except OSError:
            size = -1
        digest.update(f"{name!s}\n{size}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def spans(files: Iterable[tuple[Path, int]], part: Part) -> Iterator[tuple[Path, range]]:
    """Yield the files of which a part reads something, and the numbers of the segments.

    Parameters
    ----------
    files : iterable of (Path, int)
        The dump's files in their order, with their sizes [bytes].
    part : Part
    """
    files = [(path, max(size, 1)) for path, size in files]  # an empty file is somebody's too
    share = part.share(sum(size for _, size in files))
    begin = 0
    for path, size in files:
        first, behind = (
            -(-(min(max(edge - begin, 0), size)) // SEGMENT_BYTES)
            for edge in (share.start, share.stop)
        )
        if first < behind:
            yield path, range(first, behind)
        begin += size
