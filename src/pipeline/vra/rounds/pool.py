"""The pool of a round: the features of all nights' alerts, a row an alert."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.vra.features_table import FEATURES

OF_ALERT = ("survey", "candid", "object_id")


def read_pool(tables: Iterable[Path]) -> pa.Table:
    """Return the pool, by candid: the same in whatever order the files are named.

    An alert that two nights have counts once, by the later file's name.

    Parameters
    ----------
    tables : iterable of Path
        Files of the table ``features``.

    Returns
    -------
    pyarrow.Table
        ``survey``, ``candid``, ``object_id`` and the features.
    """
    columns = [*OF_ALERT, *FEATURES]
    read = [_plain(pq.read_table(path, columns=columns)) for path in sorted(tables)]
    if not read:
        raise ValueError("a pool of no night: nothing is there to choose from")
    table = pa.concat_tables(read)
    candid = table["candid"].to_numpy()
    order = np.argsort(candid, kind="stable")
    last = np.append(np.diff(candid[order]) > 0, True)[: order.size]
    return table.take(pa.array(order[last]))


def matrix(table: pa.Table) -> NDArray[np.float32]:
    """Return the features, (rows, features), as classifiers learn from: NaN where null.

    Float32, since that is what ONNX and the tables have: both then decide alike.
    """
    columns = [table[name].cast(pa.float32(), safe=False) for name in FEATURES]
    if not table.num_rows:
        return np.empty((0, len(FEATURES)), np.float32)
    return np.column_stack(
        [pc.fill_null(column, float("nan")).to_numpy().astype(np.float32) for column in columns]
    )


def numbers_of(objects: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a number for each object, the same for the same one."""
    encoded = objects.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int64)


def _plain(table: pa.Table) -> pa.Table:
    """Return a table whose texts are texts: dictionaries differ from file to file."""
    fields = [
        pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
        for f in table.schema
    ]
    return table.cast(pa.schema(fields))
