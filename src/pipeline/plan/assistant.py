"""The assistant's section, for commands that a person runs."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.plan.overlay import read_unchecked
from pipeline.vra.domain import Assistant


def read_assistant(directory: Path, files: Iterable[Path]) -> Assistant:
    """Return the section ``vra`` of what the workflow would run on.

    Raises
    ------
    ValueError
        If the configuration has none.
    """
    section = read_unchecked(directory, files).config.vra
    if section is None:
        raise ValueError("the configuration has no assistant: its section `vra` is expected")
    return section
