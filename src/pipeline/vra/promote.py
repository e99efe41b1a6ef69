"""A round's model becomes the one that scores every night: one line of the configuration."""

import re
from pathlib import Path
from typing import Any

import yaml

from pipeline.io.atomic import atomic_path
from pipeline.io.json_file import read_json
from pipeline.vra.places import CLOSED, is_closed, round_name
from pipeline.vra.rounds.frozen import FROZEN, META
from pipeline.vra.rounds.model_files import ONNX

KEY = "promoted"
_SECTION = re.compile(r"^vra:\s*(#.*)?$")


def closed_model(directory: Path, experiment: str, number: int) -> Path:
    """Return the model of a round.

    Raises
    ------
    ValueError
        If the round is not closed, or has none.
    """
    folder = directory / CLOSED.format(experiment=experiment, round=round_name(number))
    if not is_closed(directory, experiment, number):
        raise ValueError(f"{folder}: round {number} of {experiment} is not closed")
    if not (folder / ONNX).is_file():
        reason = read_json(folder / META, FROZEN)["reason"]
        raise ValueError(f"{folder}: round {number} of {experiment} has no model ({reason})")
    return folder / ONNX


def promote(path: Path, number: int) -> str:
    """Write the round into a configuration's section ``vra``; return the line.

    Parameters
    ----------
    path : Path
        A YAML file in which the section is written as a block.
    number : int

    Raises
    ------
    ValueError
        If it cannot be told where the line goes; nothing is written then.
    """
    text = path.read_text(encoding="utf-8")
    line = f"{KEY}: {number}"
    new = with_promoted(text, line)
    if new is None or _without(yaml.safe_load(new)) != _without(yaml.safe_load(text)):
        raise ValueError(f"{path}: write `{line}` into its section `vra` yourself")
    with atomic_path(path) as temporary:
        temporary.write_text(new, encoding="utf-8")
        temporary.chmod(path.stat().st_mode & 0o777)
    return line


def with_promoted(text: str, line: str) -> str | None:
    r"""Return a configuration with a line in its section ``vra``; None if it has no such block.

    >>> with_promoted("vra:\n  filter: a\n", "promoted: 3")
    'vra:\n  promoted: 3\n  filter: a\n'
    """
    lines = text.splitlines(keepends=True)
    starts = [n for n, one in enumerate(lines) if _SECTION.match(one.rstrip())]
    if len(starts) != 1:
        return None
    inside = range(starts[0] + 1, len(lines))
    first = next((n for n in inside if lines[n].strip() and not _is_comment(lines[n])), None)
    if first is None or not lines[first].startswith(" "):
        return None
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    for n in inside:
        if lines[n].strip() and not lines[n].startswith((" ", "#")):
            break
        if lines[n].startswith(f"{indent}{KEY}:"):
            return "".join([*lines[:n], f"{indent}{line}\n", *lines[n + 1 :]])
    return "".join([*lines[:first], f"{indent}{line}\n", *lines[first:]])


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _without(values: Any) -> Any:
    """Return a configuration without the promoted round: nothing else may change."""
    vra = {key: value for key, value in values["vra"].items() if key != KEY}
    return values | {"vra": vra}
