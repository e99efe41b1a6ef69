"""Where each packet of a night lies, which object it is of, and whether it can be used.

One pass over the dump writes this index, and beside it a spool with the records that no
file holds as they are (tarballs and compressed blocks, and parquet rows as Arrow IPC
streams). Shards then read just their packets. The index does not depend on the number of
shards: a packet's shard follows from the hash of its object.
"""

import zlib
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from pipeline.alerts.index_table import ARROW, DUPLICATE, PACKET, REJECTED, index_table
from pipeline.alerts.keys import key_fields, missing_field, packet_keys
from pipeline.alerts.sources import Chunk, Failure, read_source
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.atomic import atomic_path
from pipeline.io.avro import AvroError, Block, parse_schema
from pipeline.io.avro_kernel import OK, STATUS, boundaries
from pipeline.io.avro_program import MAX_BLOCK_VALUES, Program, compile_schema
from pipeline.io.records import ArrowRecords, check, decode_in_parts
from pipeline.io.tables import write_table

BATCH_RECORDS = 512
"""Records whose keys are read together: one by one, Arrow's overhead is 0.5 ms each."""
BATCH_BYTES = 1 << 26
"""The same, of records that are larger than packets are."""


def build_index(
    source: Path, survey: Survey, index: Path, spool: Path, schemas: Path | None = None
) -> dict[str, int]:
    """Index a night's dump.

    Parameters
    ----------
    source : Path
        See `pipeline.alerts.sources.read_source`.
    survey : Survey
    index, spool : Path
        Files to write; `spool` is empty where all records lie in files of their own.
    schemas : Path, optional
        See `pipeline.alerts.sources.read_source`.

    Returns
    -------
    dict
        ``packets``, ``duplicates``, ``rejected``.

    Raises
    ------
    OSError, ValueError
        If the source is missing or of an unknown kind. Damage inside it is recorded.
    """
    with atomic_path(spool) as temporary, temporary.open("wb") as stream:
        builder = _Builder(survey, str(spool), stream)
        for item in read_source(source, schemas):
            if isinstance(item, Failure):
                builder.reject(item.source, item.position, item.reason)
            elif item.table is not None:
                builder.add_rows(item)
            else:
                builder.add_records(item)
        table = builder.finish()
        write_table(table, index)
    status = table["status"].to_numpy()
    names = {"packets": PACKET, "duplicates": DUPLICATE, "rejected": REJECTED}
    return {name: int((status == value).sum()) for name, value in names.items()}


MAX_REASON = 500
"""Characters of a reason in the table of what is rejected."""


@dataclass(frozen=True)
class _Schema:
    """A writer's schema: its number in the index, and its programs for boundaries and keys."""

    number: int
    whole: Program
    keys: Program


@dataclass
class _Batch:
    """Records of one schema that wait to be looked into."""

    schema: _Schema
    data: list[bytes] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    sources: list[tuple[str, int]] = field(default_factory=list)
    places: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass
