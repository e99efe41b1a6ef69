"""What pydantic says of a wrong configuration, in one short line for each wrong key."""

import re
import reprlib
from collections.abc import Iterable
from datetime import date

from pydantic import ValidationError

from pipeline.contract.section import Section, classes_in

MOST_LINES = 20
_LETTERS = 300

_LOGIN = re.compile(r"://[^/@\s]*@")
# YAML's aliases make values whose whole text would fill the memory.
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict, _SHORT.maxset = 2, 4, 4, 4
_SHORT.maxstring = _SHORT.maxother = 100


def explain(where: str, error: ValidationError, model: type[Section]) -> str:
    """Return a line for each wrong key: its path, what is allowed, what was found.

    Parameters
    ----------
    where : str
        What the keys are of.
    error : ValidationError
    model : type
        What was validated.
    """
    items = error.errors(include_url=False, include_context=False)
    lines = []
    for item in items[:MOST_LINES]:
        path = ".".join(map(name_of, item["loc"]))
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            found = f"unknown key; allowed are {', '.join(_siblings(model, item['loc']))}"
        elif item["type"] == "missing":
            found = "is missing"
        else:
            found = f"{' '.join(message.split())[:_LETTERS]} (found {shortened(item['input'])})"
            if isinstance(item["input"], date):  # YAML's own type
                found = f"{found}: quote it, as '{item['input']}'"
        lines.append(f"{where}: {path}: {found}" if path else f"{where}: {found}")
    if len(items) > MOST_LINES:
        lines.append(f"{where}: and {len(items) - MOST_LINES} more")
    return "\n".join(lines)


def shortened(value: object) -> str:
    """Return a value as Python writes it, but never much of it, and of an address no login.

    >>> shortened([[[[1]]], "a" * 200])[:30]
    "[[[...]], 'aaaaaaaaaaaaaaaaaaa"
    >>> shortened("https://me:secret@host/a.csv")
    "'https://…@host/a.csv'"
    """
    try:
        return _LOGIN.sub("://…@", _SHORT.repr(value))
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "a number of too many digits"


def name_of(key: str | int) -> str:
    r"""Return a key, or a column's name, as it can stand in a line.

    >>> name_of("path"), name_of(chr(8))
    ('path', "'\\x08'")
    """
    return key[:_LETTERS] if isinstance(key, str) and key.isprintable() else shortened(key)


def _siblings(model: type[Section], location: Iterable[str | int]) -> list[str]:
    """Return the keys allowed beside the one at `location`."""
    for part in list(location)[:-1]:
        if part in model.model_fields:
            kinds = classes_in(model.model_fields[part].annotation)
            model = next((kind for kind in kinds if issubclass(kind, Section)), model)
    return list(model.model_fields)
