"""Earlier nights' histories are read back and put together with what an alert's packet carries."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.alerts.histories import Series, series_of
from pipeline.alerts.keys import hashes_of
from pipeline.alerts.surveys.survey import Survey
from pipeline.filters.history.items import Items, time_of
from pipeline.filters.history.kinds import columns_in, common
from pipeline.filters.history.layout import ITEM, KEY, KNOWN, OBJECT, files_of


class Stores:
    """Some stores, read by ranges of keys.

    Parameters
    ----------
    folders : iterable of Path
        Of one survey.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        files = [file for folder in folders for file in files_of(folder)]
        self.rows = sum(file.file.metadata.num_rows for file in files)
        self._files = {
            series: [f for f in files if f.series == series]
            for series in {file.series for file in files}
        }

    def items(
        self, series: str, first: int, last: int, objects: pa.Array | None = None
    ) -> tuple[pa.Array, Items]:
        """Return items of objects whose hashes are from `first` to `last`.

        Parameters
        ----------
        series : str
            Which of the survey's arrays.
        first, last : int
        objects : pyarrow.Array of text, optional
            Which of these alone.

        Returns
        -------
        names : pyarrow.Array, n text
            Of the object of each.
        items : Items
            Owners are not told.
        """
        files = self._files.get(series, [])
        types, unlike = common([file.types for file in files])
        tables = []
        for file in files:
            table = file.between(first, last)
            wanted = pc.and_(
                pc.greater_equal(table[KEY], pa.scalar(first, pa.uint32())),
                pc.less_equal(table[KEY], pa.scalar(last, pa.uint32())),
            )
            if objects is not None:
                wanted = pc.and_(wanted, pc.is_in(table[OBJECT], objects))
            tables.append(_in_types(table.filter(wanted), types))
        if not tables:
            return pa.array([], pa.string()), Items(np.zeros(0, np.int64), np.zeros(0), {})
        all_ = pa.concat_tables(tables).combine_chunks()
        fields = {name: _one(all_[f"{ITEM}{name}"]) for name in types}
        known = all_[KNOWN].to_numpy()
        told = tuple(dict.fromkeys([*unlike, *(name for f in files for name in f.unlike)]))
        items = Items(np.zeros(all_.num_rows, np.int64), known, fields, told)
        return _one(all_[OBJECT]), items


def _one(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def _in_types(table: pa.Table, types: dict[str, pa.DataType]) -> pa.Table:
    arrays = {n.removeprefix(ITEM): table[n] for n in table.column_names if n.startswith(ITEM)}
    fields = columns_in(types, arrays, table.num_rows)
    return pa.table(
        {OBJECT: table[OBJECT], KNOWN: table[KNOWN]} | {f"{ITEM}{n}": a for n, a in fields.items()}
    )


def with_earlier(
    table: pa.Table, survey: Survey, stores: Stores
) -> tuple[pa.Table, tuple[str, ...]]:
    """Return packets with the histories that their objects have, of all packets until then.

    Parameters
    ----------
    table : pyarrow.Table, n rows
        Packets of one night as documents.
    survey : Survey
    stores : Stores
        Of earlier nights.

    Returns
    -------
    table : pyarrow.Table, n rows
        The same; each history is what a broker has collected of the packets of earlier nights
        that are not later than the alert, and of its own.
    unlike : tuple of str
        Paths that are left out of it.
    """
    time, names = time_of(table, survey), table["objectId"].combine_chunks()
    unlike: list[str] = []
    for series in series_of(survey):
        own = Items.of(table, series, time)
        merged = Items.together([_before(series, names, time, stores), own]).merged(series)
        if not merged.fields:
            continue
        array = _lists(merged, table.num_rows)
        field = pa.field(series.name, array.type, nullable=False)
        at = table.schema.get_field_index(series.name)
        table = table.append_column(field, array) if at < 0 else table.set_column(at, field, array)
        unlike += [f"{series.name}.{name}" for name in merged.unlike]
    return table, tuple(unlike)


def _before(series: Series, names: pa.Array, time: NDArray[np.float64], stores: Stores) -> Items:
    """Return what was known of each alert's object by its time, from earlier nights."""
    objects = pc.unique(names.drop_null())
    keys = hashes_of(objects)
    bounds = (int(keys.min()), int(keys.max())) if keys.size else (0, 0)
    theirs, items = stores.items(series.name, *bounds, objects)
    alerts = np.asarray(pc.fill_null(pc.index_in(names, objects), -1)).astype(np.int64)
    row, alert = _pairs(np.asarray(pc.index_in(theirs, objects)).astype(np.int64), alerts)
    seen = items.known[row] <= time[alert]
    row, alert = row[seen], alert[seen]
    return Items(alert, items.known[row], items.take(row).fields, items.unlike)


def _pairs(
    one: NDArray[np.int64], other: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of places with the same number in both, none of which is below 0 in one."""
    order = np.argsort(other, kind="stable")
    first, behind = (np.searchsorted(other[order], one, side) for side in ("left", "right"))
    counts = behind - first
    left = np.repeat(np.arange(one.size), counts)
    within = np.arange(left.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, order[first[left] + within]


def _lists(items: Items, rows: int) -> pa.ListArray:
    """Return sorted items as a list for each of their owners."""
    counts = np.bincount(items.owner, minlength=rows)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    values = pa.StructArray.from_arrays(list(items.fields.values()), list(items.fields))
    type_ = pa.list_(pa.field("item", values.type, nullable=False))
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=type_)
