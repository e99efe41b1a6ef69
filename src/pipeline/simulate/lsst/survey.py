"""Nights of the survey: which field is exposed when, in which band, how deep.

Deep fields have a thousand visits in three weeks, the others a few, as in the packets of
Rubin's first months (`docs/simulate.md`). Times are MJD TAI, as in the packets.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

BANDS = np.array([b"u", b"g", b"r", b"i", b"z", b"y"])
MOST_VISITS = 1060  # of a deep field in a packet's history
TAI_UTC = 37.0 / 86400  # d, since 2017
MJD_ZERO = 2400000.5
FIELDS = 24
RADIUS_DEG = 1.7  # of a field
_SHALLOW = 6  # one field in so many is not deep
_SHALLOW_VISITS = 45
_DEEP_BANDS = (0.0, 0.21, 0.2, 0.38, 0.2, 0.01)
_SHALLOW_BANDS = (0.02, 0.2, 0.2, 0.28, 0.2, 0.1)
_TONIGHT = (2, 3)  # visits of a shallow, of a deep field
_EXPOSURE = 38.0 / 86400  # d: 30 s of light and overhead
# Typical psfFluxErr by band [nJy]: g, i and z as in packets of March 2026, others between.
_ERROR = np.array([400.0, 270.0, 300.0, 500.0, 950.0, 1600.0])
_FIRST_DAY = 55197  # 2010-01-01: identifiers count days from here
LONGITUDE_DEG = -70.75  # of Cerro Pachon


@dataclass(frozen=True)
class Visits:
    """The visits of one field, shape (n,) each, in order of time; tonight's come last."""

    mjd: NDArray[np.float64]  # middle of the exposure, TAI
    band: NDArray[np.int64]  # index in `BANDS`
    number: NDArray[np.int64]  # YYYYMMDD of the night, then five digits
    error: NDArray[np.float64]  # of the flux of a faint source [nJy]
    seeing: NDArray[np.float64]  # variance of the PSF along x and y [arcsec^2]
    tonight: int  # index of tonight's first visit


class SimulatedNight:
    """One night of the survey; everything in it follows from its arguments.

    Parameters
    ----------
    seed : int
        Not negative.
    night : str
        YYYYMMDD, the UTC date on which Chile's night ends.
    most_visits : int
        Earlier visits of a field with the longest history; shorter ones in proportion.

    Raises
    ------
    ValueError
        If `night` is no date since 2025, or another argument is out of its range.
    """

    def __init__(self, seed: int, night: str, most_visits: int = MOST_VISITS) -> None:
        if seed < 0:
            raise ValueError(f"seed {seed}: expected 0 or more")
        if not 0 <= most_visits <= MOST_VISITS:
            raise ValueError(f"history {most_visits}: expected 0 to {MOST_VISITS}")
        self.seed, self.night, self._most = seed, night, most_visits
        self.mjd = _midnight(night) + TAI_UTC
        rng = self.generator(0)
        sidereal = (280.46 + 360.9856474 * (self.mjd + 0.2 - 51544.5) + LONGITUDE_DEG) % 360
        self.field_ra = (sidereal + rng.uniform(-50, 50, FIELDS)) % 360
        self.field_dec = np.degrees(np.arcsin(rng.uniform(-0.9, 0.05, FIELDS)))
        self._visits: dict[int, Visits] = {}

    def generator(self, *key: int) -> np.random.Generator:
        """Return the random numbers of one thing; others never touch them."""
        entropy = (self.seed, int(self.night))
        return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=key))

    def visits(self, field: int) -> Visits:
        """Return all visits of a field, of three weeks and tonight."""
        if field not in self._visits:
            self._visits[field] = self._draw_visits(field)
        return self._visits[field]

    def _draw_visits(self, field: int) -> Visits:
        rng = self.generator(1, field)
        deep = field % _SHALLOW != _SHALLOW - 1
        number = rng.integers(850, MOST_VISITS + 1) if deep else rng.integers(0, _SHALLOW_VISITS)
        past = int(number) * self._most // MOST_VISITS
        nights = rng.choice(np.arange(1, 22), 13 if deep else 4, replace=False)
        night = -np.sort(rng.choice(nights, past))[::-1]
        night = np.concatenate([night, np.zeros(_TONIGHT[deep], np.int64)])
        start = rng.uniform(0.02, 0.3, 22)[-night]
        first = np.searchsorted(night, night)  # of the same night
        mjd = self.mjd + night + start + (np.arange(len(night)) - first) * _EXPOSURE
        band = rng.choice(6, len(night), p=_DEEP_BANDS if deep else _SHALLOW_BANDS)
        blur = rng.lognormal(0, 0.25, len(night))
        error = _ERROR[band] * blur * rng.lognormal(0, 0.1, len(night))
        return Visits(mjd, band, _visit_numbers(mjd), error, 0.32 * blur, past)


def _visit_numbers(mjd: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return ``visit``: the date on which Chile's night begins, and a number in that night."""
    evening = np.floor(mjd - 0.5)
    dates = np.datetime64("1858-11-17") + evening.astype(np.int64)
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    exposure = ((mjd - 0.5 - evening) / _EXPOSURE).astype(np.int64)
    return (year * 10_000 + month * 100 + day) * 100_000 + exposure


def source_ids(mjd: NDArray[np.float64], index: int) -> NDArray[np.int64]:
    """Return identifiers of the measurements of object `index`: day, exposure, object.

    >>> (number,) = source_ids(np.array([61109.14473679]), 7).tolist()
    >>> number >> 44, number >> 32 & 4095, number & 0xFFFFFFFF  # 61109 - 55197, 0.1447 d / 38 s
    (5912, 329, 7)
    """
    day = np.floor(mjd).astype(np.int64)
    exposure = ((mjd - day) / _EXPOSURE).astype(np.int64)
    return ((day - _FIRST_DAY) << 12 | exposure) << 32 | index


def utc_jd(mjd_tai: Any) -> Any:
    """Return Julian dates, UTC."""
    return np.asarray(mjd_tai) - TAI_UTC + MJD_ZERO


def _midnight(night: str) -> float:
    """Return the MJD (UTC) at 0 h of YYYYMMDD."""
    try:
        day = datetime.strptime(night, "%Y%m%d").date()
    except ValueError:
        day = None
    if day is None or len(night) != 8 or day < date(2025, 1, 1):
        raise ValueError(f"night {night!r}: expected a date since 2025 as YYYYMMDD")
    return float(day.toordinal() - 678576)
