"""The assistant's features of light curves: Fink's six in each band, and counts of detections.

The names are those of the ``light-curve`` package (Malanchev et al. 2021, MNRAS 502, 5147), whose
definitions these are; that of the r band's have upstream's suffix.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.vra.groups import Groups
from pipeline.vra.light_curves import BANDS, LightCurves

Floats = NDArray[np.float64]
COUNTS = ("ndets", "nnondets", "dets_median", "dets_std")
SIX = (
    "amplitude", "linear_fit_reduced_chi2", "linear_fit_slope", "linear_fit_slope_sigma", "median",
    "median_absolute_deviation",
)  # fmt: skip
SUFFIX = {"g": "", "r": "r_"}
"""Of the six in each band: finkvra's."""


def counts(curves: LightCurves) -> dict[str, Floats]:
    """Return how often something was detected or not, and how bright: `COUNTS`.

    Returns
    -------
    dict of str to ndarray of float64, shape (n,)
        Detections that are brighter than the template, limits without a detection, median and
        standard deviation (ddof 0) of the former [mag], NaN without any.
    """
    detected = np.isfinite(curves.mag)
    bright = detected & curves.positive
    groups = Groups(curves.alert[bright], curves.alerts)
    missed = np.bincount(curves.alert[~detected], minlength=curves.alerts)
    mag = curves.mag[bright]
    values = (groups.size, missed, groups.median(mag), groups.spread(mag))
    return {name: v.astype(np.float64) for name, v in zip(COUNTS, values, strict=True)}


def six(curves: LightCurves) -> dict[str, Floats]:
    """Return Fink's six features in each of `BANDS`, by their names with `SUFFIX`.

    Returns
    -------
    dict of str to ndarray of float64, shape (n,)
        Of one measurement an epoch, that of the alert itself or the first in its packet. NaN
        where a band has none, of lines where it has less than three. Slopes are in mag/d.
    """
    kept, number = once(curves)
    groups = Groups(number, len(BANDS) * curves.alerts)
    mag, error = curves.apparent[kept], curves.apparent_err[kept]
    slope, sigma, chi2 = groups.line(_from_first(curves, kept), mag, error)
    values = (
        groups.half_range(mag),
        *(chi2, slope, sigma),
        groups.median(mag),
        groups.deviation(mag),
    )
    return {
        f"{name}{SUFFIX[band]}": value[place :: len(BANDS)]
        for place, band in enumerate(BANDS)
        for name, value in zip(SIX, values, strict=True)
    }


def once(curves: LightCurves) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which measurements count, one an epoch and band, and of which light curve each is.

    Returns
    -------
    kept : ndarray of int64, shape (m,)
        By light curve, then by time.
    number : ndarray of int64, shape (m,)
        ``len(BANDS)`` times the alert, plus the band.
    """
    number = len(BANDS) * curves.alert + curves.band
    kept = np.flatnonzero((curves.band >= 0) & np.isfinite(curves.apparent))
    kept = kept[np.argsort(number[kept], kind="stable")]
    same = (np.diff(number[kept]) == 0) & (np.diff(curves.jd[kept]) == 0)
    kept = kept[np.append(True, ~same)] if kept.size else kept
    return kept, number[kept]


def _from_first(curves: LightCurves, kept: NDArray[np.int64]) -> Floats:
    """Return times since the first of each alert: squares of Julian dates would lose digits."""
    first = np.full(curves.alerts, np.inf)
    np.minimum.at(first, curves.alert, curves.jd)
    away: Floats = curves.jd[kept] - first[curves.alert[kept]]
    return away
