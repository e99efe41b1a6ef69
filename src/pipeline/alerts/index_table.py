"""The index of a night as a table: what is in it, and how a shard finds its rows."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

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


def index_table(
    rows: Sequence[tuple], schemas: Iterable[bytes], unusable: Sequence[int] = ()
) -> pa.Table:
    """Return an index in which the first usable packet of a candid counts and others do not.

    Parameters
    ----------
    rows : sequence of tuple
        In the order of `INDEX_SCHEMA`; packets have the status `PACKET`.
    schemas : iterable of bytes
        The writers' schemas by number.
    unusable : sequence of int
        Rows whose packet can be read, but not be used: decoding rejects them and says why,
        however many packets have their candid.
    """
    columns = list(zip(*rows, strict=True)) or [[]] * len(INDEX_SCHEMA)
    arrays = [
        pa.array(column, f.type.value_type).dictionary_encode()
        if pa.types.is_dictionary(f.type)
        else pa.array(column, f.type)
        for column, f in zip(columns, INDEX_SCHEMA, strict=True)
    ]
    table = pa.table(arrays, schema=INDEX_SCHEMA)
    at = INDEX_SCHEMA.get_field_index("status")
    table = table.set_column(
        at, INDEX_SCHEMA.field(at), pa.array(_without_duplicates(table, unusable))
    )
    texts = [text.decode("utf-8", "replace") for text in schemas]
    return table.replace_schema_metadata({"schemas": json.dumps(texts)})


def _without_duplicates(table: pa.Table, unusable: Sequence[int]) -> np.ndarray:
    """Return the column ``status`` with all but the first usable packet of a candid marked."""
    status = table["status"].to_numpy().copy()
    usable = status == PACKET
    usable[np.asarray(unusable, dtype=np.int64)] = False
    usable = np.flatnonzero(usable)
    candid = pc.fill_null(table["candid"], 0).to_numpy()[usable]
    _, first = np.unique(candid, return_index=True)
    again = np.ones(usable.size, dtype=bool)
    again[first] = False
    status[usable[again]] = DUPLICATE
    return status


def load_index(path: Path, shard: int, shards: int) -> tuple[pa.Table, list[str]]:
    """Return one shard's rows of an index, and the writers' schemas by number.

    The hashes' range is cut into `shards` equal parts, so an object falls into one.
    """
    table = pq.read_table(path)
    texts = json.loads((table.schema.metadata or {})[b"schemas"])
    key = table["key"].to_numpy().astype(np.uint64)
    mine = (key * np.uint64(shards)) >> np.uint64(32) == np.uint64(shard)
    return table.filter(pa.array(mine)), texts
