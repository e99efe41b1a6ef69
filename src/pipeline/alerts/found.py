"""What is found in a dump: encoded records, rows of parquet, and what cannot be read."""

from dataclasses import dataclass

import pyarrow as pa

from pipeline.io.avro import Block


@dataclass(frozen=True)
class EncodedBlock:
    """AVRO records of one source that follow one another.

    Attributes
    ----------
    source : str
        The packets' file, for people: a path, or a tarball's path and its member.
    first : int
        Number of the first record within its source.
    block : Block
    place : (str, int) or None
        File that holds the encoded records as they are, and the byte where they begin; None
        if no file does.
    counted_on : bool
        Whether other parts read the file as well: `first` counts from where this one begins.
    """

    source: str
    first: int
    block: Block
    place: tuple[str, int] | None = None
    counted_on: bool = False

    @property
    def behind(self) -> int:
        """The number of what follows in its source."""
        return self.first + self.block.count


@dataclass(frozen=True)
class Rows:
    """Parquet rows of one source that follow one another.

    Attributes
    ----------
    source : str
        The file, for people.
    first : int
        Number of the first row within it.
    table : pyarrow.Table
    repeated : bool
        Whether an earlier part reads of the file as well.
    """

    source: str
    first: int
    table: pa.Table
    repeated: bool = False


@dataclass(frozen=True)
class Unreadable:
    """Something in a source that could not be read: where, and why.

    Attributes
    ----------
    source : str
    position : int
        As `EncodedBlock.first`.
    reason : str
    counted_on : bool
        As `EncodedBlock.counted_on`.
    repeated : bool
        Whether it is of the whole file, of which an earlier part reads as well.
    """

    source: str
    position: int
    reason: str
    counted_on: bool = False
    repeated: bool = False

    @property
    def behind(self) -> int:
        """The number of what follows in its source."""
        return self.position + 1


Found = EncodedBlock | Rows | Unreadable
