"""Alerts in the shapes of Kowalski's collections.

``<SURVEY>_alerts``: the packet without its history, with ``coordinates`` and
``classifications``. ``<SURVEY>_alerts_aux``: one document an object, whose ``_id`` is the
object's: ``cross_matches`` and the histories.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.alerts.histories import collected, series_of
from pipeline.alerts.surveys.survey import Survey

CLASSIFICATIONS = "classifications"


@dataclass(frozen=True)
class Joined:
    """What the other tables of a shard say of its alerts.

    Attributes
    ----------
    scores : pyarrow.Table or None
    matches : pyarrow.Table or None
    catalogs : tuple of str
        That the survey's alerts are matched with: one without a match is an empty list.
    """

    scores: pa.Table | None = None
    matches: pa.Table | None = None
    catalogs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shaped:
    """n alerts as documents of both collections.

    Attributes
    ----------
    alerts : pyarrow.Table, n rows
    aux : pyarrow.Table, n rows
        What each adds to its object's document. ``_id`` is null where there is no object.
    merged : numpy.ndarray, bool, shape (n,)
        Where ``aux`` is as merging would make it.
    """

    alerts: pa.Table
    aux: pa.Table
    merged: NDArray[np.bool_]


def shaped(
    table: pa.Table, survey: Survey, joined: Joined, stamps: pa.Table | None = None
) -> Shaped:
    """Return whole packets in the shapes of the collections.

    Parameters
    ----------
    table : pyarrow.Table, n rows
        Of `pipeline.alerts.documents`.
    survey : Survey
    joined : Joined
    stamps : pyarrow.Table, n rows, optional
        Of `pipeline.alerts.batch`: science, template, difference.
    """
    arrays = series_of(survey)
    candid = table["candid"].combine_chunks()
    there = [series.name for series in arrays if series.name in table.column_names]
    alerts = table.drop_columns(there)
    alerts = alerts.append_column(CLASSIFICATIONS, classifications(candid, joined.scores))
    if stamps is not None:
        for path, name in zip(survey.cutouts, _STAMPS, strict=True):
            alerts = alerts.append_column(*_stamp(path, stamps[name].combine_chunks()))
    made = {series.name: collected(table, series) for series in arrays}
    aux = {
        "_id": table["objectId"].combine_chunks(),
        "cross_matches": cross_matches(candid, joined.matches, joined.catalogs),
        "cross_matches_of": pa.StructArray.from_arrays([_time(table, survey), candid], _OF),
        **{name: items for name, (items, _) in made.items()},
    }
    in_order = np.ones(table.num_rows, bool)
    for _, increasing in made.values():
        in_order &= increasing
    return Shaped(alerts, pa.table(aux), in_order)


_OF = ["jd", "candid"]
"""Which alert of the object its cross_matches are of."""


_STAMPS = ("science", "template", "difference")


def _stamp(path: str, array: pa.Array) -> tuple[str, pa.Array]:
    """Return a stamp under its name in the packet: ``cutoutScience: {stampData: …}``."""
    name, *below = path.split(".")
    for part in reversed(below):
        array = pa.StructArray.from_arrays([array], [part])
    return name, array


def _time(table: pa.Table, survey: Survey) -> pa.Array:
    first, *rest = survey.time.split(".")
    array = table[first].combine_chunks()
    for name in rest:
        array = pc.struct_field(array, name)
    return pa.array(survey.to_jd(np.asarray(array.cast(pa.float64()))))


def classifications(candid: pa.Array, scores: pa.Table | None) -> pa.StructArray:
    """Return each alert's scores, ``<model>`` and ``<model>_version``; none that is null.

    Parameters
    ----------
    candid : pyarrow.Array, n int64
    scores : pyarrow.Table or None
        Of the table ``scores``, of these alerts and others.
    """
    names = [] if scores is None else scores.column_names
    models = [name for name in names if f"{name}_version" in names]
    if scores is None or not models:
        return pa.array([{}] * len(candid), pa.struct([]))
    rows = scores.take(pc.index_in(candid, scores["candid"].combine_chunks()))
    arrays = {}
    for name in models:
        score = rows[name].combine_chunks().cast(pa.float64())
        score = pc.if_else(pc.is_nan(score), None, score)
        version = rows[f"{name}_version"].combine_chunks().cast(pa.string())
        arrays[name] = score
        arrays[f"{name}_version"] = pc.if_else(pc.is_valid(score), version, None)
    return pa.StructArray.from_arrays(list(arrays.values()), list(arrays))


def cross_matches(
    candid: pa.Array, matches: pa.Table | None, catalogs: tuple[str, ...]
) -> pa.StructArray:
    """Return what lies near each alert: a list for each catalogue, the nearest first.

    Parameters
    ----------
    candid : pyarrow.Array, n int64
    matches : pyarrow.Table or None
        Of the table ``matches``, of these alerts and others.
    catalogs : tuple of str
    """
    if matches is None or not catalogs:
        return pa.array([{}] * len(candid), pa.struct([]))
    owner = pc.index_in(matches["candid"].combine_chunks(), candid)
    matches = matches.append_column("owner", owner).filter(pc.is_valid(owner))
    matches = matches.sort_by([("owner", "ascending"), ("rank", "ascending")])
    lists = [_of_catalog(matches, name, len(candid)) for name in catalogs]
    return pa.StructArray.from_arrays(lists, list(catalogs))


def _of_catalog(matches: pa.Table, catalog: str, rows: int) -> pa.ListArray:
    own = matches.filter(pc.equal(matches["catalog"], catalog)).combine_chunks()
    counts = np.bincount(np.asarray(own["owner"]), minlength=rows)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    distances = ["distance_arcsec", "distance_kpc"]
    near = pa.StructArray.from_arrays([_column(own, name) for name in distances], distances)
    prefix = f"{catalog}_"
    chosen = {
        name.removeprefix(prefix): _column(own, name)
        for name in own.column_names
        if name.startswith(prefix)
    }
    fields = {"_id": _column(own, "match_id"), **chosen, "coordinates": near}
    values = pa.StructArray.from_arrays(list(fields.values()), list(fields))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table[name].combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
