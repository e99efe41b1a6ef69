"""Regions on the page's map of the sky are filled where they are: over the edge and the poles."""

import re

import numpy as np
import pytest
from mapfiles import flat
from matplotlib.path import Path as Polygon

from pipeline.report.mollweide import HEIGHT, WIDTH, unproject
from pipeline.report.sky_lines import line_path, region_path
from pipeline.sky.healpix import lonlat_to_vec, pixel_to_lonlat
from pipeline.sky.maps.outline import outline_of
from pipeline.sky.maps.read import read_map
from pipeline.sky.maps.skymap import pixels_of

STEP = 4
X, Y = (a.ravel() for a in np.meshgrid(*(np.arange(STEP / 2, n, STEP) for n in (WIDTH, HEIGHT))))
RA, DEC, ON_SKY = unproject(X, Y)


def filled(d):
    """Return which points a path fills by the even-odd rule."""
    inside = np.zeros(X.shape, dtype=bool)
    for part in d.split("M")[1:]:
        points = np.array([[float(v) for v in p.split()] for p in re.split("L", part)])
        inside ^= Polygon(points).contains_points(np.column_stack([X, Y]))
    return inside & ON_SKY


def angle(nside, ra, dec):
    """Return how far the nested pixels are from a place [deg]."""
    there = lonlat_to_vec(*pixel_to_lonlat(nside, np.arange(12 * nside**2), nest=True))
    return np.degrees(np.arccos(np.clip(there @ lonlat_to_vec(ra, dec), -1, 1)))


def gaussian(ra, dec, sigma):
    return np.exp(-0.5 * (angle(64, ra, dec) / sigma) ** 2)


def zone(ra, dec, away):
    """Return a belt around a pole of its own."""
    belt = np.exp(-0.5 * ((angle(64, ra, dec) - away) / 4) ** 2)
    return belt * (1 + 0.1 * np.cos(np.radians(angle(64, 70.0, 0.0))))


DENSITIES = {
    "amid": gaussian(180, 20, 10),
    "on the edge": gaussian(0, 0, 4),
    "on the edge, wide": gaussian(1, 10, 40),
    "most of the sky": gaussian(180, 0, 70),
    "north pole": gaussian(10, 90, 7),
    "south pole": gaussian(10, -90, 7),
    "beside a pole": gaussian(200, 85, 6),
    "edge and close to a pole": gaussian(3, 75, 7),
    "edge and close to the other": gaussian(355, -60, 10),
    "a zone of declinations": zone(0, 90, 50),
    "a zone across the edge": zone(200, 60, 70),
    "on the equator": zone(0, 90, 90),
    "a cap, all as dense": (angle(64, 355, 40) < 15) * 1.0,
    "everything": np.ones(12 * 64**2),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_a_region_is_filled_where_it_is(tmp_path, name):
    (tmp_path / "m.fits").write_bytes(flat(DENSITIES[name], nside=64))
    skymap = read_map(tmp_path / "m.fits")
    rings = [np.array(line) for line in outline_of(skymap, 0.9)]
    assert all(np.array_equal(ring[0], ring[-1]) for ring in rings)
    drawn = filled(region_path(rings, *map(float, skymap.peak)))
    there = np.zeros(drawn.shape, dtype=bool)
    there[ON_SKY] = skymap.region(0.9).holds(pixels_of(RA[ON_SKY], DEC[ON_SKY], skymap.frame))
    other = int((drawn ^ there).sum())
    assert there.sum() > 10
    assert other <= 0.01 * ON_SKY.sum() + 0.05 * there.sum()
    assert other < 0.35 * there.sum()


def test_lines_that_are_not_closed_stay_lines():
    ra, dec = np.array([350.0, 355.0, 5.0, 10.0]), np.zeros(4)
    d = region_path([np.column_stack([ra, dec]), np.empty((0, 2))], 0.0, 0.0)
    assert d.count("M") == 2
    assert d == line_path(ra, dec)
