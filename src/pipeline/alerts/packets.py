"""Packets read where the index says they lie, as records of bounded memory."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.index_table import ARROW
from pipeline.alerts.keys import candids
from pipeline.alerts.surveys.survey import Survey
from pipeline.contract.changed import ChangedInputError
from pipeline.io.arrow_records import ArrowRecords
from pipeline.io.avro import parse_schema
from pipeline.io.avro_program import Program, compile_schema
from pipeline.io.records import DamagedRecord, Records, decode_in_parts

WINDOW_BYTES = 1 << 25
"""Packets that are read together: some 650 of ZTF, 100 of Rubin's largest. Twice as much takes
0.2 GB more of these and is no faster."""
WINDOW_PACKETS = 1024
"""Most of them, if they are small."""
MOST_STREAMS = 2000
"""That are kept open: what Arrow knows of one takes some 70 kB."""
KEPT_PROGRAMS = 64
"""Compiled schemas that a process keeps, by their text; a night has a few."""
AGAIN = "index it again (snakemake --forcerun index_part)"


def windows(packets: pa.Table, most: int = WINDOW_PACKETS) -> Iterator[pa.Table]:
    """Cut rows of the index into runs of packets that fit into memory together.

    Parameters
    ----------
    packets : pyarrow.Table
        Rows of the index (`pipeline.alerts.index_table.INDEX_SCHEMA`).
    most : int
        Packets a window has; fewer where they have more than `WINDOW_BYTES`, but one at least.
    """
    held = np.cumsum(packets["length"].to_numpy())
    at = 0
    while at < held.size:
        before = held[at - 1] if at else 0
        stop = int(np.searchsorted(held, before + WINDOW_BYTES, "right"))
        stop = min(max(stop, at + 1), at + most)
        yield packets.slice(at, stop - at)
        at = stop


class PacketReader:
    """Reads packets, in any order, from the files that an index names.

    Parameters
    ----------
    schemas : sequence of str
        The writers' schemas by number.
    """

    def __init__(self, schemas: Sequence[str]) -> None:
        self._schemas = schemas
        self._maps: dict[str, pa.MemoryMappedFile] = {}
        self._streams: dict[tuple[str, int], tuple[pa.Table, bytes]] = {}

    def read(self, rows: pa.Table) -> Iterator[tuple[Records, np.ndarray]]:
        """Yield records of one schema each, and which of the rows of the index these are.

        Raises
        ------
        OSError
            If a file has gone or has been cut since it was indexed; the message names it.
        """
        schema = rows["schema"].to_numpy()
        for number in dict.fromkeys(schema.tolist()):
            at = np.flatnonzero(schema == number)
            same = rows if at.size == rows.num_rows else rows.take(pa.array(at))
            if number == ARROW:
                yield from ((records, at[which]) for records, which in self._rows(same))
                continue
            for records, part in _records(_program(self._schemas[number]), same):
                yield records, at[part]

    def _rows(self, rows: pa.Table) -> Iterator[tuple[Records, np.ndarray]]:
        """Take rows of IPC streams of the spool; unread columns stay on disk."""
        number = rows["row"].to_numpy()
        by_schema: dict[bytes, list[tuple[pa.Table, np.ndarray]]] = {}
        places = zip(rows["file"].to_pylist(), rows["offset"].to_pylist(), strict=True)
        order = sorted(enumerate(places), key=lambda item: item[1])
        for place, group in groupby(order, key=lambda item: item[1]):
            at = np.array([i for i, _ in group])
            table, schema = self._stream(*place)
            by_schema.setdefault(schema, []).append((table.take(pa.array(number[at])), at))
        for found in by_schema.values():
            tables, at_of = zip(*found, strict=True)
            yield ArrowRecords.of_table(pa.concat_tables(tables)), np.concatenate(at_of)

    def _stream(self, file: str, offset: int) -> tuple[pa.Table, bytes]:
        """Return an IPC stream as a table, mapped into memory, and its schema."""
        if (file, offset) not in self._streams:
            if file not in self._maps:
                self._maps[file] = pa.memory_map(file)
            if len(self._streams) >= MOST_STREAMS:
                del self._streams[next(iter(self._streams))]
            self._maps[file].seek(offset)
            table = pa.ipc.open_stream(self._maps[file]).read_all().replace_schema_metadata(None)
            self._streams[file, offset] = table, table.schema.serialize().to_pybytes()
        return self._streams[file, offset]


@lru_cache(KEPT_PROGRAMS)
def _program(schema: str) -> Program:
    return compile_schema(parse_schema(schema.encode()))


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
        raise ChangedInputError(
            f"{source}: packet {position} has candid {found[i]}, the index {candid}: "
            f"changed since it was indexed; {AGAIN}"
        )


def _records(program: Program, rows: pa.Table) -> Iterator[tuple[Records, slice]]:
    """Read AVRO records in the order in which the files have them; return them in the rows'."""
    lengths, offsets = rows["length"].to_numpy(), rows["offset"].to_numpy()
    stops = np.cumsum(lengths)
    starts = stops - lengths
    buffer = np.empty(int(stops[-1]), dtype=np.uint8)
    files = rows["file"].to_pylist()
    order = sorted(range(len(files)), key=lambda i: (files[i], offsets[i]))
    for name, group in groupby(order, key=files.__getitem__):
        with Path(name).open("rb") as stream:
            for i in group:
                stream.seek(int(offsets[i]))
                if stream.readinto(buffer[starts[i] : stops[i]].data) != lengths[i]:
                    raise ChangedInputError(f"{name}: shorter than when it was indexed; {AGAIN}")
    try:
        yield from decode_in_parts(program, buffer, starts, stops)
    except DamagedRecord as error:
        bad = rows["source"][error.number].as_py()
        raise ChangedInputError(f"{bad}: changed since it was indexed; {AGAIN}") from error
