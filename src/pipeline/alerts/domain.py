"""``alerts.tsv``: one line a night of one survey."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from pipeline.contract.section import FilePath, Location, Section

AVRO_SUFFIX = ".avro"
PARQUET_SUFFIX = ".parquet"
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz")
DUMP_SUFFIXES = (AVRO_SUFFIX, PARQUET_SUFFIX, *TAR_SUFFIXES)
"""What a dump that is a file ends in."""
_FETCHED = ("http", "https")


class Night(Section):
    """A dump of packets and into how many shards it is cut."""

    survey: str = Field(pattern=r"^[A-Za-z0-9_]+$", description="survey, for example ztf")
    night: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", description="name of the night")
    path: Location = Field(
        description="folder, .avro, .tar(.gz), .parquet, or an http(s) address of one"
    )
    shards: int = Field(1, ge=1, le=9999, description="parts processed independently")
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
        if self.is_url and not urlsplit(self.path).path.endswith(DUMP_SUFFIXES):
            raise ValueError(f"path: an address must end in {', '.join(DUMP_SUFFIXES)}")
        if self.sha256 is not None and not self.is_url:
            raise ValueError("sha256 is of the file behind an address, and path is none")
        return self

    @property
    def is_url(self) -> bool:
        """Return whether the dump must be fetched first."""
        return "://" in self.path and urlsplit(self.path).scheme in _FETCHED
