import healpy
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline import healpix

orders = st.integers(0, healpix.MAX_ORDER)
lons = st.floats(-360, 720)
lats = st.floats(-90, 90)


@st.composite
def pixels(draw):
    nside = 1 << draw(orders)
    return nside, draw(st.integers(0, 12 * nside**2 - 1))


def displaced(vec, distance, azimuth):
    """Return the point at an angle [rad] and a direction from another one."""
    east = np.cross([0.0, 0.0, 1.0], vec)
    east = east / np.linalg.norm(east) if np.any(east) else np.array([0.0, 1.0, 0.0])
    towards = np.cos(azimuth) * np.cross(vec, east) + np.sin(azimuth) * east
    return np.cos(distance) * vec + np.sin(distance) * towards


@given(lons, lats)
def test_vectors_are_unit_and_go_back(lon, lat):
    vec = healpix.lonlat_to_vec(lon, lat)
    assert np.linalg.norm(vec) == pytest.approx(1, abs=1e-15)
    back_lon, back_lat = healpix.vec_to_lonlat(vec)
    assert 0 <= back_lon < 360
    assert back_lat == pytest.approx(lat, abs=1e-7)
    assert healpix.lonlat_to_vec(back_lon, back_lat) == pytest.approx(vec, abs=1e-15)


@given(st.integers(0, 20), lons, lats, st.booleans())
def test_longitude_wraps(order, lon, lat, nest):
    nside = 1 << order
    pixel = healpix.lonlat_to_pixel(nside, lon, lat, nest=nest)
    vec = healpix.lonlat_to_vec(lon, lat)
    around = healpix.with_neighbours(nside, [pixel], nest=nest)
    # an edge of a pixel may fall to either side by rounding
    assert healpix.vec_to_pixel(nside, vec, nest=nest) in around
    assert healpix.lonlat_to_pixel(nside, lon + 360, lat, nest=nest) in around


@given(pixels(), st.booleans())
def test_centres_lie_in_their_pixels(pixel, nest):
    nside, number = pixel
    lon, lat = healpix.pixel_to_lonlat(nside, number, nest=nest)
    assert healpix.lonlat_to_pixel(nside, lon, lat, nest=nest) == number
    assert healpix.pixel_to_vec(nside, number, nest=nest) == pytest.approx(
        healpix.lonlat_to_vec(lon, lat), abs=1e-9
    )


@pytest.mark.parametrize("nest", [False, True])
@pytest.mark.parametrize("order", [0, 1, 3, 9, 16, 18])
def test_all_is_as_healpy_says(order, nest):
    nside = 1 << order
    chance = np.random.default_rng(order)
    lon = np.concatenate([chance.uniform(-360, 720, 2000), np.repeat([0, 45, 90, 360.0], 5)])
    lat = np.concatenate([chance.uniform(-90, 90, 2000), np.tile([-90, -41.81, 0, 45, 90.0], 4)])
    pixel = healpix.lonlat_to_pixel(nside, lon, lat, nest=nest)
    assert np.array_equal(pixel, healpy.ang2pix(nside, lon, lat, nest=nest, lonlat=True))
    vec = healpix.lonlat_to_vec(lon, lat)
    ours, theirs = healpix.vec_to_pixel(nside, vec, nest=nest), healpy.vec2pix(nside, *vec.T, nest)
    assert np.array_equal(ours, theirs)
    centre = healpix.pixel_to_lonlat(nside, pixel, nest=nest)
    theirs = healpy.pix2ang(nside, pixel, nest=nest, lonlat=True)
    np.testing.assert_allclose(centre, theirs, rtol=0, atol=2e-14)
    vec = healpix.pixel_to_vec(nside, pixel, nest=nest)
    assert np.array_equal(vec.T, healpy.pix2vec(nside, pixel, nest=nest))
    around = healpix.with_neighbours(nside, pixel, nest=nest)[1:]
    assert np.array_equal(around, healpy.get_all_neighbours(nside, pixel, nest=nest))
    assert np.array_equal(healpix.ring_to_nest(nside, pixel), healpy.ring2nest(nside, pixel))
    assert np.array_equal(healpix.nest_to_ring(nside, pixel), healpy.nest2ring(nside, pixel))


@pytest.mark.parametrize(("lon", "lat"), [(0, 90.1), (0, np.nan), (np.nan, 0), (np.inf, 0)])
def test_no_pixel_without_a_position(lon, lat):
    with pytest.raises(ValueError, match="latitude"):
        healpix.lonlat_to_pixel(8, [1.0, lon], [1.0, lat])


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("nest", [False, True])
def test_discs_are_as_healpy_says(nest, inclusive):
    for lon, lat, radius in [
        (10, 90, 3),
        (200, -89, 5),
        (359.9, 0, 2),
        (45, 41.8, 20),
        (0, 0, 180),
    ]:
        ours = healpix.query_disc(64, lon, lat, radius, inclusive=inclusive, nest=nest)
        centre = healpix.lonlat_to_vec(lon, lat)
        theirs = healpy.query_disc(64, centre, np.radians(radius), inclusive=inclusive, nest=nest)
        assert np.array_equal(ours, np.sort(theirs))


@given(pixels())
def test_ring_and_nested_are_permutations(pixel):
    nside, number = pixel
    assert healpix.nest_to_ring(nside, healpix.ring_to_nest(nside, number)) == number


