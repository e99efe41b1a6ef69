"""A matchfile's tables as files, and as documents of a MongoDB in Kowalski's shape.

``ZTF_sources``: a source with its light curve in ``data``; ``ZTF_exposures``.
"""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pymongo.database import Database

from pipeline.archive.matchfiles.read import Matchfile, read_matchfile
from pipeline.archive.mongo.put import Keys, put, raw_collection
from pipeline.archive.placed import coordinates_of
from pipeline.documents.bson_documents import documents, split
from pipeline.io.tables import write_table
from pipeline.services.mongodb import Document, Server, connected
from pipeline.services.receipts import Receipt
from pipeline.services.retries import repeated

SOURCES, EXPOSURES = "ZTF_sources", "ZTF_exposures"
_BATCH = 500
_INDEX: Keys = (("coordinates.radec_geojson", "2dsphere"), ("_id", 1))


def write_tables(source: Path, outputs: tuple[Path, Path, Path]) -> dict[str, int]:
    """Write a matchfile's sources, light curves and exposures as parquet; return their rows."""
    read = read_matchfile(source)
    tables = (read.sources, read.light_curves, read.exposures)
    for table, output in zip(tables, outputs, strict=True):
        write_table(table, output)
    names = ("sources", "measurements", "exposures")
    return {name: table.num_rows for name, table in zip(names, tables, strict=True)}


def ingest_tables(
    tables: tuple[Path, Path, Path], name: str, server: Server, output: Path
) -> dict[str, int]:
    """Write a matchfile's tables to a MongoDB, and the receipt when it has acknowledged them.

    Parameters
    ----------
    tables : (Path, Path, Path)
        Of `write_tables`.
    name : str
        Of the matchfile: part of the exposures' ``_id``.
    server : Server
    output : Path
        The receipt.
    """
    read = Matchfile(*map(pq.read_table, tables))
    shapes = {SOURCES: source_documents(read), EXPOSURES: exposure_documents(read, name)}
    digest = hashlib.sha256()
    with connected(server) as database:
        _index(database, server)
        for collection, table in shapes.items():
            there = raw_collection(database, collection)
            for start in range(0, table.num_rows, _BATCH):
                part = table.slice(start, _BATCH)
                made = dict(zip(part["_id"].to_pylist(), split(*documents(part)), strict=True))
                repeated(partial(put, there, made), server.shown)
                for document in made.values():
                    digest.update(document)
    counts = {collection: table.num_rows for collection, table in shapes.items()}
    Receipt("MongoDB", server.shown, counts, digest.hexdigest()).write(output)
    return counts


def _index(database: Database[Document], server: Server) -> None:
    make = database[SOURCES].create_index
    repeated(partial(make, list(_INDEX)), server.shown)


def source_documents(read: Matchfile) -> pa.Table:
    """Return sources as documents: ``_id`` is the source's, ``data`` its light curve by time."""
    sources = read.sources
    ids = sources["source_id"].to_numpy()
    data = read.light_curves
    owner = np.searchsorted(np.sort(ids), data["source_id"].to_numpy())
    counts = np.bincount(owner, minlength=len(ids))
    order = np.argsort(ids, kind="stable")
    sources = sources.take(pa.array(order))
    fields = [column for column in data.column_names if column not in ("source_id", "matchid")]
    items = pa.StructArray.from_arrays([data[f].combine_chunks() for f in fields], fields)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    light = pa.ListArray.from_arrays(pa.array(offsets), items)
    columns = {"_id": sources["source_id"], **{
        name: sources[name] for name in sources.column_names if name not in _LEFT_OUT
    }}  # fmt: skip
    ra, dec = (sources[name].to_numpy() for name in ("ra", "dec"))
    return pa.table({**columns, "coordinates": coordinates_of(ra, dec), "data": light})


_LEFT_OUT = ("source_id", "x", "y", "z")
"""The name, which is _id, and unit vectors, which coordinates say as well."""


def exposure_documents(read: Matchfile, name: str) -> pa.Table:
    """Return exposures as documents; an exposure is in a matchfile of each readout channel."""
    ids = [f"{name}_{expid}" for expid in read.exposures["expid"].to_pylist()]
    table = read.exposures.append_column("matchfile", pa.array([name] * len(ids), pa.string()))
    return table.add_column(0, "_id", pa.array(ids, pa.string()))
