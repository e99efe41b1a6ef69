"""Which files, and which rules, a configuration asks for."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.alerts.domain import nights
from pipeline.contract import paths
from pipeline.contract.domain import Table
from pipeline.contract.paths import ShardedNight
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


def lost_tables(request: Request) -> Iterator[str]:
    """Yield the tables' files that are gone, of shards that have been done.

    They come along with other files of their jobs, which alone are asked for (`Table.asked`):
    whoever deletes one would wait for it for ever.
    """
    for night in nights(request):
        for domain in DOMAINS:
            done = {
                Path(file).stem for pattern in domain.shard_files for file in _there(pattern, night)
            }
            for table in domain.tables if done else ():
                if not table.asked and table.made_for(request, night.survey):
                    there = {Path(file).stem for file in _there(paths.table(table.name), night)}
                    lost = sorted(done.intersection(paths.shard_names(night)) - there)
                    pattern = paths.table(table.name)
                    of = {"survey": night.survey, "night": night.night}
                    yield from (pattern.format(**of, shard=shard) for shard in lost)


def _there(pattern: str, night: ShardedNight) -> list[str]:
    """Return the names of a pattern's files that are there."""
    one = Path(pattern.format(survey=night.survey, night=night.night, shard="0"))
    try:
        return [name for name in os.listdir(one.parent) if name.endswith(one.suffix)]
    except OSError:
        return []


def tables_of(request: Request, survey: str) -> Iterator[Table]:
    """Yield the tables that are made of a survey's nights."""
    for domain in DOMAINS:
        yield from (table for table in domain.tables if table.made_for(request, survey))


def rules_of(request: Request) -> list[str]:
    """Return the files of rules to include: those of the domains that are used."""
    return [f"{domain.name}.smk" for domain in DOMAINS if domain.rules and domain.active(request)]
