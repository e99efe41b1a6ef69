"""What of the packets' earlier measurements goes into the table ``history``.

``all`` of them; ``new``, those that are new since the object's last night; or ``none``. Scores
do not ask: their features are of all that a packet carries.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.batch import Batch
from pipeline.alerts.kept import Kept
from pipeline.alerts.shared_columns import HISTORY_SCHEMA

SAME_NIGHT_D = 0.5
"""Measurements that lie closer together are of one night [d]."""


def kept_history(batch: Batch, kept: Kept) -> tuple[pa.Table, int]:
    """Return the rows of the table ``history`` that are kept, and how many are left out.

    Returns
    -------
    table : pyarrow.Table
        Of `HISTORY_SCHEMA`, in the order of `Batch.history`.
    left_out : int
        How many more that has.
    """
    if kept == "none":  # which need not be made to be counted
        return HISTORY_SCHEMA.empty_table(), batch.history_rows
    if kept == "all":
        return batch.history, 0
    new = new_since_last_night(batch.alerts, batch.history)
    return batch.history.filter(pa.array(new)), int(new.size - new.sum())


def new_since_last_night(alerts: pa.Table, history: pa.Table) -> np.ndarray:
    """Say which rows came after the object's last detection of an earlier night.

    Only the packet is asked, not the results of other nights, which may never have been made.
    L is the time of the latest detection in the packet (kind ``prv`` with a magnitude, which
    from a flux needs more than 3 sigma) that is more than `SAME_NIGHT_D` before the alert. That
    detection's own packet has carried what came before it, so new are

    - rows of ``prv`` later than L; L itself is an alert of its own,
    - forced photometry at L or later: that of an image comes with the packets after it,
    - rows without a time, of which nobody knows,
    - all rows of a packet without an L.

    What is not new is in the tables only if the alert of L is, in its survey's stream and in
    a night that was decoded. Forced photometry of before L that was made after L's packet is
    lost: of a new object's past, or where images are processed again.

    Parameters
    ----------
    alerts : pyarrow.Table, N rows
        ``candid``, each once, and ``jd`` [d].
    history : pyarrow.Table, M rows
        Of `HISTORY_SCHEMA`, all of these alerts.

    Returns
    -------
    (M,) bool
    """
    of = pc.index_in(history["candid"], alerts["candid"].combine_chunks()).to_numpy()
    jd = history["jd"].to_numpy()  # NaN where null: neither before nor after anything
    forced = pc.equal(history["kind"], "forced").to_numpy()
    detected = ~forced & pc.is_valid(history["mag"]).to_numpy()
    earlier = detected & (jd < alerts["jd"].to_numpy()[of] - SAME_NIGHT_D)
    last = np.full(alerts.num_rows, -np.inf)
    np.maximum.at(last, of[earlier], jd[earlier])
    known = np.where(forced, jd < last[of], jd <= last[of])
    return ~known
