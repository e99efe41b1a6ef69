"""Detector and sky: IceCube's zenith and azimuth, directions of travel, ICRS.

Zenith and azimuth say where a particle came *from*; the vector of its travel points the
other way. IceCube's azimuth is counted from grid east anticlockwise; the azimuth of
astronomers at the detector is π/2 − azimuth − longitude (`astro` in IceTray, which wraps
PALpy).
"""

from functools import cache

import numpy as np
from astropy.coordinates import ICRS, AltAz, EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils.iers import conf
from numpy.typing import ArrayLike

LONGITUDE, LATITUDE = -62.6081, -89.9944
"""Of the detector [deg], at height 0 (IceTray's `astro`)."""


def travel_direction(zenith: ArrayLike, azimuth: ArrayLike) -> np.ndarray:
    """Return unit vectors of travel, shape (..., 3), of particles from a direction [rad].

    >>> travel_direction(0.0, 0.0).round(6) + 0.0
    array([ 0.,  0., -1.])
    """
    zenith, azimuth = np.broadcast_arrays(zenith, azimuth)
    sin = np.sin(zenith)
    return -np.stack([sin * np.cos(azimuth), sin * np.sin(azimuth), np.cos(zenith)], axis=-1)


def from_direction(travel: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return whence particles came: zenith, and azimuth in [0, 2π) [rad].

    Parameters
    ----------
    travel : array_like
        Shape (..., 3), vectors of travel.
    """
    x, y, z = -np.moveaxis(np.asarray(travel, dtype=float), -1, 0)
    return np.arctan2(np.hypot(x, y), z), np.arctan2(y, x) % (2 * np.pi)


def to_icrs(zenith: ArrayLike, azimuth: ArrayLike, mjd: float) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascension in [0, 360) and declination, ICRS [deg].

    Parameters
    ----------
    zenith, azimuth : array_like
        Whence the particles came [rad].
    mjd : float
        UTC [d].
    """
    time, place = _time_and_place(mjd)
    sky = SkyCoord(
        az=np.pi / 2 - np.asarray(azimuth) - np.radians(LONGITUDE),
        alt=np.pi / 2 - np.asarray(zenith),
        unit="rad",
        frame=AltAz(obstime=time, location=place),
    ).transform_to(ICRS())
    return np.asarray(sky.ra.deg), np.asarray(sky.dec.deg)


def from_icrs(ra: ArrayLike, dec: ArrayLike, mjd: float) -> tuple[np.ndarray, np.ndarray]:
    """Return zenith and azimuth in [0, 2π) [rad] of positions on the sky.

    Parameters
    ----------
    ra, dec : array_like
        ICRS [deg].
    mjd : float
        UTC [d].
    """
    time, place = _time_and_place(mjd)
    local = SkyCoord(ra=ra, dec=dec, unit="deg", frame="icrs").transform_to(
        AltAz(obstime=time, location=place)
    )
    azimuth = np.pi / 2 - local.az.rad - np.radians(LONGITUDE)
    return np.asarray(np.pi / 2 - local.alt.rad), np.asarray(azimuth % (2 * np.pi))


@cache
def _time_and_place(mjd: float) -> tuple[Time, EarthLocation]:
    """Return when and where in astropy's words."""
    # Earth rotation comes with the package astropy-iers-data; beyond its end the error is
    # far below a pixel. A job must not wait for a download.
    conf.auto_download = False
    conf.auto_max_age = None
    conf.iers_degraded_accuracy = "warn"
    return Time(mjd, format="mjd", scale="utc"), EarthLocation.from_geodetic(LONGITUDE, LATITUDE)
