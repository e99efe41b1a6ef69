"""What lies around an object on the reference image: stars, galaxies, its host."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulate.ztf import sky
from pipeline.sky.constants import SPEED_OF_LIGHT_KM_S

HALF_STAMP = 31  # pixels
HUBBLE = 70.0  # km/s/Mpc
DECELERATION = -0.55


@dataclass(frozen=True)
class Sources:
    """Sources around an object, shape (k,) each; `x`, `y` are pixels from the object."""

    x: np.ndarray
    y: np.ndarray
    mags: np.ndarray  # (4, k): g, r, i, z
    starness: np.ndarray  # 0 = galaxy to 1 = star
    extent: np.ndarray  # (2, k): how much broader than the PSF along x and y [pixels]
    redshift: np.ndarray  # NaN for stars
    rendered: np.ndarray  # False for the host, which has a profile of its own

    def distance_arcsec(self, x: float = 0.0, y: float = 0.0) -> np.ndarray:
        """Return the distances from a place given in pixels from the object [arcsec]."""
        return np.hypot(self.x - x, self.y - y) * sky.PIXEL_ARCSEC


@dataclass(frozen=True)
class Host:
    """A galaxy with an exponential profile; `x`, `y` are pixels from the object."""

    x: float
    y: float
    mag_r: float
    colour: float  # g - r
    half_light_px: float
    axis_ratio: float
    angle: float  # of the major axis, from x to y [rad]
    redshift: float


def luminosity_distance_mpc(redshift: float) -> float:
    """Return the distance to second order in z (Weinberg 1972, eq. 14.6.8) [Mpc].

    >>> round(luminosity_distance_mpc(0.05))
    222
    """
    return SPEED_OF_LIGHT_KM_S / HUBBLE * redshift * (1 + (1 - DECELERATION) / 2 * redshift)


def distance_modulus(redshift: float) -> float:
    """Return m - M."""
    return 5 * np.log10(luminosity_distance_mpc(redshift)) + 25


def draw_host(rng: np.random.Generator, redshift: float, *, centred: bool) -> Host:
    """Draw a galaxy at this redshift with the object in its nucleus, or in its disc."""
    kpc_per_px = (
        luminosity_distance_mpc(redshift)
        * 1e3
        / (1 + redshift) ** 2
        * np.radians(sky.PIXEL_ARCSEC / 3600)
    )
    half_light = float(np.clip(rng.lognormal(np.log(4.0), 0.4) / kpc_per_px, 0.6, 9.0))
    mag_r = distance_modulus(redshift) + rng.normal(-20.5, 0.9)
    away = 0.0 if centred else half_light * rng.rayleigh(0.7)
    angle = rng.uniform(0, 2 * np.pi)
    return Host(
        x=away * np.cos(angle),
        y=away * np.sin(angle),
        mag_r=float(max(mag_r, 12.5)),
        colour=rng.normal(0.6, 0.15),
        half_light_px=half_light,
        axis_ratio=rng.uniform(0.3, 1.0),
        angle=rng.uniform(0, np.pi),
        redshift=redshift,
    )


def draw_sources(
    rng: np.random.Generator, latitude: float, host: Host | None, centre: np.ndarray | None
) -> Sources:
    """Draw what lies within a stamp.

    Parameters
    ----------
    rng : numpy.random.Generator
        Random numbers of this object.
    latitude : float
        Galactic latitude [deg]: stars crowd near the plane.
    host : Host or None
        The object's galaxy.
    centre : ndarray of shape (4,) or None
        g, r, i, z magnitudes of a star at the object's own place.

    Returns
    -------
    Sources
        The star at the centre first, then stars, galaxies, the host.
    """
    stars = 1 + min(rng.poisson(3.0 + 14.0 * np.exp(-abs(latitude) / 15)), 60)
    galaxies = rng.poisson(0.8)
    k = stars + galaxies
    x, y = rng.uniform(-HALF_STAMP - 1, HALF_STAMP + 1, (2, k))
    # counts grow as 10^(0.3 m) for stars, up to the depth of the reference
    slope = np.where(np.arange(k) < stars, 0.3, 0.5)
    mag_r = 22.5 + np.log10(np.maximum(rng.random(k), 1e-4)) / slope
    colour = rng.normal(0.65, 0.3, k)
    mags = mag_r + np.array([1.0, 0.0, -0.4, -0.6])[:, None] * colour
    starness = np.where(np.arange(k) < stars, 1 - rng.beta(1, 15, k), rng.beta(1, 8, k))
    extent = np.where(np.arange(k) < stars, 0.0, rng.uniform(0.3, 2.0, (2, k)))
    redshift = np.full(k, np.nan)
    redshift[stars:] = 0.12 * 10 ** (0.2 * (mag_r[stars:] - 19)) * rng.lognormal(0, 0.3, galaxies)
    if centre is not None:
        x[0] = y[0] = 0.0
        mags[:, 0], starness[0] = centre, 0.97
    rendered = np.ones(k, bool)
    if host is not None:
        x, y = np.append(x, host.x), np.append(y, host.y)
        host_mags = host.mag_r + np.array([1.0, 0.0, -0.3, -0.5]) * host.colour
        mags = np.column_stack([mags, host_mags])
        starness, rendered = np.append(starness, rng.beta(1, 20)), np.append(rendered, False)
        extent = np.column_stack([extent, np.zeros(2)])
        redshift = np.append(redshift, host.redshift)
    return Sources(x, y, mags, starness, extent, redshift, rendered)
