"""Whether the MongoDB can be asked that filters need: looked at before the first job."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.filters.check import untranslated
from pipeline.filters.filter import Filter
from pipeline.services.mongo_errors import ServiceError
from pipeline.services.mongodb import READING, Server, ping


def unready(to: Mapping[str, Any], filters: Iterable[Filter]) -> Iterator[str]:
    """Yield why a server cannot be asked, where a filter is known to need it."""
    needing = [one.name for one in filters if one.pipeline and untranslated(one)]
    try:
        if needing:
            ping(Server(**to), READING)
    except ServiceError as error:
        yield f"filters ({', '.join(needing)}): {error}"
