"""Where each packet of a night lies, which object it is of, and whether it can be used.

One pass over the dump writes this index, and beside it a spool with the records that no
file holds as they are (tarballs and compressed blocks, and parquet rows as Arrow IPC
streams). Shards then read just their packets. The index does not depend on the number of
shards: a packet's shard follows from the hash of its object.
"""

import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from pipeline.alerts.index_table import ARROW, DUPLICATE, PACKET, REJECTED, index_table
from pipeline.alerts.keys import packet_keys
from pipeline.alerts.sources import Chunk, Failure, read_source
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.atomic import atomic_path
from pipeline.io.avro import AvroError, Block, parse_schema
from pipeline.io.avro_kernel import OK, STATUS, boundaries, scan
from pipeline.io.avro_program import Program, compile_schema
from pipeline.io.records import ArrowRecords, decode
from pipeline.io.tables import write_table

BATCH_RECORDS = 512
"""Records whose keys are read together: one by one, Arrow's overhead is 0.5 ms each."""


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
        key = zlib.crc32(f"{source}:{position}".encode())
        self.rows.append((source, position, None, None, None, None, None, key, REJECTED, reason))

    def add_records(self, chunk: Chunk) -> None:
        """Add the records of an AVRO block."""
        block = chunk.block
        schema = self._schema(block.schema)
        if isinstance(schema, str):
            for i in range(block.count):
                self.reject(chunk.source, chunk.first + i, schema)
            return
        if self.batch is None or self.batch.schema is not schema:
            self.flush()
            self.batch = _Batch(schema)
        file, offset = chunk.file, chunk.offset
        if file is None:
            file, offset = self.spool, self.stream.tell()
            self.stream.write(block.data)
        stops = _boundaries(schema.whole, block)
        base = self.batch.stops[-1] if self.batch.stops else 0
        self.batch.data.append(block.data[: stops[-1]] if stops else b"")
        for i, (start, stop) in enumerate(zip([0, *stops], stops, strict=False)):
            self.batch.stops.append(base + stop)
            self.batch.sources.append((chunk.source, chunk.first + i))
            self.batch.places.append((file, offset + start, stop - start))
        for i in range(len(stops), block.count):
            self.reject(chunk.source, chunk.first + i, "behind a damaged record of its block")
        if len(stops) == block.count and stops and stops[-1] < len(block.data):
            more = "its block has more behind its last record"
            self.reject(chunk.source, chunk.first + block.count, more)
        if len(self.batch.stops) >= BATCH_RECORDS:
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
        status, _, _ = scan(whole.code, data, starts, stops, whole.widths, True)
        good = status == OK
        head, _ = decode(batch.schema.keys, data, starts[good], stops[good], exact=False)
        keys = iter(zip(*packet_keys(head, self.survey), strict=True))
        for i, (source, place) in enumerate(zip(batch.sources, batch.places, strict=True)):
            if good[i]:
                self._add(*source, (*place, batch.schema.number), *next(keys))
            else:
                self.reject(*source, STATUS[int(status[i])])

    def add_rows(self, chunk: Chunk) -> None:
        """Add parquet rows; they go to the spool as an IPC stream, to be memory-mapped."""
        self.flush()
        offset = self.stream.tell()
        with pa.ipc.new_stream(self.stream, chunk.table.schema) as writer:
            writer.write_table(chunk.table)
        keys = packet_keys(ArrowRecords.of_table(chunk.table), self.survey)
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
                keys = compile_schema(schema, self.survey.key_fields)
                self.schemas[text] = _Schema(len(self.schemas), compile_schema(schema), keys)
            except AvroError as error:
                self.schemas[text] = f"not a packet of {self.survey.name}: {error}"
        return self.schemas[text]

    def finish(self) -> pa.Table:
        """Return the index."""
        self.flush()
        return index_table(self.rows, self.schemas, self.unusable)


def _boundaries(program: Program, block: Block) -> list[int]:
    """Return the byte behind each record of a block, up to a damaged one."""
    if block.count == 1:
        return [len(block.data)]
    data = np.frombuffer(block.data, dtype=np.uint8)
    return boundaries(program.code, data, block.count, program.widths).tolist()
