"""Labels on disk: one file a labeller, appended to and never changed.

A label is one line, written by one call under the file's lock and synced to the disk before
`append` returns: no end of the process loses it.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.io.regular import check_regular
from pipeline.vra.labels.lines import (
    COLUMNS,
    SKIP,
    UNDO,
    Label,
    check_who,
    line_of,
    now,
    read_line,
)

SUFFIX = ".csv"
_HEADER = (",".join(COLUMNS) + "\n").encode()
_CUT = b",,,,cut\n"
"""Ends a line that was cut: more fields than any label has."""
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Labels:
    """What a folder of labels says.

    Attributes
    ----------
    given : list of Label
        Those in effect: the last of each labeller and alert that was not taken back; those who
        skipped an alert have it as ``skip``. By labeller, then in the order of the file.
    problems : list of str
        Lines that are no labels, and labellers who contradict each other.
    """

    given: list[Label] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def by_candid(self) -> dict[int, Label]:
        """Return what counts of each alert: the latest opinion, of two at a time the last by name.

        Alerts that were only skipped are not in it.
        """
        opinions = [label for label in self.given if label.label != SKIP]
        opinions.sort(key=lambda label: (label.timestamp, label.who))
        return {label.candid: label for label in opinions}


def labels_file(folder: Path, who: str) -> Path:
    """Return the file of a labeller's labels.

    Raises
    ------
    ValueError
        If nothing can be called so.
    """
    return folder / (check_who(who) + SUFFIX)


def append(folder: Path, who: str, candid: int, object_id: str, label: str) -> None:
    """Give a label; it is on the disk when this returns.

    Parameters
    ----------
    folder : Path
        Made if missing.
    who : str
        The labeller: the file's name without its suffix.
    candid : int
        The alert.
    object_id : str
        Its object, for those who read the file.
    label : str
        One of `pipeline.vra.labels.lines.KEYS`' values, or ``undo``.

    Raises
    ------
    ValueError
        If `who`, `candid` or `label` cannot be.
    OSError
        If it cannot be written whole; nothing of it is in the file then.
    """
    append_lines(folder, who, [line_of(candid, object_id, label, now())])


def append_lines(folder: Path, who: str, lines: Iterable[bytes]) -> None:
    """Append lines of `pipeline.vra.labels.lines.line_of`, all of them or none."""
    path = labels_file(folder, who)
    folder.mkdir(parents=True, exist_ok=True)
    if path.exists():
        check_regular(path)
    with _locked(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, fcntl.LOCK_EX) as descriptor:
        size = os.fstat(descriptor).st_size
        # what a full disk or a lost machine has cut stays, and never runs into the next line
        cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        start = _HEADER if size == 0 else _CUT if cut else b""
        try:
            _write(descriptor, start + b"".join(lines))
            os.fsync(descriptor)
        except OSError as error:
            os.ftruncate(descriptor, size)
            error.add_note(f"while writing {path}")
            raise
        if size == 0:
            _sync_folder(folder)


def read(folder: Path) -> Labels:
    """Return the labels of all files of a folder; one that is missing has none.

    Raises
    ------
    OSError
        If a file cannot be read: labels are never left out without a word.
    """
    found = Labels()
    paths = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    for path in paths:
        if path.name.startswith("."):
            continue
        try:
            who = check_who(path.name.removesuffix(SUFFIX))
            check_regular(path)
        except (ValueError, OSError) as error:
            found.problems.append(f"{path}: not read: {error}")
            continue
        found.given.extend(in_effect(_labels(path, who, found.problems)))
    found.problems.extend(_contradictions(found))
    return found


def state(folder: Path) -> tuple[object, ...]:
    """Return what changes whenever a label is given, or a file comes or goes.

    Files are opened for it: over a network a name alone would tell of an earlier time.
    """
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with suppress(OSError):  # which `read` tells
            check_regular(path)
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                of = os.fstat(descriptor)
            finally:
                os.close(descriptor)
            found.append((path.name, of.st_ino, of.st_size, of.st_mtime_ns))
    return tuple(found)


def of_file(path: Path, who: str) -> Labels:
    """Return what one file says, whatever it is called; of any alert its last label counts.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    found = Labels()
    check_regular(path)
    found.given.extend(in_effect(_labels(path, who, found.problems)))
    return found


def of_labeller(path: Path, who: str) -> list[Label]:
    """Return all that a file has, in its order, undo among it."""
    return list(_labels(path, who, []))


def in_effect(labels: Iterable[Label]) -> list[Label]:
    """Return a labeller's labels that count: the last of each alert that was not taken back."""
    stacks: dict[int, list[tuple[int, Label]]] = {}
    for number, label in enumerate(labels):
        stack = stacks.setdefault(label.candid, [])
        if label.label != UNDO:
            stack.append((number, label))
        elif stack:
            stack.pop()
    last = sorted(stack[-1] for stack in stacks.values() if stack)
    return [label for _, label in last]


def _labels(path: Path, who: str, problems: list[str]) -> Iterator[Label]:
    """Yield what a file has in its order, undo among it; what is no label becomes a problem."""
    with (
        _locked(path, os.O_RDONLY, fcntl.LOCK_SH) as descriptor,
        open(descriptor, "rb", closefd=False) as file,
    ):
        content = file.read()
    *lines, rest = content.removeprefix(_BOM).split(b"\n")
    seen: set[bytes] = set()
    for number, raw in enumerate(lines, 1):
        line = raw.removesuffix(b"\r")
        if line + b"\n" == _HEADER:
            if number > 1:
                problems.append(f"{path}, line {number}: a label was expected, not a second header")
            continue
        if number == 1:
            problems.append(f"{path}, line 1: the header {','.join(COLUMNS)} was expected")
        if not line.strip():
            continue
        if line in seen:  # of a file that was put together from copies
            problems.append(f"{path}, line {number}: stands there twice, and counts once")
            continue
        seen.add(line)
        try:
            label, odd = read_line(line, who)
        except ValueError as error:
            problems.append(f"{path}, line {number}: left out: {error}")
            continue
        if odd:
            problems.append(f"{path}, line {number}: {odd}")
        yield label
    if rest:
        problems.append(f"{path}, line {len(lines) + 1}: left out: the last line is cut")


def _contradictions(labels: Labels) -> Iterator[str]:
    said: dict[int, list[Label]] = {}
    for label in labels.given:
        if label.label != SKIP:
            said.setdefault(label.candid, []).append(label)
    counts = labels.by_candid()
    for candid, opinions in said.items():
        if len({label.label for label in opinions}) > 1:
            told = ", ".join(f"{label.who} {label.label}" for label in opinions)
            latest = counts[candid].who
            yield f"{candid}: contradicting labels ({told}); {latest}'s counts, the latest"


@contextmanager
def _locked(path: Path, flags: int, kind: int) -> Iterator[int]:
    """Open a file and hold its lock, which goes with the process however it ends."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, kind)
        yield descriptor
    finally:
        os.close(descriptor)


def _write(descriptor: int, content: bytes) -> None:
    while content:  # one call, but for a disk that is full
        content = content[os.write(descriptor, content) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