@given(pixels())
@example((1 << 29, 12 * (1 << 58) - 1))
@example((1, 0))
def test_uniq_goes_back(pixel):
    assert healpix.uniq_to_nested(healpix.nested_to_uniq(*pixel)) == pixel


def test_uniq_numbers_all_orders_without_a_gap():
    uniq = np.concatenate([healpix.nested_to_uniq(n, np.arange(12 * n**2)) for n in (1, 2, 4)])
    assert uniq.tolist() == list(range(4, 4 + 12 + 48 + 192))


@pytest.mark.parametrize("nest", [True, False])
def test_children_partition_the_sphere_and_lie_inside(nest):
    children = healpix.children(4, np.arange(192), nside_out=16, nest=nest)
    assert children.shape == (192, 16)
    assert sorted(children.ravel()) == list(range(12 * 16**2))
    centres = healpix.pixel_to_vec(16, children, nest=nest)
    parents = healpix.vec_to_pixel(4, centres, nest=nest)
    assert (parents == np.arange(192)[:, np.newaxis]).all()


def test_pixel_area_adds_up():
    assert healpix.pixel_area(64) * 12 * 64**2 == pytest.approx(4 * np.pi, rel=1e-15)
    assert healpix.pixel_area([1, 2]).shape == (2,)


@pytest.mark.parametrize(("lon", "lat"), [(0.0, 90.0), (359.9, -1.0), (45.0, 41.8), (10, -90)])
def test_query_disc_is_all_centres_within(lon, lat):
    centre = healpix.lonlat_to_vec(lon, lat)
    for nest in (True, False):
        near = healpix.pixel_to_vec(32, np.arange(12 * 32**2), nest=nest) @ centre
        expected = np.flatnonzero(near >= np.cos(np.radians(7.3)))
        found = healpix.query_disc(32, lon, lat, 7.3, nest=nest)
        assert found.tolist() == expected.tolist()
        wider = healpix.query_disc(32, lon, lat, 7.3, inclusive=True, nest=nest)
        assert set(found) < set(wider)


@pytest.mark.parametrize("nside", [0, 3, -2, 1 << 30])
def test_order_of_no_nside(nside):
    with pytest.raises(ValueError, match=f"nside {nside} is not a power of 2"):
        healpix.order_of(nside)


# Poles, corners where three or four base faces meet, middles of their edges, the RA wrap.
SPECIAL = [
    *((lon, sign * 90.0) for lon in (0.0, 120.0) for sign in (1, -1)),
    *((45.0 * k, sign * np.degrees(np.arcsin(2 / 3))) for k in range(8) for sign in (1, -1)),
    *((45.0 * k, 0.0) for k in range(8)),
    (0.0, 10.0),
    (0.0, -20.0),
]
positions = st.one_of(
    st.tuples(lons, lats),
    # up to some radii off a special point, seen from the disc
    st.tuples(st.sampled_from(SPECIAL), st.floats(0, 3), st.floats(0, 2 * np.pi)),
)


@settings(max_examples=400)
@given(
    positions,
    st.floats(-2.5, 1.5).map(lambda x: 10.0**x),
    st.floats(0, 2 * np.pi),
    st.floats(0, 1),
)
def test_a_pixel_and_its_neighbours_cover_the_disc(position, radius, azimuth, fraction):
    if len(position) == 2:
        vec = healpix.lonlat_to_vec(*position)
    else:
        (lon, lat), off, direction = position
        vec = displaced(healpix.lonlat_to_vec(lon, lat), off * np.radians(radius), direction)
    nside = 1 << healpix.order_covering(radius)
    covered = healpix.with_neighbours(
        nside, [healpix.vec_to_pixel(nside, vec, nest=True)], nest=True
    )
    for far in (fraction, 1.0):
        point = displaced(vec, far * np.radians(radius), azimuth)
        assert healpix.vec_to_pixel(nside, point, nest=True) in covered


@pytest.mark.parametrize("order", [1, 2, 3])
def test_neighbour_margin(order):
    """No boundary of a pixel comes nearer to the outside of its neighbourhood."""
    nside = 1 << order
    least = np.inf
    for face in (0, 4):  # the others are these turned
        for pixel in range(face * nside**2, (face + 1) * nside**2):
            inside = healpix.with_neighbours(nside, [pixel], nest=True).ravel()
            ring = healpix.with_neighbours(nside, inside[inside >= 0], nest=True).ravel()
            outside = np.setdiff1d(ring[ring >= 0], inside)
            edge = healpy.boundaries(nside, pixel, step=8, nest=True).T
            edges = healpy.boundaries(nside, outside, step=8, nest=True)
            nearest = (edge @ edges.transpose(1, 0, 2).reshape(3, -1)).max()
            least = min(least, np.arccos(nearest))
    assert healpix.NEIGHBOUR_MARGIN < least * nside < 0.8


@pytest.mark.parametrize("radius", [0.0, -1.0, 39.0, np.nan])
def test_no_order_covers(radius):
    with pytest.raises(ValueError, match="not covered"):
        healpix.order_covering(radius)


def test_the_finest_order_for_tiny_discs():
    assert healpix.order_covering(1e-12) == healpix.MAX_ORDER
