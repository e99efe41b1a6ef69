"""Nights of alert packets: ``alerts.tsv``, its tables and what its jobs need."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.alerts import need
from pipeline.alerts.checks import CHECKS
from pipeline.alerts.dumps import COMPRESSED_TARS
from pipeline.alerts.kept import Kept
from pipeline.alerts.night import (
    DOWNLOAD,
    INDEX,
    PART,
    SPOOL,
    Night,
    history_of,
    kind_of,
    night_name,
    nights,
    packets_of,
    shards_of,
)
from pipeline.alerts.places import COUNTS, SUMMARY
from pipeline.contract import paths
from pipeline.contract.domain import Domain, Key, Lines, Table
from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.section import FilePath
from pipeline.contract.trial import Trials
from pipeline.contract.work import Expected, Work, named
from pipeline.io.patience import PATIENCE_SECONDS

__all__ = [
    "ALERTS", "DOWNLOAD", "INDEX", "PART", "SPOOL", "SUMMARY", "Night", "history_of", "kind_of",
    "night_name", "nights", "packets_of", "shards_of",
]  # fmt: skip

# What earlier versions had instead: nothing reads it any more.
_SPOOL_BEFORE_PARTS = f"{paths.RESULTS}/packets/{paths.NIGHT}/spool.bin"


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    for night in nights(request):
        kind, number = kind_of(night, expected), packets_of(night, expected)
        of, shards = night_name(night), night.shards
        if night.is_url:
            yield Work("fetch", of, 1, need.fetch(number, kind))
        part = need.index_part(number, night.parts, kind)
        yield Work("index_part", of, night.parts, part, after=(named("fetch", of),))
        yield Work("index", of, 1, need.index(number), after=(named("index_part", of),))
        after = (named("index", of),)
        decode = need.decode(number, shards, kind, history_of(request, night.survey))
        yield Work("decode", of, shards, decode, after=after)
        yield Work("summary", of, 1, need.summary(shards), after=(named("decode", of),))


def _notes(request: Request, expected: Expected, cores: int) -> Iterator[str]:
    for night in nights(request):
        where, number = f"{night.survey} {night.night}", packets_of(night, expected)
        if night.survey not in expected.packets and not Path(night.dump).exists():
            yield (
                f"{where}: {night.dump} is not here yet: counted as {number:,} packets; "
                "--packets says otherwise"
            )
        better = need.better_shards(number, night.shards, cores)
        if better is not None:
            shards = "1 shard" if night.shards == 1 else f"{night.shards:,} shards"
            yield (
                f"{where}: {number:,} packets in {shards}: {better:,} would be "
                f"better ({need.FEW:,} to {need.MANY:,} packets each)"
            )
        parts = need.better_parts(number, night.parts, kind_of(night, expected))
        if parts is not None and night.dump.endswith(COMPRESSED_TARS):
            yield f"{where}: one job indexes a compressed tarball; unpacked, parts {parts:,} do"
        elif parts is not None:
            yield f"{where}: its index has parts {night.parts:,}: {parts:,} would be better"


def _targets(request: Request) -> list[str]:
    # A summary needs the alerts, the history and the rejected packets of all shards.
    return [night.summary for night in nights(request)]


def _kept(request: Request) -> Iterator[tuple[str, set[str]]]:
    for night in nights(request):
        names = set(night.part_names)
        for pattern in (PART, SPOOL):
            yield pattern.format(survey=night.survey, night=night.night, part=paths.NUMBER), names
        yield _SPOOL_BEFORE_PARTS.format(survey=night.survey, night=night.night), set()


def _found(directory: Path) -> Iterator[str]:
    from pipeline.alerts.found_lines import night_lines  # noqa: PLC0415 - the cli alone pays for it

    return night_lines(directory)


def _trials(request: Request) -> Trials:
    from pipeline.alerts.trials import trials  # noqa: PLC0415 - for the cli alone

    return trials(request)


def _page_tables(request: Request, survey: str, night: str) -> dict[str, list[str]]:
    tables = {
        name: shards_of(request, paths.table(name), survey, night)
        for name in ("alerts", "rejected")
    }
    return {**tables, "summary": [SUMMARY.format(survey=survey, night=night)]}


ALERTS = Domain(
    trials=_trials,
    name="alerts",
    keys=(
        Key("alerts", FilePath | None, "TSV of nights: survey, night, path, shards, parts"),
        Key(
            "fetch_patience_s",
            Annotated[float, Field(gt=0, le=86400)],
            "a server that sends less than 256 KiB of a dump in it is given up [s]",
            default=PATIENCE_SECONDS,
        ),
        Key(
            "history",
            dict[str, Kept],
            "earlier measurements in the table history, by survey: all (where nothing is said), "
            "new since the object's last night, or none",
            default={},
        ),
    ),
    lines=(Lines("alerts", Night, ("survey", "night")),),
    active=lambda request: bool(nights(request)),
    tables=(
        Table(
            "alerts",
            "packet that can be used",
            ("survey", "candid"),
            "pipeline.alerts.alerts_table:alerts_schema",
            asked=False,
        ),
        Table(
            "history",
            "earlier or forced measurement in a packet",
            (),
            "pipeline.alerts.shared_columns:HISTORY_SCHEMA",
            asked=False,
        ),
        Table(
            "rejected",
            "packet that could not be used",
            ("survey", "source", "position"),
            "pipeline.alerts.rejected_table:REJECTED_SCHEMA",
            asked=False,
        ),
    ),
    shard_files=(COUNTS,),
    kept=_kept,
    targets=_targets,
    work=_work,
    notes=_notes,
    checks=CHECKS,
    found=_found,
    page=Page(
        title="Packets and alerts",
        order=10,
        section="pipeline.alerts.page:section",
        facts="pipeline.alerts.page_facts:facts",
        ranking="pipeline.alerts.page_facts:ranking",
        tables=_page_tables,
    ),
)
