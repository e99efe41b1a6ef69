"""Whether an input folder changed: its own time stamp misses files changed in place."""

import hashlib
import os
from pathlib import Path


def folder_fingerprint(path: str | Path) -> str:
    """Hash names, sizes and times of all files below a folder; of anything else, nothing.

    Snakemake compares a file's time stamp itself; a folder's tells of added and removed
    entries only.
    """
    if not os.path.isdir(path):
        return ""
    digest = hashlib.sha256()
    for folder, names, files in os.walk(path):
        names.sort()
        for name in sorted(files):
            try:
                state = os.stat(os.path.join(folder, name))
            except FileNotFoundError:  # a dangling link, or removed since it was listed
                continue
            line = f"{folder}/{name}\0{state.st_size}\0{state.st_mtime_ns}\n"
            digest.update(os.fsencode(line))  # names need not be UTF-8
    return digest.hexdigest()[:16]
