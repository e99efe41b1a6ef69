"""A night of alert packets: a line of ``alerts.tsv``, its files, how many packets it has."""

from pathlib import PurePosixPath
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from pipeline.alerts import need
from pipeline.alerts.dumps import DUMP_SUFFIXES
from pipeline.alerts.kept import Kept
from pipeline.alerts.places import COUNTS, SUMMARY
from pipeline.contract import paths
from pipeline.contract.request import Request
from pipeline.contract.section import FilePath, Location, Section
from pipeline.contract.work import UNKNOWN, Expected

INDEX = f"{paths.RESULTS}/packets/{paths.NIGHT}/index.parquet"
PART = f"{paths.RESULTS}/packets/{paths.NIGHT}/parts/{{part}}.parquet"
SPOOL = f"{paths.RESULTS}/packets/{paths.NIGHT}/spool/{{part}}.bin"
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


def night_name(night: Night) -> str:
    """Return what the work on a night is of."""
    return paths.NIGHT.format(survey=night.survey, night=night.night)
