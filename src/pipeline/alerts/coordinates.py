"""Galactic and ecliptic coordinates, and positions as text."""

import numpy as np

# Equatorial J2000 to galactic: Liu, Zhu & Zhang 2011, A&A 526, A16, eq. 9 (after Murray
# 1989, A&A 218, 325). The frame bias of the ICRS (0.02") is left out, as Kowalski does.
_GALACTIC = np.array(
    [
        [-0.054875539390, -0.873437104725, -0.483834991775],
        [+0.494109453633, -0.444829594298, +0.746982248696],
        [-0.867666135681, -0.198076389622, +0.455983794523],
    ]
)
_OBLIQUITY = np.radians(84381.448 / 3600.0)
"""Mean obliquity of J2000: Lieske et al. 1977, A&A 58, 1 (IAU 1976)."""
_ECLIPTIC = np.array(
    [
        [1.0, 0.0, 0.0],
        [0.0, np.cos(_OBLIQUITY), np.sin(_OBLIQUITY)],
        [0.0, -np.sin(_OBLIQUITY), np.cos(_OBLIQUITY)],
    ]
)


def galactic(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return galactic l in (−180, 180] and b [deg] of J2000 positions [deg]."""
    return _rotate(_GALACTIC, ra, dec)


def ecliptic(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return λ in [0, 360) and β [deg] in the mean ecliptic of J2000 of J2000 positions [deg].

    A rotation by the obliquity. (astropy's ``GeocentricMeanEcliptic`` would add the
    Earth's aberration at J2000, up to 20", which no alert's position has.)
    """
    lon, lat = _rotate(_ECLIPTIC, ra, dec)
    return wrapped(lon), lat


def wrapped(angle: np.ndarray) -> np.ndarray:
    """Return angles [deg] in [0, 360): the remainder of −1e-17 rounds to 360.

    >>> wrapped(np.array([-1e-17, 360.0, -1.0])).tolist()
    [0.0, 0.0, 359.0]
    """
    angle = np.mod(angle, 360.0)
    return np.where(angle == 360.0, 0.0, angle)


def _rotate(matrix: np.ndarray, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ra, dec = np.radians(ra), np.radians(dec)
    vector = np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)
    # Sums element by element: a matrix product's last digit depends on how many there are.
    x, y, z = (row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2] for row in matrix)
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def sexagesimal(ra: float, dec: float) -> tuple[str, str]:
    """Return a position as ``HH:MM:SS.ssss`` and ``±DD:MM:SS.sss``.

    Unlike Kowalski's, seconds never print as 60, every declination has its sign, and
    all fields are padded with zeros.

    Parameters
    ----------
    ra : float
        Right ascension [deg], any real number.
    dec : float
        Declination [deg], in [−90, 90].

    Examples
    --------
    >>> sexagesimal(71.6577756, -1.2263957)
    ('04:46:37.8661', '-01:13:35.025')
    >>> sexagesimal(359.99999999, 89.99999999)
    ('00:00:00.0000', '+90:00:00.000')
    """
    if not (np.isfinite(ra) and -90.0 <= dec <= 90.0):
        raise ValueError(f"no position: ra={ra}, dec={dec}")
    ticks = round(ra / 15.0 * 3600.0 * 10_000) % (24 * 3600 * 10_000)
    hours, minutes, seconds = _split(ticks, 10_000)
    ra_text = f"{hours:02d}:{minutes:02d}:{seconds:07.4f}"
    degrees, minutes, seconds = _split(round(abs(dec) * 3600.0 * 1000), 1000)
    sign = "-" if dec < 0 else "+"
    return ra_text, f"{sign}{degrees:02d}:{minutes:02d}:{seconds:06.3f}"


def _split(ticks: int, per_second: int) -> tuple[int, int, float]:
    """Split a whole number of ticks into hours (or degrees), minutes and seconds."""
    whole, rest = divmod(ticks, 3600 * per_second)
    minutes, rest = divmod(rest, 60 * per_second)
    return whole, minutes, rest / per_second
