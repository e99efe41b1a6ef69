"""Light curves as SkyPortal and sncosmo take them: mjd, filter, flux, fluxerr, zp."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.casts import as_type
from pipeline.alerts.fluxes import from_fluxes, from_magnitudes
from pipeline.alerts.history_table import band_names
from pipeline.alerts.shared_columns import HISTORY_SCHEMA
from pipeline.alerts.surveys.survey import Survey

MJD_ZERO = 2400000.5
PHOTOMETRY_COLUMNS = (
    "candid", "object_id", "mjd", "filter", "flux", "fluxerr", "zp", "zpsys", "origin",
    "programid",
)  # fmt: skip


def photometry(alerts: pa.Table, history: pa.Table, survey: Survey) -> pa.Table:
    """Return the light curve that each alert carries, its own measurement included.

    Parameters
    ----------
    alerts, history : pyarrow.Table
        Tables of one survey.
    survey : Survey

    Returns
    -------
    pyarrow.Table
        `PHOTOMETRY_COLUMNS`, ordered by alert, origin and mjd. Detections and limits of
        the alert stream (origin null), each (mjd, filter, magnitude) once and only with a
        positive limit where the survey gives limits, and no detection whose sign (ZTF's
        ``isdiffpos``) is unknown; forced photometry (origin
        ``alert_fp``) of good status, its flux null where ``|flux| ≤ 3 fluxerr``. ``zpsys`` is AB.
    """
    own = own_measurements(alerts, survey)
    table = pa.concat_tables([history.select(own.schema.names).cast(own.schema), own])
    fluxes = pa.array([h.kind for h in survey.histories if h.by_flux], pa.string())
    by_flux = np.concatenate(
        [
            pc.is_in(history["kind"].cast(pa.string()), fluxes).to_numpy(),
            np.full(own.num_rows, survey.measurement.by_flux),
        ]
    )
    forced = pc.equal(table["kind"], "forced")
    good = pc.if_else(forced, _good_forced(table), _good_detection(table, by_flux))
    table = table.filter(pc.and_(good, pc.is_valid(table["filter"])))
    forced = pc.equal(table["kind"], "forced")
    flux = pc.if_else(pc.and_(forced, pc.is_null(table["mag"])), None, table["flux"])
    table = (
        table.set_column(table.schema.get_field_index("flux"), "flux", flux)
        .append_column("mjd", pc.subtract(table["jd"], MJD_ZERO))
        .append_column("zpsys", pa.array(["ab"] * table.num_rows, pa.string()))
        .append_column("origin", pc.if_else(forced, "alert_fp", None))
    )
    return _once(table, alerts).select(PHOTOMETRY_COLUMNS)


def _good_forced(table: pa.Table) -> pa.ChunkedArray:
    """Fluxes with an error; where the survey gives a status, only of good status."""
    status = pc.coalesce(table["procstatus"], pa.scalar("0"))
    return pc.and_(pc.equal(status, "0"), pc.is_valid(table["fluxerr"]))


def _good_detection(table: pa.Table, by_flux: np.ndarray) -> pa.ChunkedArray:
    """Choose detections and limits: a magnitude whose sign is unknown is neither.

    Fluxes have errors and so need no limit.
    """
    by_limit = pc.fill_null(pc.greater(table["diffmaglim"], 0.0), False)
    unsigned = pc.and_(pc.is_valid(table["mag"]), pc.is_null(table["flux"]))
    return pc.and_not(pc.or_(by_limit, pa.array(by_flux)), unsigned)


def own_measurements(alerts: pa.Table, survey: Survey) -> pa.Table:
    """Return the alerts' own measurements as rows of the history table."""
    own, rows = survey.measurement, alerts.num_rows
    columns = {
        column.name: as_type(
            _column(alerts, own.columns.get(column.name, column.name)), column.type, rows
        )
        for column in HISTORY_SCHEMA
        if column.name not in ("filter", "kind")
    }
    names = band_names(_column(alerts, own.columns.get("band", "fid")), survey, rows)
    columns["filter"] = names.cast(HISTORY_SCHEMA.field("filter").type)
    kind = pa.array(["prv"] * rows, pa.string())
    columns["kind"] = kind.cast(HISTORY_SCHEMA.field("kind").type)
    if own.zp is not None:
        columns["zp"] = pa.array(np.full(rows, own.zp))
    table = pa.table(columns).select(HISTORY_SCHEMA.names)
    return (from_fluxes if own.by_flux else from_magnitudes)(table)


def positive(own: pa.Table) -> pa.ChunkedArray:
    """Return whether measurements are brighter than the template; null where nobody says."""
    return pc.coalesce(own["isdiffpos"], pc.greater(own["flux"], 0.0))


def _column(alerts: pa.Table, name: str) -> pa.Array | None:
    return alerts[name].combine_chunks() if name in alerts.column_names else None


def _once(table: pa.Table, alerts: pa.Table) -> pa.Table:
    """Order by alert, origin and time; keep one of equal (alert, origin, mjd, filter, mag)."""
    order = pc.index_in(table["candid"], alerts["candid"].combine_chunks())
    keys = [
        pc.fill_null(table["mag"], np.inf).to_numpy(),
        table["filter"].cast(pa.string()).to_numpy(zero_copy_only=False).astype(str),
        table["mjd"].to_numpy(),
        pc.is_valid(table["origin"]).to_numpy(zero_copy_only=False),
        order.to_numpy(zero_copy_only=False),
    ]
    by = np.lexsort(keys)
    same = np.ones(max(by.size - 1, 0), dtype=bool)
    for key in keys:
        same &= key[by][:-1] == key[by][1:]
    return table.take(pa.array(by[np.concatenate([[True], ~same])[: by.size]]))
