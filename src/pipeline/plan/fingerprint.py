"""Whether an input changed: a time stamp that is newer than the results does not say all."""

import hashlib
import os
from pathlib import Path

from pipeline.contract.paths import RESULTS


def fingerprint(path: str | Path) -> str:
    """Hash size and time of an input file, or names, sizes and times of all below a folder.

    Snakemake itself runs again what is older than its input. It does not see a file that was
    replaced by an older one (``cp -p``, ``rsync -t``, a link set anew), nor one that changed
    inside a folder, whose time stamp tells of added and removed entries only.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str
        16 hexadecimal digits. Nothing for what is not there, and nothing for what the workflow
        makes itself: it is not there yet when its first run is planned.
    """
    if Path(path).parts[:1] == (RESULTS,):
        return ""
    digest = hashlib.sha256()
    if os.path.isdir(path):
        for folder, names, files in os.walk(path):
            names.sort()
            for name in sorted(files):
                digest.update(_state(os.path.join(folder, name)))
    elif state := _state(path):
        digest.update(state)
    else:
        return ""
    return digest.hexdigest()[:16]


def _state(path: str | Path) -> bytes:
    try:
        state = os.stat(path)
    except FileNotFoundError:  # a dangling link, or removed since it was listed
        return b""
    # names need not be UTF-8
    return os.fsencode(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n")
