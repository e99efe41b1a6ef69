"""Light curves of a shard's alerts, as one table sorted by alert, band and time."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.alerts.photometry import own_measurements
from pipeline.alerts.surveys.survey import Survey

NEAR_PIX = 1.5
"""Fink's rule: an object this near to a source of the template varies itself, and its magnitudes
are apparent ones, not differences [pix]."""
BANDS = ("g", "r")
_COLUMNS = (
    "candid", "jd", "filter", "mag", "magerr", "isdiffpos", "flux", "distnr", "magnr", "sigmagnr",
)  # fmt: skip
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LightCurves:
    """Measurements of n alerts: those of the alert itself and of what its packet knows.

    Attributes
    ----------
    alerts : int
        n.
    alert : ndarray of int64, shape (m,)
        Which alert a measurement is of; ascending.
    band : ndarray of int64, shape (m,)
        Of `BANDS`; -1 for others.
    jd, mag, magerr : ndarray of float64, shape (m,)
        Julian date [d], magnitude of the difference, NaN where nothing was detected, and its
        error [mag].
    positive : ndarray of bool, shape (m,)
        Whether it is brighter than the template.
    apparent, apparent_err : ndarray of float64, shape (m,)
        The magnitude to fit [mag]: of an alert that is near to a source of the template
        (`NEAR_PIX`) the apparent one, of others that of the difference.
    """

    alerts: int
    alert: NDArray[np.int64]
    band: NDArray[np.int64]
    jd: Floats
    mag: Floats
    magerr: Floats
    positive: NDArray[np.bool_]
    apparent: Floats
    apparent_err: Floats


def light_curves(alerts: pa.Table, history: pa.Table, survey: Survey) -> LightCurves:
    """Return the light curves that alerts carry; nothing in them is later than the alert.

    Parameters
    ----------
    alerts, history : pyarrow.Table
        Of one survey. Forced photometry is left out, as the assistant's upstream does.
    survey : Survey
    """
    # the alert's own measurement first: of two at one time it is the one that counts
    own = own_measurements(alerts, survey).select(_COLUMNS)
    earlier = history.filter(pc.equal(history["kind"], "prv")).select(_COLUMNS)
    table = pa.concat_tables([own, earlier.cast(own.schema)])
    alert = pc.index_in(table["candid"], alerts["candid"].combine_chunks())
    table = table.append_column("alert", alert)
    known = pc.fill_null(pc.less_equal(table["jd"], alerts["jd"].take(alert)), False)
    table = table.filter(pc.and_(known, pc.is_valid(table["alert"])))
    number = table["alert"].to_numpy().astype(np.int64)
    jd = table["jd"].to_numpy()
    order = np.lexsort((jd, number))
    return _of(table.take(pa.array(order)), number[order], alerts.num_rows)


def _of(table: pa.Table, number: NDArray[np.int64], alerts: int) -> LightCurves:
    mag, magerr, distnr, magnr, sigmagnr = (
        _floats(table[name]) for name in ("mag", "magerr", "distnr", "magnr", "sigmagnr")
    )
    sign = pc.coalesce(table["isdiffpos"], pc.greater(table["flux"], 0.0))
    positive = pc.fill_null(sign, False).to_numpy(zero_copy_only=False)
    near = np.zeros(alerts, bool)
    near[number[np.isfinite(mag) & (distnr <= NEAR_PIX)]] = True
    bright, error = apparent(mag, magerr, positive, magnr, sigmagnr)
    there = near[number]
    return LightCurves(
        alerts,
        number,
        _bands(table["filter"]),
        table["jd"].to_numpy(),
        mag,
        magerr,
        positive,
        np.where(there, bright, mag),
        np.where(there, error, magerr),
    )


def apparent(
    mag: Floats, magerr: Floats, positive: NDArray[np.bool_], magnr: Floats, sigmagnr: Floats
) -> tuple[Floats, Floats]:
    """Return apparent magnitudes and their errors [mag]: difference and template together.

    The fluxes add up, a fainter difference counting negative. Source: Fink's ``dc_mag``
    (fink-utils, after Masci et al. 2019, PASP 131, 018003, section 6.5). NaN where the sum is
    none.
    """
    difference, template = 10 ** (-0.4 * mag), 10 ** (-0.4 * magnr)
    flux = template + np.where(positive, difference, -difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.hypot(difference * magerr, template * sigmagnr) / flux
        return np.where(flux > 0, -2.5 * np.log10(flux), np.nan), error


def _floats(column: pa.ChunkedArray) -> Floats:
    return column.cast(pa.float64()).to_numpy().astype(np.float64, copy=False)


def _bands(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return the number of each filter: sncosmo's names end with the band."""
    last = pc.utf8_slice_codeunits(column.cast(pa.string()), start=-1)
    found = pc.fill_null(pc.index_in(last, pa.array(BANDS)), -1)
    return found.to_numpy().astype(np.int64)
