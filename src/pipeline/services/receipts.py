"""Receipts: what a service has acknowledged, as a file that a rule can have as its output."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.io.atomic import write_json


@dataclass(frozen=True)
class Receipt:
    """What was sent where; the same whenever it is sent again.

    Attributes
    ----------
    service : str
        Such as ``MongoDB``.
    where : str
        Without credentials.
    counts : mapping of str to int
        What is there now, by where it went.
    sha256 : str
        Of what was sent.
    """

    service: str
    where: str
    counts: Mapping[str, int]
    sha256: str

    def write(self, path: str | Path) -> None:
        """Write it, whole or not at all: after the service has acknowledged everything."""
        write_json(asdict(self), path)
