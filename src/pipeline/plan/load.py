"""Configuration and tables of inputs, checked before any job, with errors for people."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.alerts.domain import Night
from pipeline.contract.section import Section
from pipeline.events.domain import EventRow
from pipeline.plan.domains import Config
from pipeline.plan.explain import explain, name_of, shortened

Row = TypeVar("Row", bound=Section)


class ConfigError(ValueError):
    """A configuration that cannot be used; the message says where and what is allowed."""


def load_config(values: Mapping[str, Any]) -> Config:
    """Validate a configuration.

    Parameters
    ----------
    values : mapping
        As YAML gives it.

    Raises
    ------
    ConfigError
        One line for each wrong key: its path, its value, what is allowed.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"configuration: expected keys and values (found {shortened(values)})")
    try:
        return Config.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError(explain("configuration", error, Config)) from None


def load_nights(path: str | None) -> list[Night]:
    """Read ``alerts.tsv``; no path gives no nights.

    Raises
    ------
    ConfigError
        If the file is missing, or a line is wrong or a night is repeated.
    """
    nights = read_rows(path, Night) if path else []
    again = [n for n, count in Counter((n.survey, n.night) for n in nights).items() if count > 1]
    if again:
        raise ConfigError(f"{path}: survey {again[0][0]}, night {again[0][1]} stands there twice")
    return nights


def load_events(path: str | None) -> list[EventRow]:
    """Read ``events.tsv``; no path gives no events.

    Raises
    ------
    ConfigError
        If the file is missing, or a line is wrong or an event is repeated.
    """
    events = read_rows(path, EventRow) if path else []
    again = [name for name, count in Counter(e.event for e in events).items() if count > 1]
    if again:
        raise ConfigError(f"{path}: event {again[0]} stands there twice")
    return events


def read_rows(path: str, model: type[Row]) -> list[Row]:
    """Read a table of tab-separated values; # begins a comment.

    Empty fields are absent, as are those that a line lacks at its end. Quotes mean nothing.

    Raises
    ------
    ConfigError
        With file and line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # a ValueError: not UTF-8, or a name with NUL
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    lines = [(i, line.split("\t")) for i, line in enumerate(text.splitlines(), 1) if _counts(line)]
    names = [name.strip() for name in lines[0][1]] if lines else []
    if again := [name for name, count in Counter(names).items() if count > 1]:
        raise ConfigError(f"{path}: the column {again[0]!r} stands there twice")
    columns = ", ".join(map(name_of, names))
    rows = []
    for number, fields in lines[1:]:
        if len(fields) > len(names):
            raise ConfigError(f"{path}, line {number}: expected the columns {columns}, by tabs")
        values = dict(zip(names, map(str.strip, fields), strict=False))
        try:
            rows.append(model.model_validate({k: v for k, v in values.items() if v}))
        except ValidationError as error:
            raise ConfigError(explain(f"{path}, line {number}", error, model)) from None
    return rows


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")
