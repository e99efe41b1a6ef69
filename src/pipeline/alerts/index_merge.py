"""The index of a night, merged from those of its dump's parts.

It is sorted by the hash of the object, which cuts a night into shards, and within that in the
dump's order: a shard reads its own row groups alone, and tables come out the same however
many parts and shards there are.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.dumps import TAR_SUFFIXES
from pipeline.alerts.index_rows import rejected_key
from pipeline.alerts.index_table import (
    DUPLICATE,
    INDEX_SCHEMA,
    PACKET,
    REJECTED,
    REPEATED,
    UNUSABLE,
    IndexPart,
    write_index,
)
from pipeline.alerts.packets import AGAIN
from pipeline.alerts.read_avro import check_tarball
from pipeline.contract.changed import ChangedInputError

_OF_REJECTED = ("source", "position", "reason")


def merge_index(parts: Sequence[Path], dump: Path, output: Path) -> dict[str, int]:
    """Merge the indexes of a dump's parts into that of the night.

    Of several usable packets with one candid the first in the dump's order counts, in whatever
    part it lies.

    Parameters
    ----------
    parts : sequence of Path
        Of `pipeline.alerts.index.index_part`, in order.
    dump : Path
        What they are parts of.
    output : Path

    Returns
    -------
    dict
        ``packets``, ``duplicates``, ``rejected``.

    Raises
    ------
    OSError
        If the dump has changed between its parts: something would be skipped, or read twice.
    ValueError
        If it is a tarball without anything that may hold packets.
    """
    tables: list[pa.Table] = []
    schemas: dict[str, int] = {}
    before: dict[str, int] = {}
    states = set()
    for part in map(IndexPart.read, parts):
        states.add(part.dump)
        numbers = [schemas.setdefault(text, len(schemas)) for text in part.schemas]
        tables.append(_counted_on(_renumbered(part.table, numbers), before, part.positions))
        for source, count in part.positions.items():
            before[source] = before.get(source, 0) + count
    if len(states) > 1:
        raise ChangedInputError(f"{dump}: changed while it was indexed; {AGAIN}")
    table = _told_once(pa.concat_tables(tables).unify_dictionaries().combine_chunks())
    if not table.num_rows and dump.name.endswith(TAR_SUFFIXES):
        check_tarball(dump)
    status = _without_duplicates(table)
    table = _with_status(table, status)
    order = np.argsort(table["key"].to_numpy(), kind="stable")
    write_index(table.take(pa.array(order)), [*schemas], output)
    names = {"packets": PACKET, "duplicates": DUPLICATE, "rejected": REJECTED}
    return {name: int((status == value).sum()) for name, value in names.items()}


def _renumbered(table: pa.Table, numbers: Sequence[int]) -> pa.Table:
    """Return a part's rows with the night's numbers of their schemas; ARROW stays what it is."""
    if list(numbers) == list(range(len(numbers))):
        return table
    own = pc.if_else(pc.greater_equal(table["schema"], 0), table["schema"], None)
    number = pc.take(pa.array(numbers, pa.int32()), own)
    at = INDEX_SCHEMA.get_field_index("schema")
    number = pc.coalesce(number, table["schema"])
    return table.set_column(at, INDEX_SCHEMA.field(at), number)


def _counted_on(table: pa.Table, before: dict[str, int], mine: dict[str, int]) -> pa.Table:
    """Return a part's rows with positions that count from the beginnings of the files.

    What was rejected is known by its position: its key follows.
    """
    positions, keys = table["position"].to_numpy().copy(), table["key"].to_numpy().copy()
    rejected = table["status"].to_numpy() == REJECTED
    for source in mine.keys() & before.keys():
        rows = pc.fill_null(pc.equal(table["source"], source), False).to_numpy()
        positions[rows] += before[source]
        for i in np.flatnonzero(rows & rejected):
            keys[i] = rejected_key(source, int(positions[i]))
    for name, values in (("position", positions), ("key", keys)):
        at = INDEX_SCHEMA.get_field_index(name)
        table = table.set_column(at, INDEX_SCHEMA.field(at), pa.array(values))
    return table


def _told_once(table: pa.Table) -> pa.Table:
    """Return the rows without what an earlier part has said of a whole file already."""
    status = table["status"].to_numpy().copy()
    if not (status == REPEATED).any():
        return table
    rows = np.flatnonzero((status == REPEATED) | (status == REJECTED))
    columns = (table[name].take(pa.array(rows)).to_pylist() for name in _OF_REJECTED)
    said: set[tuple[object, ...]] = set()
    kept = np.ones(table.num_rows, dtype=bool)
    for i, row in zip(rows, zip(*columns, strict=True), strict=True):
        kept[i] = status[i] == REJECTED or row not in said
        said.add(row)
    status[status == REPEATED] = REJECTED
    return _with_status(table, status).filter(pa.array(kept))


def _with_status(table: pa.Table, status: np.ndarray) -> pa.Table:
    at = INDEX_SCHEMA.get_field_index("status")
    return table.set_column(at, INDEX_SCHEMA.field(at), pa.array(status))


def _without_duplicates(table: pa.Table) -> np.ndarray:
    """Return the column ``status`` with all but the first usable packet of a candid marked."""
    status = table["status"].to_numpy().copy()
    usable = np.flatnonzero(status == PACKET)
    candid = pc.fill_null(table["candid"], 0).to_numpy()[usable]
    _, first = np.unique(candid, return_index=True)
    again = np.ones(usable.size, dtype=bool)
    again[first] = False
    status[usable[again]] = DUPLICATE
    status[status == UNUSABLE] = PACKET  # decoding says why
    return status
