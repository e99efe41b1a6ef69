"""Nights of the survey: which field is exposed when, in which filter, how deep.

The focal plane (64 readout channels in a square), the fields and the cadence are
simpler than ZTF's; numbers that packets carry (``nid``, ``pid``, ``candid``) are built
the way ZTF builds them.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from pipeline.simulate.ztf import sky

NIGHT_ZERO_JD = 2457754.5  # ZTF counts its nights (nid) from 2017-01-01
CHANNELS = 64
MAX_ROW = 999  # tblid has three digits in a candid
MAX_OBJECTS = 16_000_000  # a night: 500 nights of them have names of seven letters
HISTORY_DAYS = 1096  # even
EXPOSURE_DAYS = 45 / 86400  # 30 s of light, 15 s of overhead
BLOCK = 32  # fields that are exposed in g, one after the other, and then in r
GAIN = 6.2  # e-/DN
READ_NOISE = 1.6  # DN
# ZTF's limits are this much brighter than sky noise in the PSF alone: the reference's
# noise and resampling come on top. From diffmaglim, scisigpix and sciinpseeing of packets.
LIMIT_FACTOR = 2.6
SYNODIC_DAYS = 29.530589
NEW_MOON_JD = 2451550.26  # 2000 January 6


@dataclass(frozen=True)
class Epochs:
    """The visits of one field, shape (n,) each, in order of time; tonight's come last."""

    jd: np.ndarray  # float64, UTC
    fid: np.ndarray  # int64, 1 = g, 2 = r
    fwhm: np.ndarray  # of the PSF [pixels]
    background: np.ndarray  # of the sky [DN]
    noise: np.ndarray  # of one pixel [DN]
    zero_point: np.ndarray  # magnitude of 1 DN
    limit: np.ndarray  # diffmaglim, 5 sigma [mag]
    tonight: int  # index of tonight's first visit


