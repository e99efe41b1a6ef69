"""The light curve of an object: its alerts of all nights, and what their packets carry."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.photometry import own_measurements
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.tables import field
from pipeline.notebook.forms import plain

ALERT = "alert"
"""The ``kind`` of an alert's own measurement, beside ``prv`` and ``forced`` of the packets."""
_TAKEN = (
    "filter", "mag", "magerr", "diffmaglim", "isdiffpos", "flux", "fluxerr", "zp", "procstatus",
)  # fmt: skip
_MJD = 2400000.5


def light_curve(alerts: pa.Table, history: pa.Table, survey: Survey) -> pa.Table:
    """Return the measurements of one object, each once.

    Parameters
    ----------
    alerts, history : pyarrow.Table
        The object's rows of these tables, of any nights.
    survey : Survey

    Returns
    -------
    pyarrow.Table
        ``candid`` (of the alert that carries it), ``kind`` (alert, prv, forced), ``jd``, ``mjd``
        and the history's filter, mag, magerr, diffmaglim (limits have null mag), isdiffpos, flux,
        fluxerr, zp, procstatus (of forced photometry; "0" is good); by time. What several packets
        carry is the last one's; an earlier measurement that is an alert of `alerts` stands there
        as such.
    """
    own, carried = plain(own_measurements(alerts, survey)), plain(history)
    at = own.schema.get_field_index("kind")
    own = own.set_column(at, "kind", pa.array([ALERT] * own.num_rows, pa.string()))
    taken = ["candid", "kind", "jd", *_TAKEN]
    tables = [own.select(taken), carried.select(taken)]
    together = pa.concat_tables(tables, promote_options="permissive")
    rows = together.take(pa.array(_once(together, alerts)))
    mjd = pc.subtract(rows["jd"], _MJD)
    rows = rows.append_column(field("mjd", pa.float64(), "d", "modified Julian date, UTC"), mjd)
    return rows.select(["candid", "kind", "jd", "mjd", *_TAKEN])


def _once(rows: pa.Table, alerts: pa.Table) -> np.ndarray:
    """Return the rows to keep: an alert's own measurement, else the newest packet's."""
    jd = rows["jd"].to_numpy()
    carried = pc.index_in(rows["candid"], alerts["candid"].combine_chunks())
    newest = alerts["jd"].take(carried).to_numpy() if alerts.num_rows else np.zeros(len(jd))
    kind = np.asarray(rows["kind"].to_pylist(), dtype=str)
    forced = kind == "forced"
    band = np.asarray(rows["filter"].fill_null("").to_pylist(), dtype=str)
    limit = np.asarray(rows["mag"].is_null())
    order: Sequence[np.ndarray] = (-newest, kind != ALERT, limit, band, jd, forced)
    by = np.lexsort(order)
    keys = [key[by] for key in (forced, jd, band, limit)]
    first = np.ones(by.size, dtype=bool)
    if by.size:
        first[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    kept = by[first]
    return kept[np.argsort(jd[kept], kind="stable")]
