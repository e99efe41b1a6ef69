"""The assistant's section, for commands that a person runs."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from pipeline.plan.overlay import DEFAULT, read_unchecked
from pipeline.vra.configured import Assistant


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


def configuration_of(directory: Path, files: Iterable[Path]) -> Path:
    """Return the file that the assistant's section is in: of several the one that counts.

    Raises
    ------
    ValueError
        If none has it.
    """
    for path in reversed([directory / DEFAULT, *files]):
        if path.is_file() and "vra" in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}):
            return path
    raise ValueError("no configuration has the section `vra`")
