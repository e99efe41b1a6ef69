"""Where and when a packet's alert is: without these it cannot be used.

The index asks (of several packets of one candid the first that can be used counts), and
decoding asks again, which says why of those that can not.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.alerts.branches import read_as
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.records import Records


@dataclass(frozen=True)
class Places:
    """Where and when n packets' alerts are, and why they cannot be used where they can not.

    Attributes
    ----------
    ra, dec : (n,) float64
        ICRS [deg], as written; NaN where null.
    jd : (n,) float64
        Julian date, UTC; NaN where null or no date.
    reasons : list of n str or None
        None where the packet can be used.
    """

    ra: np.ndarray
    dec: np.ndarray
    jd: np.ndarray
    reasons: list[str | None]

    @classmethod
    def of(cls, records: Records, survey: Survey) -> "Places":
        """Read what packets say."""
        paths = survey.ra, survey.dec, survey.time
        ra, dec, time = (_number(records, path) for path in paths)
        jd = survey.to_jd(time)
        reasons: list[str | None] = [None] * ra.size
        checks = (
            (~np.isfinite(jd), "its time is null or not finite"),
            (~np.isfinite(ra) | (np.abs(ra) > 360.0), "ra is null or outside [-360, 360]"),
            (~np.isfinite(dec) | (np.abs(dec) > 90.0), "dec is null or outside [-90, 90]"),
        )
        for bad, reason in checks:
            for i in np.flatnonzero(bad):
                reasons[i] = reason
        return cls(ra, dec, jd, reasons)


def _number(records: Records, path: str) -> np.ndarray:
    column = read_as(records, path, pa.float64())
    return column.to_numpy(zero_copy_only=False)
