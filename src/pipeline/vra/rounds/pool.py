"""The pool of a round: the features of all nights' alerts, a row an alert."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.vra.features_table import feature_names

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
    read = [_plain(_read(path)) for path in sorted(tables)]
    if not read:
        raise ValueError("a pool of no night: nothing is there to choose from")
    table = pa.concat_tables(read)
    candid = table["candid"].to_numpy()
    order = np.argsort(candid, kind="stable")
    last = np.append(np.diff(candid[order]) > 0, True)[: order.size]
    return table.take(pa.array(order[last]))


def matrix(table: pa.Table, names: Sequence[str] | None = None) -> NDArray[np.float32]:
    """Return the features, (rows, features), as classifiers learn from: NaN where null.

    Float32, since that is what ONNX and the tables have: both then decide alike.

    Parameters
    ----------
    table : pyarrow.Table
    names : sequence of str, optional
        Those that a model takes, in its order; without all that the table has.

    Raises
    ------
    ValueError
        If the table lacks one.
    """
    names = feature_names(table.column_names) if names is None else names
    if missing := sorted(set(names) - set(table.column_names)):
        raise ValueError(
            f"the model takes {', '.join(missing)}, which the table features has not: put it back "
            "into vra.further, or go on with a round that does without"
        )
    columns = [table[name].cast(pa.float32(), safe=False) for name in names]
    if not table.num_rows:
        return np.empty((0, len(names)), np.float32)
    return np.column_stack(
        [pc.fill_null(column, float("nan")).to_numpy().astype(np.float32) for column in columns]
    )


def numbers_of(objects: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a number for each object, the same for the same one."""
    encoded = objects.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int64)


def _read(path: Path) -> pa.Table:
    names = pq.read_schema(path).names
    return pq.read_table(path, columns=[*OF_ALERT, *feature_names(names)])


def _plain(table: pa.Table) -> pa.Table:
    """Return a table whose texts are texts: dictionaries differ from file to file."""
    fields = [
        pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
        for f in table.schema
    ]
    return table.cast(pa.schema(fields))
