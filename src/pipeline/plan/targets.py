"""Which files, and which rules, a configuration asks for."""

from collections.abc import Iterator

from pipeline.alerts.domain import nights
from pipeline.contract import paths
from pipeline.contract.domain import Table
from pipeline.contract.request import Request
from pipeline.plan.domains import DOMAINS


def all_targets(request: Request) -> list[str]:
    """Return what must be asked for to get everything."""
    files = [file for domain in DOMAINS for file in domain.targets(request)]
    asked = [
        file
        for night in nights(request)
        for table in tables_of(request, night.survey)
        if table.asked
        for file in paths.of_shards(paths.table(table.name), [night])
    ]
    return files + asked


def tables_of(request: Request, survey: str) -> Iterator[Table]:
    """Yield the tables that are made of a survey's nights."""
    for domain in DOMAINS:
        yield from (table for table in domain.tables if table.made_for(request, survey))


def rules_of(request: Request) -> list[str]:
    """Return the files of rules to include: those of the domains that are used."""
    return [f"{domain.name}.smk" for domain in DOMAINS if domain.active(request)]
