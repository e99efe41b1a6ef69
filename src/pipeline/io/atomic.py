"""Results appear whole or not at all: write beside, fsync, rename."""

import json
import os
import shutil
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
        If the folder cannot be made or written; a note names the final file.
    """
    with _beside(Path(path)) as temporary:
        yield temporary
        _fsync(temporary)
        os.replace(temporary, path)


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
    with _beside(path) as temporary:
        shutil.rmtree(temporary, ignore_errors=True)  # what a killed run left behind
        temporary.mkdir()
        yield temporary
        for file in temporary.iterdir():
            _fsync(file)
        _fsync(temporary)
        if path.exists():  # rename replaces an empty folder only
            shutil.rmtree(path)
        os.replace(temporary, path)


def temporary_name(name: str) -> str:
    """Return what a result is called while it is written.

    >>> temporary_name("0000.parquet")
    '.0000.parquet.part'
    """
    return f".{name}.part"


def write_json(value: Any, path: str | Path) -> None:
    """Write `value` as JSON, whole or not at all.

    Raises
    ------
    ValueError
        If it holds a NaN or an infinity, which JSON has no word for.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n")


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Yield the temporary name of a result; nothing of that name is left by an error."""
    temporary = path.with_name(temporary_name(path.name))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _fsync(path.parent)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.add_note(f"while writing {path}")
        raise


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
