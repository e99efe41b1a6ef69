"""The alerts of one shard, in batches: what all that use packets begin with.

This is the door of the source for jobs of other domains: nobody else makes the tables of a
packet. Each is made when it is first asked for, so that who needs no stamps, or no history,
does not pay for them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.decoded import STAMPS, Decoded
from pipeline.alerts.documents import Documents
from pipeline.alerts.index_table import DUPLICATE, PACKET, REJECTED, load_index
from pipeline.alerts.packets import WINDOW_PACKETS, PacketReader, check_candids, windows
from pipeline.alerts.rejected_table import READ, rejected_table
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.records import Records


@dataclass(frozen=True)
class Batch:
    """Packets of a shard that are read together, n of them, and what is made of them.

    Rows are in the index's order, whatever the packets' schemas and files: tables do not depend
    on how a night was cut.

    Attributes
    ----------
    parts : tuple of Decoded
        The packets, by schema.
    numbers : tuple of numpy.ndarray, int64
        Which of the n each part's packets are.
    """

    parts: tuple[Decoded, ...]
    numbers: tuple[np.ndarray, ...]

    @cached_property
    def alerts(self) -> pa.Table:
        """The m packets that can be used, of `pipeline.alerts.alerts_table.alerts_schema`."""
        return self._in_order([part.alerts for part in self.parts], self._which(kept=True))

    @cached_property
    def history(self) -> pa.Table:
        """Earlier measurements, of `pipeline.alerts.history_table.HISTORY_SCHEMA`."""
        tables = [part.history for part in self.parts]
        alerts = self.alerts["candid"].combine_chunks()
        owners = [pc.index_in(t["candid"].combine_chunks(), alerts).to_numpy() for t in tables]
        return self._in_order(tables, owners)

    @property
    def documents(self) -> list[Documents]:
        """The alerts as whole documents, by the packets' schema: each says what its packets lack.

        In each in the order of `alerts`.
        """
        return [part.documents for part in self.parts]

    @property
    def history_rows(self) -> int:
        """How many rows `history` has, without making them."""
        return sum(part.history_rows for part in self.parts)

    @cached_property
    def stamps(self) -> pa.Table | None:
        """The alerts' stamps as bytes, m rows: candid and `pipeline.alerts.decoded.STAMPS`.

        None where the packets came without; null where only some did.
        """
        tables = [part.stamps for part in self.parts]
        if all(table is None for table in tables):
            return None
        some = [
            _without_stamps(part.alerts["candid"]) if table is None else table
            for part, table in zip(self.parts, tables, strict=True)
        ]
        return self._in_order(some, self._which(kept=True))

    @cached_property
    def rejected(self) -> pa.Table:
        """The n - m others, of `pipeline.alerts.rejected_table.REJECTED_SCHEMA`."""
        return self._in_order([part.rejected for part in self.parts], self._which(kept=False))

    @property
    def rejected_numbers(self) -> np.ndarray:
        """The numbers of `rejected` among the shard's rows of the index, ascending."""
        drop = [part.rows["number"].to_numpy()[~part.kept] for part in self.parts]
        return np.sort(np.concatenate(drop))

    @property
    def unlisted(self) -> list[str]:
        """Scalars of the packets that no column takes, sorted: see `unlisted_fields`."""
        return sorted(set(chain.from_iterable(part.unlisted for part in self.parts)))

    def _which(self, kept: bool) -> list[np.ndarray]:
        return [n[p.kept == kept] for p, n in zip(self.parts, self.numbers, strict=True)]

    def _in_order(self, tables: list[pa.Table], by: list[np.ndarray]) -> pa.Table:
        """Return the rows of all tables, in the order of the numbers that they have."""
        if len(tables) == 1 and np.all(np.diff(by[0]) >= 0):
            return tables[0]
        order = np.argsort(np.concatenate(by), kind="stable")
        joined = pa.concat_tables(tables, promote_options="permissive").unify_dictionaries()
        return joined.take(pa.array(order)).combine_chunks()


def _without_stamps(candid: pa.ChunkedArray) -> pa.Table:
    nulls = [pa.nulls(len(candid), pa.binary())] * len(STAMPS)
    return pa.table([candid, *nulls], names=["candid", *STAMPS])


@dataclass(frozen=True)
class Shard:
    """One shard of a night's index.

    Attributes
    ----------
    packets : pyarrow.Table
        Rows of the index.
    rejected : pyarrow.Table
        What could not be read, of `pipeline.alerts.rejected_table.REJECTED_SCHEMA`.
    rejected_numbers : numpy.ndarray, int64
        Their numbers among the shard's rows of the index; `packets` has a column ``number``.
    duplicates : int
    schemas : list of str
        The writers' schemas by number.
    """

    packets: pa.Table
    rejected: pa.Table
    rejected_numbers: np.ndarray
    duplicates: int
    schemas: list[str]

    @classmethod
    def load(cls, index: Path, shard: int, shards: int) -> "Shard":
        """Read shard number `shard` of `shards`."""
        table, schemas = load_index(index, shard, shards)
        table = table.append_column("number", pa.array(np.arange(table.num_rows)))
        of = {s: table.filter(pc.equal(table["status"], s)) for s in (PACKET, REJECTED)}
        duplicates = pc.sum(pc.equal(table["status"], DUPLICATE)).as_py() or 0
        unread = of[REJECTED]
        rejected = rejected_table(unread, READ, unread["reason"])
        numbers = unread["number"].to_numpy()
        return cls(of[PACKET], rejected, numbers, duplicates, schemas)

    @property
    def read(self) -> int:
        """How many packets, and things that are none, the shard has."""
        return self.packets.num_rows + self.rejected.num_rows + self.duplicates

    def records(self, most: int = WINDOW_PACKETS) -> Iterator[tuple[Records, pa.Table]]:
        """Yield the packets as they are, and their rows of the index, by schema."""
        for window in self._windows(most):
            yield from ((records, rows) for records, _, rows in window)

    def batches(
        self, survey: Survey, most: int = WINDOW_PACKETS, only: Collection[str] | None = None
    ) -> Iterator[Batch]:
        """Yield the packets in the index's order, at most `most` at a time.

        Parameters
        ----------
        survey : Survey
        most : int
        only : collection of str, optional
            Which of the survey's own columns `Batch.alerts` is to have; all without.

        Raises
        ------
        OSError
            If a file has gone, has been cut, or has another packet than when it was
            indexed; the message names it.
        """
        for window in self._windows(most):
            for records, _, rows in window:
                check_candids(records, rows, survey)
            parts = tuple(Decoded(records, rows, survey, only) for records, _, rows in window)
            yield Batch(parts, tuple(numbers for _, numbers, _ in window))

    def _windows(self, most: int) -> Iterator[list[tuple[Records, np.ndarray, pa.Table]]]:
        reader = PacketReader(self.schemas)
        for window in windows(self.packets, most):
            yield [
                (records, numbers, window.take(pa.array(numbers)))
                for records, numbers in reader.read(window)
            ]
