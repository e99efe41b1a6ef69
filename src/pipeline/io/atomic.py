"""Results appear whole or not at all: write beside, fsync, rename."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it becomes `path` when the block ends well.

    The temporary file lies in the same folder (a rename within one filesystem is
    atomic) and its name starts with a dot, so that no reader of the folder takes it
    for a result. The name is fixed, so that what a killed run left behind is overwritten.

    Parameters
    ----------
    path : str or Path
        The final file. Its folder is made if missing.

    Raises
    ------
    OSError
        If the folder cannot be made or written; the message names the final file.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        publish(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.add_note(f"while writing {path}")
        raise


def publish(temporary: Path, path: Path) -> None:
    """Give a file that is complete its final name, so that it survives a power cut there."""
    _fsync(temporary)
    os.replace(temporary, path)
    _fsync(path.parent)


def write_json(value: Any, path: str | Path) -> None:
    """Write `value` as JSON, whole or not at all.

    Raises
    ------
    ValueError
        If it holds a NaN or an infinity, which JSON has no word for.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n")


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
