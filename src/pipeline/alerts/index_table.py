"""The index of a night as a table: what is in it, and how a shard finds its rows."""

import json
from collections.abc import Iterable
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


def index_table(rows: pa.Table, usable: np.ndarray, schemas: Iterable[bytes]) -> pa.Table:
    """Return an index in which the first usable packet of a candid counts and others do not.

    Parameters
    ----------
    rows : pyarrow.Table, n rows
        Of `INDEX_SCHEMA`; packets have the status `PACKET`.
    usable : (n,) bool
        Where False, the row is no packet, or one that decoding rejects: it counts as no
        duplicate, however many packets have its candid.
    schemas : iterable of bytes
        The writers' schemas by number.
    """
    candid = pc.fill_null(rows["candid"], 0).to_numpy()[usable]
    _, first = np.unique(candid, return_index=True)
    again = np.ones(candid.size, dtype=bool)
    again[first] = False
    status = rows["status"].to_numpy().copy()
    status[np.flatnonzero(usable)[again]] = DUPLICATE
    at = INDEX_SCHEMA.get_field_index("status")
    table = rows.set_column(at, INDEX_SCHEMA.field(at), pa.array(status))
    texts = [text.decode("utf-8", "replace") for text in schemas]
    return table.replace_schema_metadata({"schemas": json.dumps(texts)})


def load_index(path: Path, shard: int, shards: int) -> tuple[pa.Table, list[str]]:
    """Return one shard's rows of an index, and the writers' schemas by number.

    The hashes' range is cut into `shards` equal parts, so an object falls into one.
    """
    table = pq.read_table(path)
    texts = json.loads((table.schema.metadata or {})[b"schemas"])
    key = table["key"].to_numpy().astype(np.uint64)
    mine = (key * np.uint64(shards)) >> np.uint64(32) == np.uint64(shard)
    return table.filter(pa.array(mine)), texts
