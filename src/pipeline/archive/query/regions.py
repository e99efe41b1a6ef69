"""A credible region for who has no cone index: a circle around it, and the levels within."""

from collections.abc import Sequence

import numpy as np

from pipeline.archive.cones.regions import Area
from pipeline.sky.healpix import pixel_to_vec, vec_to_lonlat

ORDER = 6
"""Of the pixels that a circle is drawn around; the farthest corner is within `MARGIN`."""
MARGIN = np.radians(1.0)


def circle_around(area: Area) -> tuple[tuple[float, float], float] | None:
    """Return a centre [deg] and a radius [rad] around a region; None if it is all over the sky."""
    region = area.skymap.region(area.level)
    if region.frame != "icrs":
        return None
    begin, end = region.at_order(ORDER)
    pixels = np.concatenate([np.arange(a, b) for a, b in zip(begin, end, strict=True)])
    vec = pixel_to_vec(1 << ORDER, pixels, nest=True)
    middle = vec.sum(axis=0)
    length = np.linalg.norm(middle)
    if length < 0.5 * len(vec):
        return None
    middle /= length
    radius = float(np.arccos(np.clip((vec @ middle).min(), -1, 1)) + MARGIN)
    lon, lat = vec_to_lonlat(middle)
    return (float(lon), float(lat)), radius


def levels_inside(area: Area, points: Sequence[Sequence[float]]) -> list[int]:
    """Return which points of GeoJSON (ra - 180, dec) are inside a region, by their level."""
    places = np.array(points, np.float64).reshape(-1, 2)
    found = area.skymap.at(places[:, 0] + 180, places[:, 1])
    most = max(area.level, float(area.skymap.level.min()))
    inside = np.flatnonzero((found.level <= most) & (found.cell >= 0))
    return inside[np.argsort(found.level[inside], kind="stable")].tolist()
