"""Where a page comes from: versions, commit, configuration, the command that makes it again."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.metadata import version
from json import dumps
from pathlib import Path
from typing import Any

import pipeline
from pipeline.contract.blocks import Block, Column, Copy, Table

LIBRARIES = ("snakemake", "numpy", "pyarrow", "pillow", "jinja2", "astropy", "onnxruntime")
_SECRET = re.compile(r"(?<=://)[^/@\s]+@")
_COMMIT_S = 10.0


def origin_blocks(
    configuration: Mapping[str, Any], code: str, command: str, rows: list[list[Any]]
) -> list[Block]:
    """Return the last part of a page.

    Parameters
    ----------
    configuration : mapping
        What differs from the defaults, by the path of its key.
    code : str
        Hash of the code that made the page.
    command : str
        That makes it again.
    rows : list of [str, str, str]
        What the domains used: a model, a version, a hash.
    """
    told = {key: _without_secrets(value) for key, value in configuration.items()}
    made = [
        ["Nightmill", pipeline.__version__],
        ["commit", _commit() or "not from a checkout"],
        ["code of this page", code],
        ["configuration (sha256 of what differs from the defaults)", _hash(told)],
        *([name, version(name)] for name in LIBRARIES),
    ]
    blocks: list[Block] = [
        Table("Made by", [Column("what"), Column("version")], made),
        Copy("Make this page again", command),
    ]
    if rows:
        columns = [Column("what"), Column("version, size"), Column("hash, source")]
        blocks.insert(1, Table("Made of", columns, rows))
    if told:
        values = [[key, value] for key, value in sorted(told.items())]
        words = "Configuration, where it differs from the defaults"
        blocks.append(Table(words, [Column("key"), Column("value")], values))
    return blocks


def differences(values: Any, defaults: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys of a configuration that differ from its defaults, and their values as text.

    >>> list(differences({"a": {"b": 1, "c": 2}, "d": None}, {"a": {"b": 0, "c": 2}, "d": None}))
    [('a.b', '1')]
    """
    if isinstance(values, Mapping) and isinstance(defaults, Mapping):
        for key, value in values.items():
            yield from differences(value, defaults.get(key), f"{where}.{key}" if where else key)
    elif isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from differences(value, None, f"{where}.{key}" if where else key)
    elif values != defaults:
        yield where, values if isinstance(values, str) else dumps(values)


def _without_secrets(value: str) -> str:
    return _SECRET.sub("…@", value)


def _hash(told: Mapping[str, str]) -> str:
    return sha256(dumps(dict(sorted(told.items()))).encode()).hexdigest()[:16]


def _commit() -> str | None:
    """Return the commit of the checkout that the package lies in, if it lies in one."""
    root = Path(pipeline.__file__).parents[2]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"],
            capture_output=True, text=True, check=True, timeout=_COMMIT_S,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