class _Builder:
    survey: Survey
    spool: str
    stream: BinaryIO
    rows: list[tuple] = field(default_factory=list)
    unusable: list[int] = field(default_factory=list)
    schemas: dict[bytes, _Schema | str] = field(default_factory=dict)
    batch: _Batch | None = None

    def reject(self, source: str, position: int, reason: str) -> None:
        """Record something that is no packet."""
        if len(reason) > MAX_REASON:  # a library's message may hold all of a schema
            reason = f"{reason[:MAX_REASON]} …"
        key = zlib.crc32(f"{source}:{position}".encode())
        self.rows.append((source, position, None, None, None, None, None, key, REJECTED, reason))

    def add_records(self, chunk: Chunk) -> None:
        """Add the records of an AVRO block."""
        block = chunk.block
        schema = self._schema(block.schema)
        if isinstance(schema, str):
            self.reject(chunk.source, chunk.first, _of_records(block.count, schema))
            return
        if self.batch is None or self.batch.schema is not schema:
            self.flush()
            self.batch = _Batch(schema)
        file, offset = chunk.file, chunk.offset
        if file is None:
            file, offset = self.spool, self.stream.tell()
            self.stream.write(block.data)
        stops, state = _boundaries(schema.whole, block)
        base = self.batch.stops[-1] if self.batch.stops else 0
        self.batch.data.append(block.data[: stops[-1]] if stops else b"")
        for i, (start, stop) in enumerate(zip([0, *stops], stops, strict=False)):
            self.batch.stops.append(base + stop)
            self.batch.sources.append((chunk.source, chunk.first + i))
            self.batch.places.append((file, offset + start, stop - start))
        if len(stops) < block.count:
            reason = _of_records(block.count - len(stops), STATUS[state])
            self.reject(chunk.source, chunk.first + len(stops), reason)
        if len(stops) == block.count and stops and stops[-1] < len(block.data):
            more = "its block has more behind its last record"
            self.reject(chunk.source, chunk.first + block.count, more)
        if len(self.batch.stops) >= BATCH_RECORDS or self.batch.stops[-1:] > [BATCH_BYTES]:
            self.flush()

    def flush(self) -> None:
        """Look into the records that wait.

        Whole records are checked, so that a damaged one never hides its good duplicate.
        """
        batch, self.batch = self.batch, None
        if batch is None or not batch.stops:
            return
        data = np.frombuffer(b"".join(batch.data), dtype=np.uint8)
        stops = np.array(batch.stops, dtype=np.int64)
        starts = np.concatenate([[0], stops[:-1]])
        whole = batch.schema.whole
        status = check(whole, data, starts, stops)
        good = status == OK
        heads = decode_in_parts(batch.schema.keys, data, starts[good], stops[good], exact=False)
        keys = chain.from_iterable(
            zip(*packet_keys(head, self.survey), strict=True) for head, _ in heads
        )
        for i, (source, place) in enumerate(zip(batch.sources, batch.places, strict=True)):
            if good[i]:
                self._add(*source, (*place, batch.schema.number), *next(keys))
            else:
                self.reject(*source, STATUS[int(status[i])])

    def add_rows(self, chunk: Chunk) -> None:
        """Add parquet rows; they go to the spool as an IPC stream, to be memory-mapped."""
        self.flush()
        records = ArrowRecords.of_table(chunk.table)
        if (missing := missing_field(records.paths, self.survey)) is not None:
            if chunk.first == 0:  # once for all of the file's rows
                self.reject(chunk.source, 0, self._not_a_packet(f"it has no column {missing}"))
            return
        offset = self.stream.tell()
        with pa.ipc.new_stream(self.stream, chunk.table.schema) as writer:
            writer.write_table(chunk.table)
        keys = packet_keys(records, self.survey)
        for i, key in enumerate(zip(*keys, strict=True)):
            self._add(chunk.source, chunk.first + i, (self.spool, offset, i, ARROW), *key)

    def _add(
        self, source: str, position: int, where: tuple, candid: int | None, key: int, usable: bool
    ) -> None:
        if candid is None:
            self.reject(source, position, "no candid that is an integer")
        else:
            if not usable:
                self.unusable.append(len(self.rows))
            self.rows.append((source, position, *where, candid, key, PACKET, None))

    def _schema(self, text: bytes) -> _Schema | str:
        """Return the compiled schema, or why there is none."""
        if text not in self.schemas:
            try:
                schema = parse_schema(text)
                whole = compile_schema(schema)
                paths = whole.tables[0].columns
                if (missing := missing_field(paths, self.survey)) is not None:
                    raise AvroError(f"the schema has no field {missing}")
                keys = compile_schema(schema, key_fields(paths, self.survey))
                self.schemas[text] = _Schema(len(self.schemas), whole, keys)
            except AvroError as error:
                self.schemas[text] = self._not_a_packet(str(error))
        return self.schemas[text]

    def _not_a_packet(self, why: str) -> str:
        return f"not a packet of {self.survey.name}: {why}"

    def finish(self) -> pa.Table:
        """Return the index."""
        self.flush()
        return index_table(self.rows, self.schemas, self.unusable)


def _boundaries(program: Program, block: Block) -> tuple[list[int], int]:
    """Return the byte behind each record of a block, up to a damaged one, and its status."""
    if block.count == 1:
        return [len(block.data)], OK
    data = np.frombuffer(block.data, dtype=np.uint8)
    stops, state = boundaries(program.code, data, block.count, program.widths, MAX_BLOCK_VALUES)
    return stops.tolist(), state


def _of_records(number: int, reason: str) -> str:
    """Return why some records that follow one another are rejected, in one row."""
    return reason if number == 1 else f"{reason} ({number} records)"
