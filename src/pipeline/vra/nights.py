"""Which nights the assistant's pool is of."""

from pipeline.alerts.domain import Night, nights, packets_of
from pipeline.contract import paths
from pipeline.contract.request import Request
from pipeline.contract.work import UNKNOWN, Expected


def nights_of_pool(request: Request) -> list[Night]:
    """Return the nights whose alerts are in the pool."""
    section = request.config.vra
    return [] if section is None else [n for n in nights(request) if n.survey == section.survey]


def pool_tables(request: Request) -> list[str]:
    """Return the files of the table ``features`` of all nights of the pool."""
    return paths.of_shards(paths.table("features"), nights_of_pool(request))


def pool_packets(request: Request, expected: Expected = UNKNOWN) -> int:
    """Return how many packets the nights of the pool have."""
    return sum(packets_of(night, expected) for night in nights_of_pool(request))
