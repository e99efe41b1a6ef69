"""JSON that the workflow wrote, read by people's commands."""

import json
from pathlib import Path
from typing import Any

MADE_ANEW = "delete it and run the workflow, which makes it anew"


def read_json(path: Path, advice: str = MADE_ANEW) -> Any:
    """Return what a file of JSON holds.

    Parameters
    ----------
    path : Path
    advice : str
        What to do where it is damaged.

    Raises
    ------
    FileNotFoundError
    ValueError
        If it is damaged or cut short; the message names it.
    """
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: is no whole JSON ({error}): {advice}") from error
