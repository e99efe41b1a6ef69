"""Packets read where the index says they lie, as records of bounded memory."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.index_table import ARROW
from pipeline.alerts.keys import candids
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.avro import parse_schema
from pipeline.io.avro_program import Program, compile_schema
from pipeline.io.records import ArrowRecords, DamagedRecord, Records, decode_in_parts

BATCH_BYTES = 1 << 28
"""Packets of a batch together, if there is more than one."""
_AGAIN = "index it again (snakemake --forcerun index)"


def read_packets(
    packets: pa.Table, schemas: Sequence[str], size: int
) -> Iterator[tuple[Records, pa.Table]]:
    """Yield records and their rows of the index, in the index's order.

    Parameters
    ----------
    packets : pyarrow.Table
        Rows of the index (`pipeline.alerts.index_table.INDEX_SCHEMA`).
    schemas : sequence of str
        The writers' schemas by number.
    size : int
        Most packets a batch.

    Raises
    ------
    OSError
        If a file has gone or has been cut since it was indexed; the message names it.
    """
    programs: dict[int, Program] = {}
    for start, stop, schema in _runs(packets, size):
        rows = packets.slice(start, stop - start)
        if schema == ARROW:
            yield _read_rows(rows), rows
            continue
        if schema not in programs:
            programs[schema] = compile_schema(parse_schema(schemas[schema].encode()))
        for records, part in _read_records(programs[schema], rows):
            yield records, rows.slice(part.start, part.stop - part.start)


def check_candids(records: Records, rows: pa.Table, survey: Survey) -> None:
    """Raise unless the packets are those that the index speaks of.

    Jobs that read a night at different times so write about the same alerts.

    Raises
    ------
    OSError
        If a packet has another candid than in the index; the message names its file.
    """
    found = candids(records, survey)
    same = pc.fill_null(pc.equal(found, rows["candid"].combine_chunks()), False)
    if not pc.all(same).as_py():
        i = pc.index(same, False).as_py()
        source, position, candid = (rows[n][i] for n in ("source", "position", "candid"))
        raise OSError(
            f"{source}: packet {position} has candid {found[i]}, the index {candid}: "
            f"changed since it was indexed; {_AGAIN}"
        )


def _runs(packets: pa.Table, size: int) -> Iterator[tuple[int, int, int]]:
    """Cut the rows where the schema (or, for parquet rows, the stream) changes."""
    schema = packets["schema"].to_numpy()
    offset = packets["offset"].to_numpy()
    stream = np.where(schema == ARROW, offset, -1)
    length = packets["length"].to_numpy()
    at = 0
    for (number, _), group in groupby(zip(schema.tolist(), stream.tolist(), strict=True)):
        count = sum(1 for _ in group)
        while count:
            rows = min(size, count)
            if number != ARROW:
                held = np.cumsum(length[at : at + rows])
                rows = max(1, int(np.searchsorted(held, BATCH_BYTES, "right")))
            yield at, at + rows, number
            at, count = at + rows, count - rows


def _read_records(program: Program, rows: pa.Table) -> Iterator[tuple[Records, slice]]:
    """Read AVRO records; successive ones of a file are read through one handle."""
    lengths = rows["length"].to_numpy()
    offsets = rows["offset"].to_numpy()
    stops = np.cumsum(lengths)
    buffer = np.empty(int(stops[-1]), dtype=np.uint8)
    at = 0
    for name, group in groupby(enumerate(rows["file"].to_pylist()), key=lambda item: item[1]):
        with Path(name).open("rb") as stream:
            for i, _ in group:
                stream.seek(int(offsets[i]))
                if stream.readinto(buffer[at : at + lengths[i]].data) != lengths[i]:
                    raise OSError(f"{name}: shorter than when it was indexed; {_AGAIN}")
                at += int(lengths[i])
    try:
        yield from decode_in_parts(program, buffer, stops - lengths, stops)
    except DamagedRecord as error:
        bad = rows["source"][error.number].as_py()
        raise OSError(f"{bad}: changed since it was indexed; {_AGAIN}") from error


def _read_rows(rows: pa.Table) -> Records:
    """Take rows of one IPC stream of the spool; unread columns stay on disk."""
    with pa.memory_map(rows["file"][0].as_py()) as file:
        file.seek(rows["offset"][0].as_py())
        table = pa.ipc.open_stream(file).read_all()
    return ArrowRecords.of_table(table.take(rows["length"].combine_chunks()))
