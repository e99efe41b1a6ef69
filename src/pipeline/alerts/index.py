"""Where each packet of a night lies, which object it is of, and whether it can be used.

One pass over the dump writes this index, and beside it a spool with the records that no
file holds as they are (tarballs and compressed blocks, and parquet rows as Arrow IPC
streams). Shards then read just their packets. The index does not depend on the number of
shards: a packet's shard follows from the hash of its object.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.changed import changed_type
from pipeline.alerts.found import EncodedBlock, Rows, Unreadable
from pipeline.alerts.index_rows import IndexRows, PacketRows
from pipeline.alerts.index_table import ARROW, IndexPart
from pipeline.alerts.keys import key_fields, missing_field, packet_keys
from pipeline.alerts.parts import Part, dump_state
from pipeline.alerts.sources import read_source
from pipeline.alerts.surveys.survey import Survey
from pipeline.alerts.waiting import WaitingBlocks, WriterSchema
from pipeline.io.arrow_records import ArrowRecords
from pipeline.io.atomic import atomic_path
from pipeline.io.avro import AvroError, Block, parse_schema
from pipeline.io.avro_kernel import OK, STATUS, boundaries
from pipeline.io.avro_program import MAX_BLOCK_VALUES, Program, compile_schema
from pipeline.io.field_types import types_of_program, types_of_table
from pipeline.io.records import check, decode_in_parts

HEADS = 512
"""Records whose keys are read together: one by one, Arrow's overhead is 0.5 ms each."""
HEADS_BYTES = 1 << 26
"""The same, of records that are larger than packets are."""


def index_part(
    source: Path,
    survey: Survey,
    part: Part,
    output: Path,
    spool: Path,
    schemas: Path | None = None,
) -> int:
    """Index a part of a night's dump.

    Parameters
    ----------
    source : Path
        See `pipeline.alerts.sources.read_source`.
    survey : Survey
    part : Part
    output, spool : Path
        Files to write; `spool` is empty where all records lie in files of their own.
    schemas : Path, optional
        See `pipeline.alerts.sources.read_source`.

    Returns
    -------
    int
        Number of rows: packets, and what is none.

    Raises
    ------
    OSError, ValueError
        If the source is missing or of an unknown kind. Damage inside it is recorded.
    """
    with atomic_path(spool) as temporary, temporary.open("wb") as stream:
        # One part cannot differ from others: a folder of single packets need not be listed twice.
        state = dump_state(source) if part.of > 1 else ""
        builder = _Builder(survey, str(spool), stream, state)
        for item in read_source(source, schemas, part):
            if isinstance(item, Unreadable):
                builder.rows.reject(item.source, item.position, item.reason, item.repeated)
            elif isinstance(item, EncodedBlock):
                builder.add_block(item)
            else:
                builder.add_rows(item)
            if not isinstance(item, Rows) and item.counted_on:
                builder.positions[item.source] = item.behind
        found = builder.finish()
        found.write(output)
    return found.table.num_rows


