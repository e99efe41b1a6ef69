"""Rows of a catalogue's store as documents, in the shape of Kowalski's catalogues."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.archive.placed import coordinates_of
from pipeline.archive.places import STORE
from pipeline.io.sorted_rows import SortedRows, open_sorted, sorted_files
from pipeline.sky.healpix import vec_to_lonlat

ID, COORDINATES = "_id", "coordinates"
_MISSING = {b"nulls": b"missing"}


def store_names(directory: Path) -> list[str]:
    """Return the catalogues whose stores a working directory has."""
    metas = directory.glob(str(sorted_files(STORE.format(catalog="*")).meta))
    return sorted(path.parent.name for path in metas)


def open_catalog(directory: Path, name: str) -> SortedRows:
    """Open the store of a catalogue; its rows are the identifier and the chosen columns.

    Raises
    ------
    ValueError
        If there is none, or it is no whole one.
    """
    return open_sorted(directory / STORE.format(catalog=name), "catalogue store")


def schema_of(store: SortedRows) -> pa.Schema:
    """Return the schema of its documents, with what null means."""
    return documents_at(store, np.empty(0, np.int64)).schema


def documents_at(store: SortedRows, rows: NDArray[np.int64]) -> pa.Table:
    """Return some rows as documents: ``_id``, ``coordinates`` and the columns, null left out.

    Parameters
    ----------
    store : SortedRows
    rows : ndarray of int64, shape (n,)

    Raises
    ------
    ValueError
        If a column cannot be a field of a document.
    """
    taken = store.rows.take(rows)
    ra, dec = vec_to_lonlat(np.asarray(store.vec[rows]).reshape(-1, 3))
    place = coordinates_of(ra, dec)
    columns = [_plain(taken.column(0).combine_chunks()), place]
    fields = [pa.field(ID, columns[0].type, False), pa.field(COORDINATES, place.type, False)]
    for name in taken.column_names[1:]:
        if name in (ID, COORDINATES) or name.startswith("$") or "." in name:
            raise ValueError(f"the column {name!r} cannot be a field of a document")
        column = _plain(taken[name].combine_chunks())
        columns.append(column)
        fields.append(pa.field(name, column.type, True, _MISSING))
    return pa.table(columns, schema=pa.schema(fields))


def everything(store: SortedRows) -> NDArray[np.int64]:
    """Return all its rows."""
    return np.arange(len(store.ipix))


def not_unique(store: SortedRows) -> bool:
    """Whether two rows have one identifier."""
    batches = [batch.column(0) for batch in store.rows.batches]
    ids = pa.chunked_array(batches, store.rows.schema.field(0).type)
    return bool(pc.count_distinct(ids, mode="all").as_py() < len(ids))


def _plain(column: pa.Array) -> pa.Array:
    """Return a column in a type that documents have."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_boolean(kind):
        return column
    if pa.types.is_integer(kind):
        return column.cast(pa.int64())
    if pa.types.is_floating(kind):
        return column.cast(pa.float64())
    return column.cast(pa.string())
