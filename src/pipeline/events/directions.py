"""Detector and sky: IceCube's zenith and azimuth, directions of travel, ICRS.

Zenith and azimuth say where a particle came *from*; the vector of its travel points the
other way. IceCube's azimuth is counted from grid east anticlockwise; the azimuth of
astronomers at the detector is π/2 − azimuth − longitude (`astro` in IceTray, which wraps
PALpy).
"""

from collections.abc import Iterator
from contextlib import contextmanager

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


def to_icrs(zenith: ArrayLike, azimuth: ArrayLike, mjd: float) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascension in [0, 360) and declination, ICRS [deg].

    Parameters
    ----------
    zenith, azimuth : array_like
        Whence the particles came [rad].
    mjd : float
        UTC [d].
    """
    with earth_rotation_as_shipped():
        sky = SkyCoord(
            az=np.pi / 2 - np.asarray(azimuth) - np.radians(LONGITUDE),
            alt=np.pi / 2 - np.asarray(zenith),
            unit="rad",
            frame=_detector_at(mjd),
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
    with earth_rotation_as_shipped():
        local = SkyCoord(ra=ra, dec=dec, unit="deg", frame="icrs").transform_to(_detector_at(mjd))
    azimuth = np.pi / 2 - local.az.rad - np.radians(LONGITUDE)
    return np.asarray(np.pi / 2 - local.alt.rad), np.asarray(azimuth % (2 * np.pi))


@contextmanager
def earth_rotation_as_shipped() -> Iterator[None]:
    """Take the Earth's rotation from the package astropy-iers-data alone, inside the block.

    A job must not wait for a download, and its result must not depend on one. Past the end
    of the table UT1 counts as UTC, with a warning (`pipeline.events.event.LAST_MJD`).
    Afterwards astropy's settings are what they were: they are those of the whole process.
    """
    with (
        conf.set_temp("auto_download", False),
        conf.set_temp("auto_max_age", None),
        conf.set_temp("iers_degraded_accuracy", "warn"),
    ):
        yield


def _detector_at(mjd: float) -> AltAz:
    """Return the frame of azimuth and altitude at the detector."""
    time = Time(mjd, format="mjd", scale="utc")
    return AltAz(obstime=time, location=EarthLocation.from_geodetic(LONGITUDE, LATITUDE))
