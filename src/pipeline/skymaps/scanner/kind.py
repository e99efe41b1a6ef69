"""Which files are results of the Skymap Scanner; light, as every start of the workflow asks."""

import re
from functools import cache
from pathlib import Path

from pipeline.contract.address import Address

START = 256
"""Bytes that show what a file is."""


@cache
def is_result(path: str) -> bool:
    """Tell whether a file that events.tsv names is a result rather than an event.

    What it is shows from its content, as with events: an archive of numpy's, or JSON that begins
    with an nside. Of a file that is not there, or cut short, its name decides; and of one behind
    an address, as the plan must not change when it has been fetched.
    """
    if isinstance(path, Address):
        return path.endswith(".npz")
    try:
        with Path(path).open("rb") as file:
            start = file.read(START)
    except OSError:
        start = b""
    return (
        start.startswith(b"PK\x03\x04")
        or re.match(rb'\s*\{\s*"nside-', start) is not None
        or path.endswith(".npz")
    )
