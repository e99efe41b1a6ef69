"""Where each packet of a night lies, which object it is of, and whether it can be used.

One pass over the dump writes this index, and beside it a spool with the records that no
file holds as they are (tarballs and compressed blocks, and parquet rows as Arrow IPC
streams). Shards then read just their packets. The index does not depend on the number of
shards: a packet's shard follows from the hash of its object.
"""

import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.alerts.sources import Chunk, Failure, read_source
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.atomic import atomic_path
from pipeline.io.avro import AvroError, Block, parse_schema
from pipeline.io.avro_kernel import OK, STATUS, boundaries, scan
from pipeline.io.avro_program import Program, compile_schema
from pipeline.io.records import ArrowRecords, Records, decode
from pipeline.io.tables import write_table

PACKET, DUPLICATE, REJECTED = 0, 1, 2
ARROW = -1
"""In the column ``schema``: the packet is row ``length`` of the IPC stream at ``offset``."""

INDEX_SCHEMA = pa.schema(
    [
        ("source", pa.dictionary(pa.int32(), pa.string())),
        ("position", pa.int64()),
        ("file", pa.dictionary(pa.int32(), pa.string())),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("schema", pa.int32()),
        ("candid", pa.int64()),
        ("key", pa.uint32()),
        ("status", pa.uint8()),
        ("reason", pa.string()),
    ]
)


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


BATCH_RECORDS = 512
"""Records whose keys are read together: one by one, Arrow's overhead is 0.5 ms each."""


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
        keys = iter(zip(*self._keys(head), strict=True))
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
        keys = self._keys(ArrowRecords.of_table(chunk.table))
        for i, (candid, key) in enumerate(zip(*keys, strict=True)):
            self._add(chunk.source, chunk.first + i, (self.spool, offset, i, ARROW), candid, key)

    def _add(self, source: str, position: int, where: tuple, candid: int | None, key: int) -> None:
        if candid is None:
            self.reject(source, position, "no candid")
        else:
            self.rows.append((source, position, *where, candid, key, PACKET, None))

    def _keys(self, records: Records) -> tuple[list[int | None], list[int]]:
        """Return candid and the hash of the object (of candid where there is none)."""
        candid = records.column(self.survey.candid)
        none = [None] * records.num_rows
        candids = none if candid is None else candid.cast(pa.int64()).to_pylist()
        objects = object_ids(records, self.survey).to_pylist()
        hashed = [o if o is not None else str(c) for o, c in zip(objects, candids, strict=True)]
        return candids, [zlib.crc32(h.encode()) for h in hashed]

    def _schema(self, text: bytes) -> _Schema | str:
        """Return the compiled schema, or why there is none."""
        if text not in self.schemas:
            try:
                schema = parse_schema(text)
                keys = compile_schema(schema, self.survey.index_field)
                self.schemas[text] = _Schema(len(self.schemas), compile_schema(schema), keys)
            except AvroError as error:
                self.schemas[text] = f"not a packet of {self.survey.name}: {error}"
        return self.schemas[text]

    def finish(self) -> pa.Table:
        """Return the index, in which the first packet of a candid counts and others do not."""
        self.flush()
        columns = list(zip(*self.rows, strict=True)) or [[]] * len(INDEX_SCHEMA)
        arrays = [
            pa.array(column, f.type.value_type).dictionary_encode()
            if pa.types.is_dictionary(f.type)
            else pa.array(column, f.type)
            for column, f in zip(columns, INDEX_SCHEMA, strict=True)
        ]
        table = pa.table(arrays, schema=INDEX_SCHEMA)
        status = table["status"].to_numpy().copy()
        usable = np.flatnonzero(status == PACKET)
        candid = pc.fill_null(table["candid"], 0).to_numpy()[usable]
        _, first = np.unique(candid, return_index=True)
        again = np.ones(usable.size, dtype=bool)
        again[first] = False
        status[usable[again]] = DUPLICATE
        at = INDEX_SCHEMA.get_field_index("status")
        table = table.set_column(at, INDEX_SCHEMA.field(at), pa.array(status))
        texts = [text.decode("utf-8", "replace") for text in self.schemas]
        return table.replace_schema_metadata({"schemas": json.dumps(texts)})


def _boundaries(program: Program, block: Block) -> list[int]:
    """Return the byte behind each record of a block, up to a damaged one."""
    if block.count == 1:
        return [len(block.data)]
    data = np.frombuffer(block.data, dtype=np.uint8)
    return boundaries(program.code, data, block.count, program.widths).tolist()


def object_ids(records: Records, survey: Survey) -> pa.Array:
    """Return the object of each record as a string; null where it has none (0 counts as none)."""
    result = pa.nulls(records.num_rows, pa.string())
    for path in survey.object_id:
        column = records.column(path)
        if column is not None:
            text = column.cast(pa.string())
            text = pc.if_else(pc.is_in(text, pa.array(["0", ""])), None, text)
            result = pc.coalesce(result, text)
    return result


def load_index(path: Path, shard: int, shards: int) -> tuple[pa.Table, list[str]]:
    """Return one shard's rows of an index, and the writers' schemas by number.

    The hashes' range is cut into `shards` equal parts, so an object falls into one.
    """
    table = pq.read_table(path)
    texts = json.loads((table.schema.metadata or {})[b"schemas"])
    key = table["key"].to_numpy().astype(np.uint64)
    mine = (key * np.uint64(shards)) >> np.uint64(32) == np.uint64(shard)
    return table.filter(pa.array(mine)), texts
