"""A working directory to begin with: the configuration, and tables of inputs with a line each."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml
from pydantic import ValidationError

from pipeline.alerts.dumps import DUMP_SUFFIXES
from pipeline.contract.domain import Lines
from pipeline.contract.section import ConfigError, Section
from pipeline.io.atomic import atomic_path
from pipeline.plan.domains import DOMAINS
from pipeline.plan.explain import explain
from pipeline.plan.export import write_config
from pipeline.plan.load import load_config, load_lines
from pipeline.plan.overlay import DEFAULT

EVENT_SUFFIXES = (".json", ".pkl", ".npz")
_ONE_NIGHT = "one call a night, whose files are given as their folder"
_LINES = {lines.key: lines for domain in DOMAINS for lines in domain.lines}


def begin(
    directory: Path, inputs: Iterable[str], survey: str | None = None, night: str | None = None
) -> Iterator[str]:
    """Write what a working directory lacks, and a line for each input; yield what was done.

    Parameters
    ----------
    directory : Path
        Made if it is not there. What stands in its ``config`` stays as it is.
    inputs : iterable of str
        Dumps of packets (files, folders, addresses) and event files; relative paths begin
        where the caller is.
    survey, night : str, optional
        Of the dumps; if absent the first packet and the name say which.

    Raises
    ------
    ValueError
        If an input is neither, or cannot be told, or two would be lines of one name (nothing is
        written then), or a line of its name is there.
    """
    lines = [_line_of(given, directory, survey, night) for given in inputs]
    _refuse_same(lines)
    config = directory / DEFAULT
    if not config.exists():
        write_config(config.parent)
        yield f"wrote {config}: every key is explained there"
    tables = _tables(directory)
    for key, table in tables.items():
        if not table.exists():
            _write(table, _empty(_LINES[key].model))
    for key, values in lines:
        if key not in tables:
            raise ConfigError(f"{config}: has no {key}: add {key}: config/{key}.tsv")
        yield f"{tables[key]}: {_added(tables[key], _LINES[key], values)}"


def _refuse_same(lines: Iterable[tuple[str, Mapping[str, str]]]) -> None:
    """Refuse inputs of one name, as the files of a night are that a shell puts for ``folder/*``."""
    paths: dict[tuple[str, ...], str] = {}
    for key, values in lines:
        name = tuple(values[part] for part in _LINES[key].identity)
        if (first := paths.setdefault((key, *name), values["path"])) is not values["path"]:
            hint = f": {_ONE_NIGHT}" if key == "alerts" else ""
            raise ValueError(f"{first} and {values['path']} are both {' '.join(name)}{hint}")


def _tables(directory: Path) -> dict[str, Path]:
    """Return where the tables of inputs are that the configuration names."""
    with (directory / DEFAULT).open(encoding="utf-8") as stream:
        config = load_config(yaml.safe_load(stream) or {})
    return {key: directory / path for key in _LINES if (path := getattr(config, key))}


def _empty(model: type[Section]) -> str:
    """Return a table without lines, that says what a line needs."""
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    header = "\t".join(model.model_fields)
    return f"{header}\n# One line each, by tabs; {', '.join(needed)} may not be empty.\n"


def _line_of(
    given: str, directory: Path, survey: str | None, night: str | None
) -> tuple[str, dict[str, str]]:
    """Return the table and the values of an input's line."""
    is_url = re.match("https?://", given) is not None
    path = given if is_url or os.path.isabs(given) else os.path.relpath(given, directory)
    if is_url or Path(given).is_dir() or given.endswith(DUMP_SUFFIXES):
        return "alerts", {**_night(given, is_url, survey, night), "path": path}
    if given.endswith(EVENT_SUFFIXES):
        if not Path(given).is_file():
            raise ValueError(f"{given}: no such file")
        name = re.sub(r"[^A-Za-z0-9_+-]", "_", Path(given).stem).lstrip("_+-")[:100]
        return "events", {"event": name, "path": path}
    ends = ", ".join((*DUMP_SUFFIXES, *EVENT_SUFFIXES))
    raise ValueError(f"{given}: expected a folder, or a file that ends in {ends}")


def _night(given: str, is_url: bool, survey: str | None, night: str | None) -> dict[str, str]:
    from pipeline.alerts.recognise import night_of, survey_of  # noqa: PLC0415 - heavy

    if survey is None and is_url:
        raise ValueError(f"{given}: give --survey: it is not fetched to look")
    night = night or night_of(given)
    if night is None:
        raise ValueError(f"{given}: give --night, as YYYYMMDD: the name has none; {_ONE_NIGHT}")
    return {"survey": survey or survey_of(Path(given)), "night": night}


def _added(table: Path, lines: Lines, values: Mapping[str, str]) -> str:
    """Append a line to a table; return it.

    Raises
    ------
    ConfigError
        If the table is wrong, the line is, or it has one of that name.
    """
    there = load_lines(str(table), lines)
    try:
        row = lines.model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explain(str(table), error, lines.model)) from None
    for other in there:
        if all(getattr(other, name) == getattr(row, name) for name in lines.identity):
            name = " ".join(str(getattr(row, name)) for name in lines.identity)
            raise ConfigError(f"{table}: {name} stands there already")
    text = table.read_text(encoding="utf-8-sig")
    names = next(line for line in text.splitlines() if line.strip() and line[0] != "#").split("\t")
    if lacking := sorted(set(values) - {name.strip() for name in names}):
        raise ConfigError(f"{table}: the header lacks {', '.join(lacking)}")
    line = "\t".join(values.get(name.strip(), "") for name in names).rstrip("\t")
    _write(table, f"{text.rstrip(chr(10))}\n{line}\n")
    return line.replace("\t", "  ")


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
