"""A result that is a folder appears whole or not at all, as a file does."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`; it becomes `path` when the block ends well.

    Parameters
    ----------
    path : str or Path
        The final folder. What was there before is replaced.

    Raises
    ------
    OSError
        If the folder cannot be made or written; a note names the final folder.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)  # what a killed run left behind
        part.mkdir()
        yield part
        for file in part.iterdir():
            _fsync(file)
        _fsync(part)
        if path.exists():  # rename replaces an empty folder only
            shutil.rmtree(path)
        os.replace(part, path)
        _fsync(path.parent)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError):
            error.add_note(f"while writing {path}")
        raise


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
