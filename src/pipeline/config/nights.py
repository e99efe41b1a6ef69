"""``alerts.tsv``: one line a night of one survey."""

from pydantic import Field

from pipeline.config.base import Section


class Night(Section):
    """A dump of packets and into how many shards it is cut."""

    survey: str = Field(min_length=1, description="survey, for example ztf")
    night: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", description="name of the night")
    path: str = Field(min_length=1, description="folder, .avro, .tar(.gz), .parquet, or a URL")
    shards: int = Field(1, ge=1, le=9999, description="parts processed independently")
    sha256: str | None = Field(
        None, pattern=r"^[0-9a-f]{64}$", description="of the file behind a URL"
    )
    schemas: str | None = Field(
        None, description="folder of <number>.avsc, for Confluent-framed packets"
    )

    @property
    def is_url(self) -> bool:
        """Return whether the dump must be fetched first."""
        return self.path.startswith(("http://", "https://"))
