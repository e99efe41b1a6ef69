"""Input files that are files: a named pipe under an input's name would be waited on for ever."""

import os
import stat
from pathlib import Path


class IrregularFileError(OSError):
    """A folder, named pipe, device or socket where a file is expected."""


def check_regular(path: str | Path) -> None:
    """Raise unless a path is, or leads to, a regular file.

    Raises
    ------
    IrregularFileError
        Naming the path.
    OSError
        If there is nothing, or nobody may look.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise IrregularFileError(f"{path}: no regular file (a folder, named pipe or device)")
