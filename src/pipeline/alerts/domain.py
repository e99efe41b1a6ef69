"""Nights of alert packets: ``alerts.tsv``, its tables and what its jobs need."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from pipeline.alerts import need
from pipeline.alerts.dumps import COMPRESSED_TARS, DUMP_SUFFIXES
from pipeline.alerts.kept import Kept
from pipeline.alerts.places import COUNTS
from pipeline.alerts.surveys.registry import names, unknown
from pipeline.contract import paths
from pipeline.contract.domain import Domain, Key, Lines, Table
from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.section import FilePath, Location, Section
from pipeline.contract.trial import Trials
from pipeline.contract.work import UNKNOWN, Expected, Work, named
from pipeline.io.patience import PATIENCE_SECONDS

INDEX = f"{paths.RESULTS}/packets/{paths.NIGHT}/index.parquet"
PART = f"{paths.RESULTS}/packets/{paths.NIGHT}/parts/{{part}}.parquet"
SPOOL = f"{paths.RESULTS}/packets/{paths.NIGHT}/spool/{{part}}.bin"
# What earlier versions had instead: nothing reads it any more.
_SPOOL_BEFORE_PARTS = f"{paths.RESULTS}/packets/{paths.NIGHT}/spool.bin"
SUMMARY = f"{paths.RESULTS}/summary/{paths.NIGHT}.json"
DOWNLOAD = f"{paths.RESULTS}/downloads/{paths.NIGHT}/{{file}}"
_FETCHED = ("http", "https")


class Night(Section):
    """A dump of packets and into how many shards it is cut."""

    survey: str = Field(pattern=r"^[A-Za-z0-9_]+$", description="survey, for example ztf")
    night: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", description="name of the night")
    path: Location = Field(
        description="folder (searched to all depths), .avro, .tar(.gz), .parquet, or an http(s) "
        "address of one"
    )
    shards: int = Field(1, ge=1, le=need.MOST_SHARDS, description="parts processed independently")
    parts: int = Field(
        1,
        ge=1,
        le=need.MOST_SHARDS,
        description="jobs that find its packets; a .tar.gz is read by one",
    )
    sha256: str | None = Field(
        None, pattern=r"^[0-9a-f]{64}$", description="of the file behind a URL"
    )
    schemas: FilePath | None = Field(
        None,
        description="folder of <number>.avsc, for Confluent-framed packets, and of the "
        "<full name>.avsc that these refer to",
    )

    @model_validator(mode="after")
    def _address(self) -> Self:
        if "{" in self.path or "}" in self.path:
            raise ValueError(
                "path: { and } stand for nothing here; write out the survey and the night"
            )
        if "://" in self.path and not self.is_url:
            raise ValueError(
                "path: only http:// and https:// are fetched; write a local file or folder "
                "without file://"
            )
        if self.is_url and not urlsplit(self.path).hostname:
            raise ValueError("path: an address names a host behind ://")
        if self.is_url and not urlsplit(self.path).path.endswith(DUMP_SUFFIXES):
            raise ValueError(f"path: an address must end in {', '.join(DUMP_SUFFIXES)}")
        if self.sha256 is not None and not self.is_url:
            raise ValueError("sha256 is of the file behind an address, and path is none")
        return self

    @property
    def is_url(self) -> bool:
        """Return whether the dump must be fetched first."""
        return "://" in self.path and urlsplit(self.path).scheme in _FETCHED

    @property
    def dump(self) -> str:
        """Return the local path of the dump: where it is, or where it is fetched to.

        >>> url = "https://host/a/ztf_public_20180201.tar.gz?x=1"
        >>> Night(survey="ztf", night="20180201", path=url).dump
        'results/downloads/ztf/20180201/ztf_public_20180201.tar.gz'
        """
        if not self.is_url:
            return self.path
        file = PurePosixPath(urlsplit(self.path).path).name
        return DOWNLOAD.format(survey=self.survey, night=self.night, file=file)

    @property
    def part_names(self) -> list[str]:
        """Return the names of the parts of its index."""
        return [paths.part_name(number) for number in range(self.parts)]

    @property
    def index_parts(self) -> list[str]:
        """Return the parts of its index."""
        return self._of_parts(PART)

    @property
    def spools(self) -> list[str]:
        """Return the files with the packets that no file holds as they are."""
        return self._of_parts(SPOOL)

    def _of_parts(self, pattern: str) -> list[str]:
        of = {"survey": self.survey, "night": self.night}
        return [pattern.format(part=name, **of) for name in self.part_names]

    @property
    def counts(self) -> list[str]:
        """Return the counts of its shards."""
        return paths.of_shards(COUNTS, [self])

    @property
    def summary(self) -> str:
        """Return the sum of its shards."""
        return SUMMARY.format(survey=self.survey, night=self.night)


def nights(request: Request) -> tuple[Night, ...]:
    """Return the lines of ``alerts.tsv``."""
    return request.of("alerts")


def shards_of(request: Request, pattern: str, survey: str, night: str) -> list[str]:
    """Return the files of a pattern (`pipeline.contract.paths`) for all shards of one night."""
    mine = [n for n in nights(request) if (n.survey, n.night) == (survey, night)]
    return paths.of_shards(pattern, mine)


def kind_of(night: Night, expected: Expected = UNKNOWN) -> need.Packets:
    """Return what kind of packets a night has."""
    size = expected.packet_bytes.get(night.survey)
    return need.Packets(night.survey, need.form_of(night.dump), size)


def history_of(request: Request, survey: str) -> Kept:
    """Return what is kept of the earlier measurements in a survey's packets."""
    kept: Kept = request.config.history.get(survey, "all")
    return kept


