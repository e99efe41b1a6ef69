"""The filter laboratory on nights: yield, what another version gains and loses, overlap, time."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from pipeline.alerts.domain import INDEX, Night, nights
from pipeline.alerts.surveys.registry import get_survey
from pipeline.contract import paths
from pipeline.contract.request import Request
from pipeline.filters.configured import archive_server, catalogs, joined
from pipeline.filters.domain import histories
from pipeline.filters.filter import Filter
from pipeline.filters.run import Seen, run_filters
from pipeline.filters.shard import ShardInputs, documents_of_shard

if TYPE_CHECKING:
    from pipeline.services.mongodb import Server

OBJECTS_NAMED = 10
"""Gained or lost, by name; of more the number."""


def test_on_nights(request: Request, one: Filter, other: Filter | None, span: str) -> Iterator[str]:
    """Yield lines on what a filter passes of nights that have been indexed.

    Parameters
    ----------
    request : Request
        In the workflow's working directory.
    one, other : Filter
        The filter, and perhaps another version of it.
    span : str
        ``A..B``, or one night: all nights of ``alerts.tsv`` that sort from A to B.

    Raises
    ------
    ValueError
        If there is no such night, or what it needs is not there.
    """
    chosen = _chosen(request, one.survey, span)
    versions = [one] if other is None else [one, _renamed(other, one)]
    server = server_for(request, versions)
    passed: dict[str, set[str]] = {version.name: set() for version in versions}
    overlap: Counter[str] = Counter()
    for night in chosen:
        found = _night(request, night, versions, server)
        overlap.update(_overlap(night, found.candids, one.name))
        if one.name not in found.refused:
            number, seconds = found.passed[one.name], found.seconds
            yield f"{night.night}: {number:,} of {found.alerts:,} alerts in {seconds:.1f} s"
        for line in dict.fromkeys(found.warnings):
            yield f"{night.night}: {line}"
        for name, objects in found.objects.items():
            passed[name] |= objects
        if refused := found.refused & set(passed):
            raise ValueError(f"{night.night}: {', '.join(sorted(refused))}: could not be run")
    if other is not None:
        after, before = (passed[version.name] for version in versions)
        yield _difference("gained", after - before)
        yield _difference("lost", before - after)
    for name, number in sorted(overlap.items()):
        yield f"overlap with {name}: {number:,} alerts"


def _chosen(request: Request, survey: str, span: str) -> list[Night]:
    first, _, last = span.partition("..")
    last = last or first
    if first > last:
        raise ValueError(f"--nights {span}: ends before it begins: {last}..{first} is meant?")
    found = [n for n in nights(request) if n.survey == survey and first <= n.night <= last]
    if not found:
        raise ValueError(f"--nights {span}: alerts.tsv has no such night of {survey}")
    for night in found:
        index = Path(INDEX.format(survey=survey, night=night.night))
        if not index.exists():
            raise ValueError(f"{index}: not there: run the workflow, or snakemake {index}")
    return sorted(found, key=lambda night: night.night)


def _renamed(other: Filter, one: Filter) -> Filter:
    """Return the other version under a name that differs."""
    values = {**vars(other), "name": f"{one.name} (other)", "permissions": other.permissions}
    return Filter(**values)


@dataclass
class _Found:
    alerts: int = 0
    seconds: float = 0.0
    passed: Counter[str] = field(default_factory=Counter)
    objects: dict[str, set[str]] = field(default_factory=dict)
    candids: set[int] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def server_for(request: Request, filters: list[Filter]) -> "Server | None":
    """Return the MongoDB that runs what cannot be translated, as in the workflow, if any."""
    to = archive_server(request)
    if to is None or not any(one.pipeline for one in filters):
        return None
    from pipeline.services.mongodb import Server  # noqa: PLC0415 - imports pymongo

    return Server(**to)


def _night(
    request: Request, night: Night, versions: list[Filter], server: "Server | None"
) -> _Found:
    found, started = _Found(), time.monotonic()
    for inputs in _inputs(request, night, found.warnings, server=server):
        for seen in documents_of_shard(inputs, get_survey(night.survey), versions):
            found.alerts += seen.documents.num_rows
            for version, result in run_filters(seen, versions, server):
                passed = result.candidates
                found.passed[version.name] += passed.num_rows
                names = {n for n in passed["object_id"].to_pylist() if n is not None}
                found.objects.setdefault(version.name, set()).update(names)
                if version is versions[0]:
                    found.candids |= set(passed["candid"].to_pylist())
                found.warnings += result.warnings
                if result.verdicts["passed"].null_count:
                    found.refused.add(version.name)
    found.seconds = time.monotonic() - started
    return found


def _inputs(
    request: Request,
    night: Night,
    warnings: list[str],
    only: int | None = None,
    server: "Server | None" = None,
) -> Iterator[ShardInputs]:
    """Yield what a night's shards are filtered with; warn of tables that are not there."""
    for number in range(night.shards):
        of = {"survey": night.survey, "night": night.night, "shard": paths.part_name(number)}
        tables = {name: Path(p.format(**of)) for name, p in joined(request, night.survey).items()}
        there = {name: path for name, path in tables.items() if path.exists()}
        for name in tables.keys() - there.keys():
            warnings.append(f"without {name}: {tables[name]} is not there")
        yield ShardInputs(
            Path(INDEX.format(**of)),
            (number, night.shards),
            there.get("scores"),
            there.get("matches"),
            catalogs(request, night.survey),
            only,
            _earlier(request, night, number),
            server,
        )


def _earlier(request: Request, night: Night, shard: int) -> tuple[Path, ...] | None:
    """Return the stores that the workflow's filters see; without one they would pass others."""
    found = histories(request, night, shard)
    for store in found or ():
        if not Path(store).is_dir():
            raise ValueError(f"{store}: not there: run the workflow, or snakemake {store}")
    return None if found is None else tuple(map(Path, found))


def seen_of(request: Request, survey: str, candid: int) -> tuple[str, Seen]:
    """Return the night of an alert, and all that filters see of it.

    Raises
    ------
    ValueError
        If no night that has been indexed has it.
    """
    for night in nights(request):
        index = Path(INDEX.format(survey=survey, night=night.night))
        if night.survey != survey or not index.exists():
            continue
        if pq.read_table(index, columns=["candid"], filters=[("candid", "=", candid)]).num_rows:
            for inputs in _inputs(request, night, [], candid):
                for seen in documents_of_shard(inputs, get_survey(survey)):
                    return night.night, seen
    raise ValueError(f"no indexed night of {survey} has an alert {candid} that can be used")


def _overlap(night: Night, candids: set[int], name: str) -> Counter[str]:
    """Count which of them have passed the filters of the configuration."""
    folder = Path(paths.RESULTS) / "candidates" / night.survey / night.night
    files = sorted(folder.glob("*.parquet"))
    found: Counter[str] = Counter()
    for file in files:
        table = pq.read_table(file, columns=["candid", "filter"])
        for candid, other in zip(*(c.to_pylist() for c in table.columns), strict=True):
            if candid in candids and other != name:
                found[other] += 1
    return found


def _difference(word: str, objects: set[str]) -> str:
    named = ", ".join(sorted(objects)[:OBJECTS_NAMED])
    more = f" and {len(objects) - OBJECTS_NAMED} more" if len(objects) > OBJECTS_NAMED else ""
    return f"{word}: {len(objects)} objects" + (f": {named}{more}" if objects else "")
