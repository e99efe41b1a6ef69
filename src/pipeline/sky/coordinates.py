"""Galactic and ecliptic coordinates, and positions as text."""

import numpy as np

SEXAGESIMAL = (
    r"^\s*(?P<sign>[+-]?)(?P<whole>\d{1,3})(?:[:hd°]\s*|\s+)"
    r"(?P<minutes>\d{1,2})(?:[:m']\s*|\s+)(?P<seconds>\d{1,2}(?:\.\d*)?)[s\"]?\s*$"
)
"""A position as text: ``12:34:56.7``, ``+12 34 56.7``, ``12h34m56.7s`` or ``12d34m56.7s``."""


def _rotation(axis: int, angle: float) -> np.ndarray:
    """Return the matrix that turns the frame about an axis (0 is x) by an angle [deg]."""
    j, k = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[j, j] = matrix[k, k] = np.cos(np.radians(angle))
    matrix[j, k] = np.sin(np.radians(angle))
    matrix[k, j] = -matrix[j, k]
    return matrix


_MAS = 1.0 / 3_600_000.0
# ICRS to FK5: USNO Circular 179 (Kaplan 2005), section 3.5. Then the frame of IAU 1958, whose
# pole and node at J2000 are in Reid & Brunthaler 2004, ApJ 616, 872, appendix (more digits of
# them: astropy.coordinates.Galactic). Kowalski leaves the first out: 0.04" beside this.
_FK5 = _rotation(0, 19.9 * _MAS) @ _rotation(1, 9.1 * _MAS) @ _rotation(2, -22.9 * _MAS)
_POLE_RA, _POLE_DEC, _POLE_L = 192.8594812065348, 27.12825118085622, 122.9319185680026
_GALACTIC = (
    _rotation(2, 180.0 - _POLE_L) @ _rotation(1, 90.0 - _POLE_DEC) @ _rotation(2, _POLE_RA) @ _FK5
)
_OBLIQUITY = 84381.448 / 3600.0
"""Mean obliquity of J2000 [deg]: Lieske et al. 1977, A&A 58, 1 (IAU 1976)."""
_ECLIPTIC = _rotation(0, _OBLIQUITY)


def galactic(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return galactic l in (−180, 180] and b [deg] of positions in the ICRS [deg].

    The frame of ``astropy.coordinates.Galactic``, to its last digits.
    """
    return _rotate(_GALACTIC, ra, dec)


def equatorial(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascension in [0, 360) and declination [deg] of galactic positions [deg].

    >>> there = galactic(np.array([12.5]), np.array([-45.0]))
    >>> [float(angle.round(9)[0]) for angle in equatorial(*there)]
    [12.5, -45.0]
    """
    ra, dec = _rotate(_GALACTIC.T, lon, lat)
    return wrapped(ra), dec


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
