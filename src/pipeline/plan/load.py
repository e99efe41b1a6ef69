"""Configuration and tables of inputs, checked before any job, with errors for people."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.contract.domain import Lines
from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError, Section
from pipeline.plan.domains import DOMAINS, Config
from pipeline.plan.explain import explain, name_of, shortened

Row = TypeVar("Row", bound=Section)


def load_config(values: Mapping[str, Any]) -> Section:
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


def load_request(values: Mapping[str, Any]) -> Request:
    """Validate a configuration and read the tables of inputs that it names.

    Raises
    ------
    ConfigError
        One line for each problem. What only the whole shows to be wrong is left to
        `pipeline.plan.check.check_request`.
    """
    config = load_config(values)
    tables = [table for domain in DOMAINS for table in domain.lines]
    lines = {table.key: load_lines(getattr(config, table.key), table) for table in tables}
    return Request(config, lines)


def load_lines(path: str | None, table: Lines) -> tuple[Any, ...]:
    """Read a table of inputs; no path gives no lines.

    Raises
    ------
    ConfigError
        If the file is missing, a line is wrong, or one is repeated.
    """
    rows = read_rows(path, table.model) if path else []
    names = Counter(tuple(getattr(row, name) for name in table.identity) for row in rows)
    for name, count in names.items():
        if count > 1:
            words = ", ".join(
                f"{column} {value}"
                for column, value in zip(table.identity, name, strict=True)
                if value is not None
            )
            raise ConfigError(f"{path}: {words} stands there twice")
    return tuple(rows)


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
    if lines:
        _check_header(f"{path}, line {lines[0][0]}", names, model)
    columns = ", ".join(map(name_of, names))
    rows = []
    for number, fields in lines[1:]:
        if len(fields) > len(names):
            raise ConfigError(f"{path}, line {number}: expected the columns {columns}, by tabs")
        values = dict(zip(names, map(str.strip, fields), strict=False))
        try:
            rows.append(model.model_validate({k: v for k, v in values.items() if v}))
        except ValidationError as error:
            lacking = any(e["type"] == "missing" for e in error.errors())
            if lacking and (mark := _instead_of_tabs(fields)):
                raise ConfigError(_needs_tabs(f"{path}, line {number}", mark, fields)) from None
            raise ConfigError(explain(f"{path}, line {number}", error, model)) from None
    return rows


def _check_header(where: str, names: list[str], model: type[Row]) -> None:
    """See that a header has all columns a line needs: a line in its place would go unread."""
    fields = model.model_fields.items()
    required = [name for name, field in fields if field.is_required()]
    if lacking := [name for name in required if name not in names]:
        others = ", ".join(name for name, field in fields if not field.is_required())
        found = shortened("\t".join(names))
        if mark := _instead_of_tabs(names):
            raise ConfigError(_needs_tabs(where, mark, names))
        raise ConfigError(
            f"{where}: the header lacks {', '.join(lacking)}; expected the names of the columns "
            f"by tabs: {', '.join(required)}, and if need be {others} (found {found})"
        )


def _instead_of_tabs(fields: list[str]) -> str:
    """Return what seems to part columns that a line lacks; nothing where nothing does."""
    if any(len(field.split()) > 1 for field in fields):
        return "spaces"
    return "commas" if any("," in field for field in fields) else ""


def _needs_tabs(where: str, mark: str, fields: list[str]) -> str:
    found = shortened("\t".join(fields))
    return f"{where}: {mark} stand between its columns, expected tabs (found {found})"


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")
