"""Alerts within a radius of positions: all of them at once, by the cone indexes."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.archive.cones.choice import indexes_of
from pipeline.archive.cones.index import KEYS, PLACE, ConeIndex
from pipeline.archive.places import EVERY_COLUMN
from pipeline.archive.tables import ALERTS
from pipeline.contract import paths
from pipeline.io.numpy_arrow import from_arrow, text_to_arrow, to_arrow
from pipeline.io.tables import SURVEY, field, with_survey
from pipeline.sky.cones import pairs_within

POSITION = field("position", pa.int64(), description="number of the position, from 0")
DISTANCE = field("distance_arcsec", pa.float64(), "arcsec", "great circle")
NIGHT = field("night", pa.string(), description="as in alerts.tsv")
_ARCSEC = np.degrees(1.0) * 3600.0
_PLACE_NAMES = [field.name for field in PLACE]
_KEY_NAMES = {field.name for field in KEYS}


def search(
    directory: Path,
    surveys: Iterable[str],
    vec: NDArray[np.float64],
    arcsec: float,
    columns: Sequence[str] | str | None = None,
) -> pa.Table:
    """Find all alerts within a radius of positions.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    surveys : iterable of str
    vec : ndarray of float64, shape (n, 3)
        Unit vectors of the positions.
    arcsec : float
        Radius, inclusive [arcsec].
    columns : sequence of str, "all" or None
        What is told of each alert. None: what the indexes have. Others are looked up in the
        tables.

    Returns
    -------
    pyarrow.Table
        ``position``, ``distance_arcsec``, ``survey``, ``night`` and the columns; sorted by
        position, distance, survey, night and candid.

    Raises
    ------
    ValueError
        If a column is in no table.
    """
    found = [
        _in_index(directory, index, vec, arcsec, columns)
        for survey in surveys
        for index in indexes_of(directory, survey)
    ]
    table = pa.concat_tables([_empty(), *found], promote_options="permissive")
    table = table.unify_dictionaries().take(to_arrow(_order(table)))
    if columns is None or columns == EVERY_COLUMN:
        return table
    head = [field.name for field in (POSITION, DISTANCE, SURVEY, NIGHT)]
    chosen = [name for name in dict.fromkeys(columns) if name not in head]
    if unknown := [name for name in chosen if name not in table.column_names and found]:
        raise ValueError(f"no table of these alerts has a column {unknown[0]!r}")
    return table.select([*head, *(name for name in chosen if name in table.column_names)])


def _in_index(
    directory: Path,
    index: ConeIndex,
    vec: NDArray[np.float64],
    arcsec: float,
    columns: Sequence[str] | str | None,
) -> pa.Table:
    """Return what one index has within the radius: `POSITION` to `NIGHT`, keys, columns."""
    pairs = pairs_within(vec, index, arcsec)
    if columns is None or columns == EVERY_COLUMN:
        inside = index.columns
    else:
        inside = [name for name in index.columns if name in columns or name in _KEY_NAMES]
    rows = index.rows.select([*_PLACE_NAMES, *inside]).take(pairs.row)
    complete = columns is None or index.meta["every_column"] or set(columns) <= set(inside)
    table = rows.select(inside)
    if not complete:
        table = _with_others(directory, index, rows, table, columns)
    nights = text_to_arrow(list(index.nights))
    table = table.add_column(0, NIGHT, nights.take(rows["night"]))
    table = with_survey(table, index.meta["survey"])
    table = table.add_column(0, DISTANCE, to_arrow(pairs.radians * _ARCSEC))
    return table.add_column(0, POSITION, to_arrow(pairs.position))


def _with_others(
    directory: Path,
    index: ConeIndex,
    rows: pa.Table,
    table: pa.Table,
    columns: Sequence[str] | str | None,
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
    columns: Sequence[str] | str | None,
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


def _order(table: pa.Table) -> NDArray[np.int64]:
    """Return the order of position, distance, survey, night, candid."""
    names = (POSITION.name, DISTANCE.name, SURVEY.name, NIGHT.name, "candid")
    keys = []
    for name in names:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type):
            column = pa.chunked_array([pc.rank(column, tiebreaker="dense")])
        keys.append(from_arrow(column))
    return np.lexsort(keys[::-1])


def _empty() -> pa.Table:
    schema = pa.schema([POSITION, DISTANCE, SURVEY, NIGHT, *KEYS])
    return pa.Table.from_batches([], schema)  # empty_table() imports pandas
