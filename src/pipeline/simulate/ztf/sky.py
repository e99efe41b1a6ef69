"""Positions: from pixels of a readout channel to the sky, from the sky to the Galaxy."""

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

PIXEL_ARCSEC = 1.01
CHIP = (3072, 3080)  # pixels of a readout channel along x and y
CHANNEL_PITCH_DEG = 0.9

Number = TypeVar("Number", float, np.ndarray)


def pixel_to_sky(
    field_ra: float, field_dec: float, rcid: int, x: ArrayLike, y: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Project pixels of a readout channel onto the sky (gnomonic, north up, east left).

    Parameters
    ----------
    field_ra, field_dec : float
        Centre of the field, J2000 [deg].
    rcid : int
        Readout channel, 0 to 63, in eight rows of eight.
    x, y : array_like of float
        Pixels, of equal shapes.

    Returns
    -------
    ra, dec : ndarray of float64
        J2000 [deg], ra in [0, 360). Inverse of the gnomonic projection: Calabretta &
        Greisen 2002 (A&A 395, 1077), section 5.1.3.
    """
    row, column = divmod(rcid, 8)
    scale = PIXEL_ARCSEC / 3600
    xi = np.radians(-((column - 3.5) * CHANNEL_PITCH_DEG + (np.asarray(x) - CHIP[0] / 2) * scale))
    eta = np.radians((row - 3.5) * CHANNEL_PITCH_DEG + (np.asarray(y) - CHIP[1] / 2) * scale)
    sin0, cos0 = np.sin(np.radians(field_dec)), np.cos(np.radians(field_dec))
    ahead = cos0 - eta * sin0
    ra = (field_ra + np.degrees(np.arctan2(xi, ahead))) % 360
    dec = np.degrees(np.arctan2(sin0 + eta * cos0, np.hypot(xi, ahead)))
    return ra, dec


def offset_sky(ra: float, dec: float, x: Number, y: Number) -> tuple[Number, Number]:
    """Return ra and dec [deg] of places some `x`, `y` pixels away (small angles)."""
    scale = PIXEL_ARCSEC / 3600
    return (ra - x * scale / np.cos(np.radians(dec))) % 360, dec + y * scale


def galactic_latitude(ra: float, dec: float) -> float:
    """Return the galactic latitude [deg] of a J2000 position.

    The pole at (192.85948, 27.12825): Hipparcos catalogue (ESA SP-1200), section 1.5.3.

    >>> abs(galactic_latitude(266.405, -28.936)) < 0.001  # Sgr A* less 0.05 deg
    True
    """
    ra, dec, pole = np.radians(ra - 192.85948), np.radians(dec), np.radians(27.12825)
    sine = np.sin(dec) * np.sin(pole) + np.cos(dec) * np.cos(pole) * np.cos(ra)
    return float(np.degrees(np.arcsin(sine)))


def palomar_sidereal_deg(jd: float) -> float:
    """Return the mean sidereal time at Palomar (longitude -116.86 deg) [deg].

    Greenwich mean sidereal time to 0.1 s: US Naval Observatory, Approximate Sidereal Time.
    """
    hours = 18.697374558 + 24.06570982441908 * (jd - 2451545.0)
    return (hours * 15 - 116.86) % 360
