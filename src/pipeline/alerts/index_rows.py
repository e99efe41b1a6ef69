"""Rows of an index, collected as columns: arrays a batch of packets, not an object a packet."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipeline.alerts.index_table import INDEX_SCHEMA, PACKET, REJECTED, REPEATED, UNUSABLE

MAX_REASON = 500
"""Characters of a reason in the table of what is rejected."""
_NAMES = ("source", "file")
"""Columns of names: while they are collected, of the names' numbers."""
_PART = pa.schema([f.with_type(pa.int32()) if f.name in _NAMES else f for f in INDEX_SCHEMA])


@dataclass
class Names:
    """Names by number, in the order in which they came."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """Return the number of a name; a new name gets the next."""
        return self.numbers.setdefault(name, len(self.numbers))

    def encoded(self, numbers: pa.Array) -> pa.DictionaryArray:
        """Return the names of some numbers."""
        return pa.DictionaryArray.from_arrays(numbers, pa.array(list(self.numbers), pa.string()))


@dataclass(frozen=True)
class PacketRows:
    """Where n packets lie, and which they are.

    Attributes
    ----------
    source, file : (n,) int32
        Numbers of names (`IndexRows.sources`, `IndexRows.files`).
    position, offset, length : (n,) int64
        As in the index.
    schema : int
        As in the index, of all of them.
    row : (n,) int32, or None
        As in the index; None where they are AVRO.
    candid : (n,) int64
    key : (n,) uint32
    usable : (n,) bool
        Where False, decoding rejects the packet and says why, however many packets have its
        candid.
    reasons : mapping of int to str
        Rows that are no packets, and why; what the row says of them besides source and
        position does not count.
    """

    source: np.ndarray
    position: np.ndarray
    file: np.ndarray
    offset: np.ndarray
    length: np.ndarray
    schema: int
    row: np.ndarray | None
    candid: np.ndarray
    key: np.ndarray
    usable: np.ndarray
    reasons: Mapping[int, str]


@dataclass
class IndexRows:
    """All rows of an index, in the order in which they were added."""

    sources: Names = field(default_factory=Names)
    files: Names = field(default_factory=Names)
    _parts: list[pa.Table] = field(default_factory=list)
    _rejected: list[tuple[str, int, str, int]] = field(default_factory=list)

    def reject(self, source: str, position: int, reason: str, repeated: bool = False) -> None:
        """Add something that is no packet."""
        self._rejected.append((source, position, reason, REPEATED if repeated else REJECTED))

    def add(self, rows: PacketRows) -> None:
        """Add packets."""
        self._flush()
        self._append(rows)

    def table(self) -> pa.Table:
        """Return all rows, of `INDEX_SCHEMA`."""
        self._flush()
        table = pa.concat_tables([_PART.empty_table(), *self._parts]).combine_chunks()
        for name, names in zip(_NAMES, (self.sources, self.files), strict=True):
            at = INDEX_SCHEMA.get_field_index(name)
            column = names.encoded(table[name].combine_chunks())
            table = table.set_column(at, INDEX_SCHEMA.field(at), column)
        return table

    def _flush(self) -> None:
        """Add what was rejected since packets were added."""
        rejected, self._rejected = self._rejected, []
        if not rejected:
            return
        sources, positions, reasons, status = zip(*rejected, strict=True)
        none = np.zeros(len(rejected), dtype=np.int64)
        source = np.array([self.sources.number(name) for name in sources], dtype=np.int32)
        self._append(
            PacketRows(
                source, np.array(positions, dtype=np.int64), none, none, none, 0, None, none,
                none.astype(np.uint32), none.astype(bool), dict(enumerate(reasons)),
            ),
            np.array(status, dtype=np.uint8),
        )  # fmt: skip

    def _append(self, rows: PacketRows, status: np.ndarray | None = None) -> None:
        number = rows.source.size
        rejected = np.zeros(number, dtype=bool)
        rejected[list(rows.reasons)] = True
        key = rows.key.copy()
        if rows.reasons:
            names = list(self.sources.numbers)
            for i in rows.reasons:
                key[i] = rejected_key(names[rows.source[i]], int(rows.position[i]))
        arrays = {
            "source": rows.source,
            "position": rows.position,
            "file": pa.array(rows.file, pa.int32(), mask=rejected),
            "offset": pa.array(rows.offset, mask=rejected),
            "length": pa.array(rows.length, mask=rejected),
            "row": pa.nulls(number, pa.int32()) if rows.row is None else pa.array(rows.row),
            "schema": pa.array(np.full(number, rows.schema, np.int32), mask=rejected),
            "candid": pa.array(rows.candid, mask=rejected),
            "key": key,
            "status": _status(rows.usable, rejected) if status is None else status,
            "reason": _reasons(rows.reasons, number),
        }
        self._parts.append(pa.table(arrays, schema=_PART))


def rejected_key(source: str, position: int) -> int:
    """Return the key of something that is no packet, and so has no object."""
    return zlib.crc32(f"{source}:{position}".encode())


def _status(usable: np.ndarray, rejected: np.ndarray) -> np.ndarray:
    return np.where(rejected, REJECTED, np.where(usable, PACKET, UNUSABLE)).astype(np.uint8)


def _reasons(reasons: Mapping[int, str], number: int) -> pa.Array:
    if not reasons:
        return pa.nulls(number, pa.string())
    return pa.array([_shortened(reasons.get(i)) for i in range(number)], pa.string())


def _shortened(reason: str | None) -> str | None:
    if reason is None or len(reason) <= MAX_REASON:
        return reason
    return f"{reason[:MAX_REASON]} …"  # a library's message may hold all of a schema