class SimulatedNight:
    """One night of the survey; everything in it follows from `seed` and `night`.

    Parameters
    ----------
    seed : int
        Not negative.
    night : str
        YYYYMMDD, the UTC date on which Palomar's night falls.

    Raises
    ------
    ValueError
        If `night` is no date since 2017, or `seed` is negative.
    """

    def __init__(self, seed: int, night: str) -> None:
        if seed < 0:
            raise ValueError(f"seed {seed}: expected 0 or more")
        self.seed, self.night = seed, night
        self.jd = _midnight_jd(night)
        self.number = int(self.jd - NIGHT_ZERO_JD)
        self.field_id, self.field_ra, self.field_dec = _visible_fields(self.jd)
        self._epochs: dict[int, Epochs] = {}
        chips = len(self.field_id) * CHANNELS
        self.capacity = min(chips * MAX_ROW, MAX_OBJECTS)
        self._stride = _coprime(int(chips * 0.618), chips)

    def generator(self, *key: int) -> np.random.Generator:
        """Return the random numbers of one thing; others never touch them."""
        entropy = (self.seed, int(self.night))
        return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=key))

    def slot(self, index: int) -> tuple[int, int, int]:
        """Return (field index, rcid, tblid) of object `index`: no two share all three.

        Raises
        ------
        ValueError
            If the night has no room for as many objects.
        """
        if index >= self.capacity:
            raise ValueError(f"a night holds {self.capacity} objects at most")
        row, chip = divmod(index, len(self.field_id) * CHANNELS)
        field, rcid = divmod(chip * self._stride % (len(self.field_id) * CHANNELS), CHANNELS)
        return field, rcid, row + 1

    def epochs(self, field: int) -> Epochs:
        """Return all visits of the field with this index, of three years and tonight."""
        if field not in self._epochs:
            self._epochs[field] = self._draw_epochs(field)
        return self._epochs[field]

    def _draw_epochs(self, field: int) -> Epochs:
        rng = self.generator(1, field)
        block, place = divmod(field, BLOCK)
        visits = np.arange(4 if block % 4 == 1 else 2)  # some blocks are visited twice over
        slots = (2 * block + visits) * BLOCK + place + 0.5 * (visits // 2)
        # Those of the second time fall between exposures of the next block: no two images of a
        # readout channel have the same time, or else two alerts had the same candid.
        tonight = self.jd + 0.11 + slots * EXPOSURE_DAYS
        nights = -np.arange(HISTORY_DAYS - field % 2, 0, -2)  # every other night ...
        clear = rng.random(HISTORY_DAYS // 2) < 0.7
        nights = nights[clear & (nights > -self.number)]  # ... since the survey began
        past = nights[:, None] + tonight[None, :2] + rng.uniform(-0.01, 0, (len(nights), 1))
        jd = np.concatenate([past.ravel(), tonight])
        fid = np.concatenate([np.tile([1, 2], len(nights)), visits % 2 + 1])

        moon = (1 - np.cos(2 * np.pi * (jd - NEW_MOON_JD) / SYNODIC_DAYS)) / 2
        dark, bright = np.where(fid == 1, 80, 105), np.where(fid == 1, 130, 90)
        background = (dark + bright * moon**2) * np.exp(rng.normal(0, 0.06, len(jd)))
        fwhm = np.where(fid == 1, 2.4, 2.2) * np.exp(rng.normal(0, 0.14, len(jd)))
        zero_point = np.where(fid == 1, 26.28, 26.20) + rng.normal(0, 0.04, len(jd))
        noise = np.sqrt(background / GAIN + READ_NOISE**2)
        # noise in the best aperture of a Gaussian PSF: sqrt(4 pi) sigma pixels wide
        aperture = np.sqrt(4 * np.pi) * fwhm / 2.3548
        limit = zero_point - 2.5 * np.log10(5 * LIMIT_FACTOR * noise * aperture)
        return Epochs(jd, fid, fwhm, background, noise, zero_point, limit, 2 * len(nights))


def processing_id(jd: np.ndarray, rcid: int) -> np.ndarray:
    """Return ``pid``: night and fraction of the day to 1e-5, readout channel, a fixed 15.

    >>> processing_id(np.array([2460229.9338542]), 0)
    array([2475433850015])
    """
    units = np.floor((jd - NIGHT_ZERO_JD) * 1e5).astype(np.int64)
    return units * 10_000 + rcid * 100 + 15


def candidate_id(pid: np.ndarray, positive: np.ndarray, tblid: int) -> np.ndarray:
    """Return ``candid``: the image, 15 for a positive or 10 for a negative one, the row.

    >>> candidate_id(np.array([2475433850015]), np.array([True]), 1)
    array([2475433850015015001])
    """
    return pid * 1_000_000 + np.where(positive, 15_000, 10_000) + tblid


def _midnight_jd(night: str) -> float:
    """Return the Julian date at 0 h UTC of YYYYMMDD."""
    try:
        day = datetime.strptime(night, "%Y%m%d").date()
    except ValueError:
        day = None
    if day is None or len(night) != 8 or day < date(2017, 1, 1):
        raise ValueError(f"night {night!r}: expected a date since 2017 as YYYYMMDD")
    return day.toordinal() + 1721424.5


def _visible_fields(jd: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return number, ra and dec [deg] of the fields within 5 h of the meridian at midnight."""
    ras: list[float] = []
    decs: list[float] = []
    for strip in np.arange(-27.0, 82.0, 7.2):
        count = int(np.ceil(360 * np.cos(np.radians(strip)) / 7.2))
        ras += list(np.arange(count) * 360 / count)
        decs += [strip] * count
    ra, dec, number = np.array(ras), np.array(decs), 200 + np.arange(len(ras))
    away = (ra - sky.palomar_sidereal_deg(jd + 0.325) + 180) % 360 - 180
    order = np.argsort(away, kind="stable")
    order = order[np.abs(away[order]) < 75]
    return number[order], ra[order], dec[order]


def _coprime(start: int, number: int) -> int:
    while np.gcd(start, number) != 1:
        start += 1
    return start
