"""What is told of some rows of an index: from the index itself, or from the alerts' tables."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.archive.cones.index import KEYS, PLACE, ConeIndex
from pipeline.archive.places import EVERY_COLUMN
from pipeline.archive.tables import ALERTS
from pipeline.contract import paths
from pipeline.io.numpy_arrow import from_arrow, text_to_arrow, to_arrow
from pipeline.io.tables import SURVEY, field, with_survey

NIGHT = field("night", pa.string(), description="as in alerts.tsv")
Columns = Sequence[str] | str | None
"""Names, "all", or None for what an index has."""
_PLACE_NAMES = [field.name for field in PLACE]
_KEY_NAMES = {field.name for field in KEYS}


def rows_of(
    directory: Path, index: ConeIndex, rows: NDArray[np.int64], columns: Columns
) -> pa.Table:
    """Return some rows of an index: survey, night, keys, columns.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    index : ConeIndex
    rows : ndarray of int64, shape (n,)
    columns : sequence of str, "all" or None
        Those that are in no table are left out (`chosen` tells of them).
    """
    if columns is None or columns == EVERY_COLUMN:
        inside = index.columns
    else:
        inside = [name for name in index.columns if name in columns or name in _KEY_NAMES]
    taken = index.rows.select([*_PLACE_NAMES, *inside]).take(rows)
    complete = columns is None or index.meta["every_column"] or set(columns) <= set(inside)
    table = taken.select(inside)
    if not complete:
        table = _with_others(directory, index, taken, table, columns)
    nights = text_to_arrow(list(index.nights))
    table = table.add_column(0, NIGHT, nights.take(taken["night"]))
    return with_survey(table, index.meta["survey"])


def put_together(parts: Sequence[pa.Table], head: Sequence[pa.Field], columns: Columns) -> pa.Table:
    """Return what several indexes tell as one table.

    Parameters
    ----------
    parts : sequence of pyarrow.Table
        Of `rows_of`, behind the columns of `head`.
    head : sequence of pyarrow.Field
        Numbers that the rows are sorted by, before survey, night and candid.
    columns : sequence of str, "all" or None
        As of `rows_of`.

    Raises
    ------
    ValueError
        If a column is in no table.
    """
    schema = pa.schema([*head, SURVEY, NIGHT, *KEYS])
    empty = pa.Table.from_batches([], schema)  # empty_table() imports pandas
    table = pa.concat_tables([empty, *parts], promote_options="permissive").unify_dictionaries()
    names = [*(field.name for field in head), SURVEY.name, NIGHT.name]
    table = table.take(to_arrow(_order(table, [*names, "candid"])))
    if columns is None or columns == EVERY_COLUMN:
        return table
    chosen = [name for name in dict.fromkeys(columns) if name not in names]
    if parts and (unknown := [name for name in chosen if name not in table.column_names]):
        raise ValueError(f"no table of these alerts has a column {unknown[0]!r}")
    return table.select([*names, *(name for name in chosen if name in table.column_names)])


def _with_others(
    directory: Path,
    index: ConeIndex,
    rows: pa.Table,
    table: pa.Table,
    columns: Columns,
) -> pa.Table:
    """Return rows of an index with the columns that their tables alone have."""
    places = np.stack([from_arrow(rows[name]).astype(np.int64) for name in _PLACE_NAMES])
    order = np.lexsort(places[::-1])
    shard = places[:2, order]
    starts = np.flatnonzero(np.any(np.diff(shard, prepend=-1), axis=0))
    parts = []
    for start, end in pairwise([*starts, len(order)]):
        night = list(index.nights)[shard[0, start]]
        name = list(index.nights[night])[shard[1, start]]
        of = {"survey": index.meta["survey"], "night": night, "shard": Path(name).stem}
        path = directory / paths.table(ALERTS).format(**of)
        parts.append(read_rows(path, places[2, order[start:end]], columns, table.column_names))
    if not parts:
        return table
    others = pa.concat_tables(parts, promote_options="permissive")
    others = others.take(to_arrow(np.argsort(order)))
    for number, name in enumerate(others.column_names):
        table = table.append_column(others.schema.field(number), others[name])
    return table


def read_rows(
    path: Path,
    rows: NDArray[np.int64],
    columns: Columns,
    without: Sequence[str] = (),
) -> pa.Table:
    """Return some rows of a parquet file, of which only the row groups with them are read.

    Parameters
    ----------
    path : Path
    rows : ndarray of int64, shape (n,)
        Ascending; may repeat.
    columns : sequence of str, "all" or None
        Those that the file lacks are left out.
    without : sequence of str
        Columns that are not wanted, beside the survey.
    """
    with pq.ParquetFile(path) as file:
        present = file.schema_arrow.names
        names = [
            name
            for name in present
            if (columns == EVERY_COLUMN or name in (columns or ()))
            and name not in (*without, SURVEY.name)
        ]
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        starts = np.cumsum([0, *sizes])
        groups = np.unique(np.searchsorted(starts, rows, side="right") - 1)
        read = file.read_row_groups(groups.tolist(), columns=names)
    # where each group begins in what was read
    offset = np.cumsum([0, *(sizes[group] for group in groups)])
    group = np.searchsorted(groups, np.searchsorted(starts, rows, side="right") - 1)
    return read.take(to_arrow(rows - starts[groups[group]] + offset[group])).select(names)


def _order(table: pa.Table, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the order by some columns, the first of which counts most."""
    keys = []
    for name in names:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type):
            column = pa.chunked_array([pc.rank(column, tiebreaker="dense")])
        keys.append(from_arrow(column))
    return np.lexsort(keys[::-1])
