"""The ``history`` table: earlier and forced measurements that packets carry.

Fluxes are given with their AB zero point ``zp``: magnitude = zp − 2.5 log10(flux). Earlier
detections (magnitudes in the packet) have zp 23.9, that is µJy; ZTF's forced photometry
keeps its DN and zero point; Rubin's nJy have zp 31.4.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.branches import read_as
from pipeline.alerts.casts import as_type
from pipeline.alerts.fluxes import from_fluxes, from_magnitudes, known
from pipeline.alerts.shared_columns import HISTORY_DERIVED, HISTORY_SCHEMA
from pipeline.alerts.surveys.survey import History, Survey
from pipeline.io.records import Records


def history_table(records: Records, survey: Survey, alerts: pa.Table, kept: np.ndarray) -> pa.Table:
    """Return what earlier measurements the packets carry.

    Parameters
    ----------
    records : Records
        n packets.
    survey : Survey
    alerts : pyarrow.Table
        The m packets of these that can be used (`alerts_table`).
    kept : (n,) bool
        Which these are.

    Returns
    -------
    pyarrow.Table
        Of `HISTORY_SCHEMA`, ordered by packet, then kind, then as in the packet
        (forced: by jd).
    """
    row_of = np.cumsum(kept) - 1
    tables, parents = [], []
    for history in survey.histories:
        items = records.child(history.path)
        if items is not None:
            table = _measurements(items, survey, history)
            wanted = kept[items.parents]
            parent = row_of[items.parents[wanted]]
            table = table.filter(pa.array(wanted))
            if history.kind == "forced":
                chosen = _one_per_epoch(table["jd"].to_numpy(), parent)
                table, parent = table.take(pa.array(chosen)), parent[chosen]
            complete = from_fluxes if history.by_flux else from_magnitudes
            tables.append(complete(table))
            parents.append(parent)
    if not tables:
        return HISTORY_SCHEMA.empty_table()
    parent = np.concatenate(parents)
    order = np.argsort(parent, kind="stable")
    table = pa.concat_tables(tables).take(pa.array(order))
    for name in ("object_id", "candid"):
        column = alerts[name].take(pa.array(parent[order]))
        table = table.add_column(0, HISTORY_SCHEMA.field(name), column)
    return table.select(HISTORY_SCHEMA.names).cast(HISTORY_SCHEMA)


def history_rows(records: Records, survey: Survey, kept: np.ndarray) -> int:
    """Return how many rows `history_table` has, without making them.

    Parameters
    ----------
    records : Records
        n packets.
    survey : Survey
    kept : (n,) bool
        Which of them can be used.
    """
    rows = 0
    for history in survey.histories:
        items = records.child(history.path)
        if items is not None:
            wanted = kept[items.parents]
            if history.kind == "forced":
                jd = _times(items, survey, history).to_numpy(zero_copy_only=False)[wanted]
                rows += _one_per_epoch(jd, items.parents[wanted]).size
            else:
                rows += int(wanted.sum())
    return rows


def _one_per_epoch(jd: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Order forced measurements by packet and jd, and choose the first of each jd."""
    order = np.lexsort((jd, parent))
    again = (np.diff(jd[order]) == 0) & (np.diff(parent[order]) == 0)
    return order[np.concatenate([[True], ~again])[: order.size]]


def _times(items: Records, survey: Survey, history: History) -> pa.Array:
    """Read the column ``jd``."""
    jd = read_as(items, history.columns.get("jd", "jd"), pa.float64())
    return known(pa.array(survey.to_jd(jd.to_numpy(zero_copy_only=False))))


def _measurements(items: Records, survey: Survey, history: History) -> pa.Table:
    """Read all columns that packets have; others are null."""
    names = history.columns
    columns = {}
    for column in HISTORY_SCHEMA:
        if column.name == "jd":
            columns["jd"] = _times(items, survey, history)
        elif column.name not in HISTORY_DERIVED:
            columns[column.name] = read_as(items, names.get(column.name, column.name), column.type)
    if history.zp is not None:
        columns["zp"] = pa.array(np.full(items.num_rows, history.zp))
    for name in ("snr", "limmag3sig", "limmag5sig"):
        columns[name] = pa.nulls(items.num_rows, pa.float32())
    key = items.column(names.get("band", "fid"))
    columns["filter"] = band_names(key, survey, items.num_rows)
    kind = pa.array([history.kind])
    zeros = pa.array(np.zeros(items.num_rows, dtype=np.int32))
    columns["kind"] = pa.DictionaryArray.from_arrays(zeros, kind)
    return pa.table(columns)


def band_names(key: pa.Array | None, survey: Survey, rows: int) -> pa.Array:
    """Return the filter's name for each fid (or band); null where it has no photometry."""
    if set(survey.filters) == {None}:
        return pa.array([survey.filters[None]] * rows, pa.string())
    if key is None or not survey.filters:
        return pa.nulls(rows, pa.string())
    keys = pa.array(list(survey.filters))
    where = pc.index_in(as_type(key, keys.type, rows), keys)
    return pa.array(list(survey.filters.values()), pa.string()).take(where)