def packets_of(night: Night, expected: Expected) -> int:
    """Return how many packets a night has: as expected, or about as many as its dump holds."""
    number = expected.packets.get(night.survey)
    return need.packets_in(night.dump, kind_of(night, expected)) if number is None else number


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


def night_name(night: Night) -> str:
    """Return what the work on a night is of."""
    return paths.NIGHT.format(survey=night.survey, night=night.night)


def _targets(request: Request) -> list[str]:
    # A summary needs the alerts, the history and the rejected packets of all shards.
    return [night.summary for night in nights(request)]


def _kept(request: Request) -> Iterator[tuple[str, set[str]]]:
    for night in nights(request):
        names = set(night.part_names)
        for pattern in (PART, SPOOL):
            yield pattern.format(survey=night.survey, night=night.night, part=paths.NUMBER), names
        yield _SPOOL_BEFORE_PARTS.format(survey=night.survey, night=night.night), set()


def _parts_of_what_can_be_cut(request: Request) -> Iterator[str]:
    for night in nights(request):
        if night.parts > 1 and night.dump.endswith(COMPRESSED_TARS):
            yield (
                f"{request.config.alerts}: {night.path}: parts: a compressed tarball is read from "
                f"its beginning, by one job; leave parts empty, or unpack it"
            )


def _known_surveys(request: Request) -> Iterator[str]:
    yield from unknown(request.config.alerts, [night.survey for night in nights(request)])
    yield from unknown("history", request.config.history)


def _usable_surveys(request: Request) -> Iterator[str]:
    from pipeline.alerts.surveys.check import wrong_with  # noqa: PLC0415 - imports surveys

    there = set(names()) & {night.survey for night in nights(request)}
    for survey in sorted(there):
        yield from (f"survey {survey}: {line}" for line in wrong_with(survey))


def _kinds_of_dumps(request: Request) -> Iterator[str]:
    for night in nights(request):
        if not night.is_url and paths.unknown_kind(night.path, night.path, DUMP_SUFFIXES):
            expected = ", ".join(DUMP_SUFFIXES)
            yield (
                f"{request.config.alerts}: {night.path} is no folder and ends in none of {expected}"
            )


def _dumps_among_results(request: Request) -> Iterator[str]:
    results = os.path.abspath(paths.RESULTS)
    for night in nights(request):
        dump = os.path.abspath(night.path)
        if not night.is_url and os.path.commonpath([dump, results]) in (dump, results):
            yield (
                f"{request.config.alerts}: {night.path}: a dump lies outside of {paths.RESULTS}/, "
                f"which is the workflow's own, and does not hold it"
            )


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
    checks=(
        _known_surveys,
        _usable_surveys,
        _kinds_of_dumps,
        _dumps_among_results,
        _parts_of_what_can_be_cut,
    ),
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
