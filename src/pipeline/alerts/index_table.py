"""The index of a night as a table: what is in it, and how a shard finds its rows."""

import json
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.io.tables import write_table

PACKET, DUPLICATE, REJECTED, UNUSABLE, REPEATED = 0, 1, 2, 3, 4
"""The column ``status``. Packets that can be read and not be used are `UNUSABLE` in a part and
`PACKET` in the night's index: decoding rejects them and says why, however many packets have
their candid. What a part says of a whole file that an earlier one reads of too is `REPEATED`:
if that has said the same it is left out of the night's index, else it is `REJECTED`."""
ARROW = -1
"""In the column ``schema``: the packet is a row of the IPC stream at ``offset``."""

INDEX_SCHEMA = pa.schema(
    [
        ("source", pa.dictionary(pa.int32(), pa.string())),
        ("position", pa.int64()),
        ("file", pa.dictionary(pa.int32(), pa.string())),
        ("offset", pa.int64()),
        ("length", pa.int64()),  # bytes; of rows of a stream, their mean
        ("row", pa.int32()),  # of the stream; null where AVRO
        ("schema", pa.int32()),
        ("candid", pa.int64()),
        ("key", pa.uint32()),
        ("status", pa.uint8()),
        ("reason", pa.string()),
    ]
)
_NAMES = [field.name for field in INDEX_SCHEMA if pa.types.is_dictionary(field.type)]
ROW_GROUP = 16_384
"""Rows; a shard reads up to so many more than its own at each end of its range."""
_KEYS = 1 << 32
_SCHEMAS, _POSITIONS, _DUMP = b"schemas", b"positions", b"dump"


@dataclass(frozen=True)
class IndexPart:
    """What is found in a part of a dump.

    Attributes
    ----------
    table : pyarrow.Table
        Of `INDEX_SCHEMA`, in the dump's order.
    schemas : list of str
        The writers' schemas by number.
    positions : dict of str to int
        Of files that other parts read as well: how many positions are in this part. Positions
        in the table count from where the part begins.
    dump : str
        The dump's state when the part was begun (`pipeline.alerts.parts.dump_state`).
    """

    table: pa.Table
    schemas: list[str]
    positions: dict[str, int]
    dump: str

    def write(self, path: Path) -> None:
        """Write it as parquet, whole or not at all."""
        said = {_SCHEMAS: self.schemas, _POSITIONS: self.positions, _DUMP: self.dump}
        metadata = {key: json.dumps(value) for key, value in said.items()}
        write_table(self.table.replace_schema_metadata(metadata), path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` has written."""
        table = pq.read_table(path, read_dictionary=_NAMES)
        said = (json.loads(table.schema.metadata[k]) for k in (_SCHEMAS, _POSITIONS, _DUMP))
        return cls(table.replace_schema_metadata(None), *said)


def write_index(table: pa.Table, schemas: list[str], path: Path) -> None:
    """Write a night's index.

    Parameters
    ----------
    table : pyarrow.Table
        Of `INDEX_SCHEMA`, ascending by ``key``.
    schemas : list of str
        The writers' schemas by number.
    path : Path
    """
    write_table(table.replace_schema_metadata({_SCHEMAS: json.dumps(schemas)}), path, ROW_GROUP)


def load_index(path: Path, shard: int, shards: int) -> tuple[pa.Table, list[str]]:
    """Return one shard's rows of an index, and the writers' schemas by number.

    The hashes' range is cut into `shards` equal parts, so an object falls into one. Only the
    row groups with hashes of the shard are read.
    """
    first, behind = (-(-number * _KEYS // shards) for number in (shard, shard + 1))
    # By hand: pyarrow's filter reads the same groups, and takes twice as long for a few.
    with pq.ParquetFile(path, read_dictionary=_NAMES) as file:
        schemas = json.loads((file.schema_arrow.metadata or {})[_SCHEMAS])
        column = file.schema_arrow.get_field_index("key")
        # One without rows has a group of none, which has no least and no greatest.
        groups = range(file.num_row_groups if file.metadata.num_rows else 0)

        def of(group: int) -> pq.Statistics:
            return file.metadata.row_group(group).column(column).statistics

        start = bisect_left(groups, first, key=lambda group: of(group).max)
        stop = bisect_left(groups, behind, key=lambda group: of(group).min)
        table = file.read_row_groups(groups[start:stop])
    key = table["key"].cast(pa.int64())
    return table.filter(pc.and_(pc.greater_equal(key, first), pc.less(key, behind))), schemas