@dataclass
class _Builder:
    survey: Survey
    spool: str
    stream: BinaryIO
    dump: str
    rows: IndexRows = field(default_factory=IndexRows)
    schemas: dict[bytes, WriterSchema | str] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    waiting: WaitingBlocks | None = None

    def add_block(self, found: EncodedBlock) -> None:
        """Add the records of an AVRO block."""
        block, source, first = found.block, found.source, found.first
        schema = self._schema(block.schema)
        if isinstance(schema, str):
            self.rows.reject(source, first, _of_records(block.count, schema))
            return
        if self.waiting is None or self.waiting.schema is not schema:
            self.flush()
            self.waiting = WaitingBlocks(schema)
        file, offset = found.place or (self.spool, self.stream.tell())
        if found.place is None:
            self.stream.write(block.data)
        stops, state = _boundaries(schema.whole, block)
        if stops.size:
            sources, files = self.rows.sources, self.rows.files
            place = (sources.number(source), first, files.number(file), offset)
            self.waiting.add(block.data, stops, place)
        if stops.size < block.count:
            reason = _of_records(block.count - stops.size, STATUS[state])
            self.rows.reject(source, first + stops.size, reason)
        elif stops.size and stops[-1] < len(block.data):
            more = "its block has more behind its last record"
            self.rows.reject(source, first + block.count - 1, more)
        if self.waiting.records >= HEADS or self.waiting.size > HEADS_BYTES:
            self.flush()

    def flush(self) -> None:
        """Look into the records that wait.

        Whole records are checked, so that a damaged one never hides its good duplicate.
        """
        waiting, self.waiting = self.waiting, None
        if waiting is None or not waiting.records:
            return
        data = np.frombuffer(b"".join(waiting.data), dtype=np.uint8)
        counts = np.array([stops.size for stops in waiting.stops])
        sizes = np.array([len(block) for block in waiting.data])
        source, first, file, offset = np.array(waiting.places).T.repeat(counts, axis=1)
        # Where each block begins: among the records, and among the bytes.
        row, byte = ((np.cumsum(n) - n).repeat(counts) for n in (counts, sizes))
        stops = byte + np.concatenate(waiting.stops)
        starts = np.concatenate([[0], stops[:-1]])
        status = check(waiting.schema.whole, data, starts, stops)
        reasons = {int(i): STATUS[int(status[i])] for i in np.flatnonzero(status != OK)}
        good = np.flatnonzero(status == OK)
        candid, key, usable = self._heads(waiting.schema, data, starts, stops, good, reasons)
        self.rows.add(
            PacketRows(
                source=source.astype(np.int32),
                position=first + np.arange(counts.sum()) - row,
                file=file.astype(np.int32),
                offset=offset + starts - byte,
                length=stops - starts,
                schema=waiting.schema.number,
                row=None,
                candid=candid,
                key=key,
                usable=usable,
                reasons=reasons,
            )
        )

    def _heads(
        self,
        schema: WriterSchema,
        data: np.ndarray,
        starts: np.ndarray,
        stops: np.ndarray,
        good: np.ndarray,
        reasons: dict[int, str],
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return candid, key and whether usable of n records, of which some are good.

        Good ones without a candid get their reason in `reasons`.
        """
        candid = np.zeros(starts.size, dtype=np.int64)
        key = np.zeros(starts.size, dtype=np.uint32)
        usable = np.zeros(starts.size, dtype=bool)
        heads = decode_in_parts(schema.keys, data, starts[good], stops[good], exact=False)
        for head, part in heads:
            at = good[part]
            numbers, key[at], usable[at] = packet_keys(head, self.survey)
            candid[at] = _candids(numbers, at, reasons)
        return candid, key, usable

    def add_rows(self, found: Rows) -> None:
        """Add parquet rows; they go to the spool as an IPC stream, to be memory-mapped."""
        self.flush()
        records = ArrowRecords.of_table(found.table)
        why = changed_type(types_of_table(found.table.schema), self.survey)
        if why is None and (missing := missing_field(records.paths, self.survey)) is not None:
            why = f"it has no column {missing}"
        if why is not None:
            if found.source not in self.told:  # once for all of the file's rows
                self.told.add(found.source)
                self.rows.reject(found.source, 0, self._not_a_packet(why), found.repeated)
            return
        offset = self.stream.tell()
        with pa.ipc.new_stream(self.stream, found.table.schema) as writer:
            writer.write_table(found.table)
        numbers, key, usable = packet_keys(records, self.survey)
        row = np.arange(found.table.num_rows)
        reasons: dict[int, str] = {}
        self.rows.add(
            PacketRows(
                source=np.full(row.size, self.rows.sources.number(found.source), np.int32),
                position=found.first + row,
                file=np.full(row.size, self.rows.files.number(self.spool), np.int32),
                offset=np.full(row.size, offset),
                length=np.full(row.size, found.table.nbytes // max(row.size, 1)),
                schema=ARROW,
                row=row.astype(np.int32),
                candid=_candids(numbers, row, reasons),
                key=key,
                usable=usable,
                reasons=reasons,
            )
        )

    def _schema(self, text: bytes) -> WriterSchema | str:
        """Return the compiled schema, or why there is none."""
        if text not in self.schemas:
            try:
                schema = parse_schema(text)
                whole = compile_schema(schema)
                paths = whole.tables[0].columns
                if (changed := changed_type(types_of_program(whole), self.survey)) is not None:
                    raise AvroError(changed)
                if (missing := missing_field(paths, self.survey)) is not None:
                    raise AvroError(f"the schema has no field {missing}")
                keys = compile_schema(schema, key_fields(paths, self.survey))
                self.schemas[text] = WriterSchema(len(self.schemas), whole, keys)
            except AvroError as error:
                self.schemas[text] = self._not_a_packet(str(error))
        return self.schemas[text]

    def _not_a_packet(self, why: str) -> str:
        return f"not a packet of {self.survey.name}: {why}"

    def finish(self) -> IndexPart:
        """Return what was found."""
        self.flush()
        schemas = [text.decode("utf-8", "replace") for text in self.schemas]
        return IndexPart(self.rows.table(), schemas, self.positions, self.dump)


def _candids(numbers: pa.Array, at: np.ndarray, reasons: dict[int, str]) -> np.ndarray:
    """Return the candids of the rows `at`; those that have none get their reason."""
    for i in at[pc.is_null(numbers).to_numpy(zero_copy_only=False)].tolist():
        reasons[i] = "no candid that is an integer"
    return pc.fill_null(numbers, 0).to_numpy()


def _boundaries(program: Program, block: Block) -> tuple[np.ndarray, int]:
    """Return the byte behind each record of a block, up to a damaged one, and its status."""
    if block.count == 1:
        return np.array([len(block.data)]), OK
    data = np.frombuffer(block.data, dtype=np.uint8)
    stops, state = boundaries(program.code, data, block.count, program.widths, MAX_BLOCK_VALUES)
    return stops, state


def _of_records(number: int, reason: str) -> str:
    """Return why some records that follow one another are rejected, in one row."""
    return reason if number == 1 else f"{reason} ({number} records)"
