"""The border of a credible region as lines to draw: no finer than a picture of the sky shows."""

import contourpy
import numpy as np

from pipeline.sky import healpix
from pipeline.sky.maps.skymap import SkyMap, to_icrs

NEAR_DEG = 30.0
"""A region that reaches less far from its peak is drawn around it, others over the whole sky."""
ORDER = 8
"""Of the pixels, 0.2 degrees wide, by which that is told."""
WIDE_STEP_DEG, NEAR_STEPS = 0.5, 96
LAST_RA = 359.99
"""Of a grid of the whole sky: what is 360 to the last digit would stand at its other end."""

OUTSIDE = 2.0
"""Above every level: what the outermost points of a grid count as, so that each line is closed."""

Polygons = list[list[tuple[float, float]]]


def outline_of(skymap: SkyMap, level: float) -> Polygons:
    """Return the border of all that is of at most a level.

    Parameters
    ----------
    skymap : SkyMap
    level : float
        In (0, 1).

    Returns
    -------
    list of list of (float, float)
        Right ascension and declination (ICRS) [deg] along each line, to 0.01; each is closed,
        those of a wide region along 0 h and over the poles. What is narrower than a step of the
        grid may be cut or missing: a region is asked by `SkyMap.region`.
    """
    ra, dec = (float(angle) for angle in to_icrs(*skymap.peak, skymap.frame))
    reach = _reach(skymap, level, ra, dec)
    grid = _near(ra, dec, reach) if reach < NEAR_DEG else _wide()
    at = skymap.at(*grid)
    if at.level.min() < level:
        values, border = at.level, level
    else:  # a region is at least its peak, or all that is as dense: beyond, a level may be the same
        values, border = np.where((at.level > at.level.min()) | (at.density <= 0), 1.0, 0.0), 0.5
    values[[0, -1]], values[:, [0, -1]] = OUTSIDE, OUTSIDE
    lines = contourpy.contour_generator(z=values).lines(border)
    return [_on_sky(np.asarray(line), *grid) for line in lines]


def _reach(skymap: SkyMap, level: float, ra: float, dec: float) -> float:
    """Return how far a region reaches from a position [deg], a margin added."""
    begin, end = skymap.region(level).at_order(ORDER)
    if (end - begin).sum() > healpix.query_disc(1 << ORDER, ra, dec, NEAR_DEG).size:
        return 180.0
    pixel = np.concatenate([np.arange(a, b) for a, b in zip(begin, end, strict=True)])
    there = to_icrs(*healpix.pixel_to_lonlat(1 << ORDER, pixel, nest=True), skymap.frame)
    apart = healpix.lonlat_to_vec(*there) @ healpix.lonlat_to_vec(ra, dec)
    return float(np.degrees(np.arccos(np.clip(apart.min(), -1.0, 1.0)))) + 0.5


def _wide() -> tuple[np.ndarray, np.ndarray]:
    """Return positions of a grid of the whole sky [deg], whose outermost stand twice."""
    ra = np.arange(0.0, 360.0 + WIDE_STEP_DEG / 2, WIDE_STEP_DEG)
    dec = np.arange(-90.0, 90.0 + WIDE_STEP_DEG / 2, WIDE_STEP_DEG)
    both = np.meshgrid(np.pad(np.minimum(ra, LAST_RA), 1, "edge"), np.pad(dec, 1, "edge"))
    return both[0], both[1]


def _near(ra: float, dec: float, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Return positions of a gnomonic grid around a centre [deg]."""
    side = np.tan(np.radians(reach)) * np.linspace(-1.0, 1.0, NEAR_STEPS)
    east, north = np.meshgrid(side, side)
    a, d = np.radians(ra), np.radians(dec)
    centre = np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    to_east = np.array([-np.sin(a), np.cos(a), 0.0])
    to_north = np.cross(centre, to_east)
    vec = centre + east[..., None] * to_east + north[..., None] * to_north
    return healpix.vec_to_lonlat(vec / np.linalg.norm(vec, axis=-1, keepdims=True))


def _on_sky(line: np.ndarray, ra: np.ndarray, dec: np.ndarray) -> list[tuple[float, float]]:
    """Return the positions of points [column, row] of a grid, between its own."""
    corner = np.minimum(line.astype(int), np.array(ra.shape)[::-1] - 2)
    share = line - corner
    vec = np.zeros((len(line), 3))
    for across, up in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = np.prod(np.abs(1 - np.array([across, up]) - share), axis=1)
        at = corner[:, 1] + up, corner[:, 0] + across
        vec += weight[:, None] * healpix.lonlat_to_vec(ra[at], dec[at])
    found = np.round(healpix.vec_to_lonlat(vec), 2)
    return [(lon, lat) for lon, lat in found.T.tolist()]
