"""The arrays of earlier measurements that an object collects, as brokers collect them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.alerts.surveys.survey import Survey

ALERT_FIELDS = {"alert_mag": "magpsf", "alert_ra": "ra", "alert_dec": "dec"}
"""Of the alert that forced photometry came with, in each of its items, as Kowalski has them."""


@dataclass(frozen=True)
class Series:
    """One such array.

    Attributes
    ----------
    name : str
        Its name in the packet, and in the object's document.
    time : str
        Of its items: the field that they are sorted by.
    one_per_time : bool
        Whether of several items of one time the one counts whose alert was the brightest:
        forced photometry, which is at the place of the alert it came with.
    """

    name: str
    time: str
    one_per_time: bool


def series_of(survey: Survey) -> tuple[Series, ...]:
    """Return the arrays that a survey's packets have."""
    return tuple(
        Series(
            history.path,
            history.columns.get("jd", "jd"),
            history.kind == "forced" and not survey.measurement.by_flux,
        )
        for history in survey.histories
    )


def collected(table: pa.Table, series: Series) -> tuple[pa.ListArray, NDArray[np.bool_]]:
    """Return an array of all alerts as the object's document has it: sorted by time.

    The time comes first in each item: documents sort by their first field.

    Parameters
    ----------
    table : pyarrow.Table
        n packets as documents; without the array, or with null, they have none.
    series : Series

    Returns
    -------
    items : pyarrow.ListArray, n lists
    merged : numpy.ndarray, bool, shape (n,)
        Where times increase strictly: what merging with nothing would leave as it is. (How
        MongoDB sorts items of one time is left to it.)
    """
    rows = table.num_rows
    if series.name not in table.column_names:
        return pa.array([[]] * rows, pa.list_(pa.struct([]))), np.ones(rows, bool)
    array = table[series.name].combine_chunks()
    counts = np.asarray(pc.fill_null(pc.list_value_length(array), 0)).astype(np.int64)
    items = array.flatten()
    fields = dict(zip([f.name for f in items.type], items.flatten(), strict=True))
    time = fields.pop(series.time, None)
    if time is None:
        time = pa.nulls(len(items), pa.float64())
    fields = {series.time: time, **fields}
    if series.one_per_time:
        fields = _of_alert(table, fields, counts, series.time)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    values = pa.StructArray.from_arrays(list(fields.values()), list(fields))
    times = np.asarray(pc.fill_null(time.cast(pa.float64()), np.nan))
    parents = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((times, parents))
    if np.any(np.diff(order) < 0):
        values, times = values.take(pa.array(order)), times[order]
    lists = pa.ListArray.from_arrays(pa.array(offsets), values)
    return lists, _increasing(times, parents, len(counts))


def _of_alert(
    table: pa.Table, fields: dict[str, pa.Array], counts: NDArray[np.int64], time: str
) -> dict[str, pa.Array]:
    """Say which alert items came with: its magnitude second, by which those of one time sort."""
    candidate = table["candidate"].combine_chunks()
    parents = pa.array(np.repeat(np.arange(len(counts)), counts))
    of_alert = {
        name: pc.struct_field(candidate, field).take(parents)
        for name, field in ALERT_FIELDS.items()
    }
    others = {name: array for name, array in fields.items() if name != time}
    first = {time: fields[time], "alert_mag": of_alert.pop("alert_mag")}
    return {**first, **others, **of_alert}


def _increasing(
    times: NDArray[np.float64], parents: NDArray[np.int64], rows: int
) -> NDArray[np.bool_]:
    wrong = np.isnan(times)
    with np.errstate(invalid="ignore"):
        wrong[1:] |= ~(np.diff(times) > 0) & (parents[1:] == parents[:-1])
    result = np.ones(rows, bool)
    result[parents[wrong]] = False
    return result
