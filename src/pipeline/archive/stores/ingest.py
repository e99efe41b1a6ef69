"""A catalogue's store → a collection of its name in a MongoDB, and a receipt."""

import hashlib
from functools import partial
from pathlib import Path

from pipeline.archive.mongo.put import Keys, put, raw_collection
from pipeline.archive.stores.shape import ID, documents_at, everything, not_unique
from pipeline.documents.bson_documents import documents, split
from pipeline.io.progress import progress
from pipeline.io.sorted_rows import open_sorted
from pipeline.services.mongodb import Server, connected
from pipeline.services.receipts import Receipt
from pipeline.services.retries import repeated

_BATCH = 2000
_INDEX: Keys = (("coordinates.radec_geojson", "2dsphere"), ("_id", 1))


def ingest_store(folder: Path, name: str, server: Server, output: Path) -> int:
    """Write a catalogue to a MongoDB, and the receipt when it has acknowledged all of it.

    What is there and equal is left alone, what differs replaced, what is there and no more in
    the catalogue stays: a job that was killed begins again and ends with the same documents.

    Parameters
    ----------
    folder : Path
        The store.
    name : str
        Of the catalogue, and of the collection.
    server : Server
    output : Path
        The receipt.

    Returns
    -------
    int
        How many documents it has.

    Raises
    ------
    ValueError
        If two rows have one identifier: one would be lost.
    pipeline.services.mongo_errors.ServiceError
        If the server is away for too long, or refuses.
    """
    store = open_sorted(folder, "catalogue store")
    if not_unique(store):
        raise ValueError(
            f"catalogs.{name}: several rows have one {store.rows.schema.names[0]}, and documents "
            "need a name each: give another id, or none"
        )
    rows = everything(store)
    digest = hashlib.sha256()
    with (
        connected(server) as database,
        progress(f"{name} to MongoDB", len(rows)) as advance,
    ):
        repeated(partial(database[name].create_index, list(_INDEX)), server.shown)
        there = raw_collection(database, name)
        for start in range(0, len(rows), _BATCH):
            part = documents_at(store, rows[start : start + _BATCH])
            bson = split(*documents(part, nulls=False))
            made = dict(zip(part[ID].to_pylist(), bson, strict=True))
            repeated(partial(put, there, made), server.shown)
            for document in made.values():
                digest.update(document)
            advance(part.num_rows)
    Receipt("MongoDB", server.shown, {name: len(rows)}, digest.hexdigest()).write(output)
    return len(rows)
