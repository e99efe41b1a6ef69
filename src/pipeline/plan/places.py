"""Where in the configuration, or in the tables that it names, a value stands."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.contract.request import Request
from pipeline.plan.domains import DOMAINS


def places_of(request: Request, value: str) -> Iterator[str]:
    """Yield where a value stands: the path of its key, or the table, its line and its column.

    Parameters
    ----------
    request : Request
    value : str
        As it is written there: the path of an input, for example.
    """
    yield from _keys_of(request.config.model_dump(), value)
    for table in (table for domain in DOMAINS for table in domain.lines):
        for line in request.of(table.key):
            name = " ".join(str(v) for c in table.identity if (v := getattr(line, c)) is not None)
            for column in _keys_of(line.model_dump(), value):
                yield f"{getattr(request.config, table.key)}: {name}: {column}"


def _keys_of(section: Mapping[str, Any], value: str) -> Iterator[str]:
    for key, found in section.items():
        if isinstance(found, Mapping):
            yield from (f"{key}.{below}" for below in _keys_of(found, value))
        elif found == value:
            yield key
