"""Fields that a pipeline never names, left out of the documents: their columns are not read."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.documents.types import Alternative, Field, Type


def words_of(given: Any) -> set[str]:
    """Give all names that a pipeline could mean: parts of its keys and texts."""
    if isinstance(given, Mapping):
        found = {part for key in given for part in _parts(str(key))}
        return found.union(*map(words_of, given.values()))
    if isinstance(given, list):
        return set[str]().union(*map(words_of, given))
    return set(_parts(given)) if isinstance(given, str) else set()


def _parts(text: str) -> list[str]:
    return [text, *(part.lstrip("$") for part in text.split("."))]


def names_in(kind: Type) -> set[str]:
    """Give the names of all fields in a type."""
    found = set[str]()
    for one in kind.alternatives:
        if one.items is not None:
            found |= names_in(one.items)
        for part in one.fields:
            found |= {part.name} | names_in(part.type)
    return found


def pruned(fields: tuple[Field, ...], names: set[str]) -> tuple[Field, ...]:
    """Leave out the fields with other names, on all levels."""
    return tuple(replace(f, type=_type(f.type, names)) for f in fields if f.name in names)


def _type(kind: Type, names: set[str]) -> Type:
    return replace(kind, alternatives=tuple(_one(a, names) for a in kind.alternatives))


def _one(given: Alternative, names: set[str]) -> Alternative:
    items = None if given.items is None else _type(given.items, names)
    return replace(given, items=items, fields=pruned(given.fields, names))
