"""The alerts of one shard, in batches: what all that use packets begin with.

This is the door of the source for jobs of other domains: nobody else makes the tables of a
packet. Each is made when it is first asked for, so that who needs no stamps, or no history,
does not pay for them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.alerts_table import alerts_table, unlisted_fields
from pipeline.alerts.history_table import history_table
from pipeline.alerts.index_table import DUPLICATE, PACKET, REJECTED, load_index
from pipeline.alerts.packets import check_candids, read_packets
from pipeline.alerts.rejected_table import CLEAN, READ, rejected_table
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.records import Records

BATCH_PACKETS = 1024
"""About 50 MB of ZTF packets. LSST's, with 1000 earlier measurements, come 512 a batch."""
STAMPS = ("science", "template", "difference")
"""Columns of `Batch.stamps`, in the order of `Survey.cutouts`."""


@dataclass(frozen=True)
class Batch:
    """Packets of a shard that are read together, n of them, and what is made of them.

    Attributes
    ----------
    records : Records
        The packets themselves.
    rows : pyarrow.Table, n rows
        Of the index.
    survey : Survey
    """

    records: Records
    rows: pa.Table
    survey: Survey

    @property
    def alerts(self) -> pa.Table:
        """The m packets that can be used, of `pipeline.alerts.alerts_table.alerts_schema`."""
        return self._cleaned[0]

    @cached_property
    def history(self) -> pa.Table:
        """Earlier measurements, of `pipeline.alerts.history_table.HISTORY_SCHEMA`."""
        return history_table(self.records, self.survey, self.alerts, self._kept)

    @cached_property
    def stamps(self) -> pa.Table | None:
        """The alerts' stamps as bytes, m rows: candid and `STAMPS`.

        None where the packets came without.
        """
        columns = [self.records.column(path) for path in self.survey.cutouts]
        found = [column for column in columns if column is not None and _is_binary(column.type)]
        if not found or len(found) < len(columns):
            return None
        keep = pa.array(self._kept)
        stamps = [column.filter(keep) for column in found]
        return pa.table([self.alerts["candid"], *stamps], names=["candid", *STAMPS])

    @cached_property
    def rejected(self) -> pa.Table:
        """The n - m others, of `pipeline.alerts.rejected_table.REJECTED_SCHEMA`."""
        drop = pa.array(~self._kept)
        why = pa.array(self._cleaned[1], pa.string()).filter(drop)
        return rejected_table(self.rows.filter(drop), CLEAN, why)

    @cached_property
    def unlisted(self) -> list[str]:
        """Scalars of the packets that no column takes: see `unlisted_fields`."""
        return unlisted_fields(self.records, self.survey)

    @cached_property
    def _cleaned(self) -> tuple[pa.Table, list[str | None]]:
        return alerts_table(self.records, self.survey)

    @cached_property
    def _kept(self) -> np.ndarray:
        """Which of the n packets are alerts, (n,) bool."""
        return np.array([reason is None for reason in self._cleaned[1]], dtype=bool)


@dataclass(frozen=True)
class Shard:
    """One shard of a night's index.

    Attributes
    ----------
    packets : pyarrow.Table
        Rows of the index.
    rejected : pyarrow.Table
        What could not be read, of `pipeline.alerts.rejected_table.REJECTED_SCHEMA`.
    duplicates : int
    schemas : list of str
        The writers' schemas by number.
    """

    packets: pa.Table
    rejected: pa.Table
    duplicates: int
    schemas: list[str]

    @classmethod
    def load(cls, index: Path, shard: int, shards: int) -> "Shard":
        """Read shard number `shard` of `shards`."""
        table, schemas = load_index(index, shard, shards)
        of = {s: table.filter(pc.equal(table["status"], s)) for s in (PACKET, REJECTED)}
        duplicates = pc.sum(pc.equal(table["status"], DUPLICATE)).as_py() or 0
        unread = of[REJECTED]
        rejected = rejected_table(unread, READ, unread["reason"])
        return cls(of[PACKET], rejected, duplicates, schemas)

    @property
    def read(self) -> int:
        """How many packets, and things that are none, the shard has."""
        return self.packets.num_rows + self.rejected.num_rows + self.duplicates

    def records(self, size: int = BATCH_PACKETS) -> Iterator[tuple[Records, pa.Table]]:
        """Yield the packets as they are: see `pipeline.alerts.packets.read_packets`."""
        return read_packets(self.packets, self.schemas, size)

    def batches(self, survey: Survey, size: int = BATCH_PACKETS) -> Iterator[Batch]:
        """Yield the packets in the index's order, at most `size` at a time.

        Raises
        ------
        OSError
            If a file has gone, has been cut, or has another packet than when it was
            indexed; the message names it.
        """
        for records, rows in self.records(size):
            check_candids(records, rows, survey)
            yield Batch(records, rows, survey)


def _is_binary(type_: pa.DataType) -> bool:
    return pa.types.is_binary(type_) or pa.types.is_large_binary(type_)
