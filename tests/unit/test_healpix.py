import healpy
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.sky import healpix

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


def everywhere(chance, number):
    """Return positions all over the sphere, on edges of pixels, and close to the poles."""
    near = 90 - 10 ** chance.uniform(-9, 0, 200)
    grid = np.meshgrid(np.arange(-180, 541, 22.5), [-90, -41.81, 0, 45, 90.0])
    edges = np.meshgrid(np.arange(0, 361, 45.0), np.degrees(np.arcsin([-2 / 3, 2 / 3])))
    lon = [chance.uniform(-360, 720, number), chance.uniform(0, 360, 400), grid[0], edges[0]]
    lat = [np.degrees(np.arcsin(chance.uniform(-1, 1, number))), near, -near, grid[1], edges[1]]
    return (np.concatenate([np.ravel(part) for part in parts]) for parts in (lon, lat))


@pytest.mark.parametrize("nest", [False, True])
@pytest.mark.parametrize("order", range(30))
def test_all_is_as_healpy_says(order, nest):
    nside = 1 << order
    lon, lat = everywhere(np.random.default_rng(order), 5_000)
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


@pytest.mark.parametrize("nest", [False, True])
@pytest.mark.parametrize("order", range(5))
def test_every_pixel_of_the_coarse_orders(order, nest):
    nside = 1 << order
    pixel = np.arange(12 * nside**2)
    assert np.array_equal(healpix.ring_to_nest(nside, pixel), healpy.ring2nest(nside, pixel))
    vec = healpix.pixel_to_vec(nside, pixel, nest=nest)
    assert np.array_equal(vec.T, healpy.pix2vec(nside, pixel, nest=nest))
    around = healpix.with_neighbours(nside, pixel, nest=nest)[1:]
    assert np.array_equal(around, healpy.get_all_neighbours(nside, pixel, nest=nest))


def test_shapes_are_those_of_what_comes_in():
    lon, lat = np.full((2, 3), 10.0), np.full((2, 3), 30.0)
    pixel = healpix.lonlat_to_pixel(16, lon, 30.0)
    assert (pixel.shape, pixel.dtype) == ((2, 3), np.int64)
    assert np.array_equal(healpix.vec_to_pixel(16, healpix.lonlat_to_vec(lon, lat)), pixel)
    assert healpix.pixel_to_vec(16, pixel).shape == (2, 3, 3)
    assert healpix.nest_to_ring(16, pixel).shape == healpix.ring_to_nest(16, pixel).shape == (2, 3)
    assert np.ndim(healpix.lonlat_to_pixel(16, 10.0, 20.0)) == 0
    assert np.ndim(healpix.pixel_to_lonlat(16, 7)[0]) == 0
    assert healpix.pixel_to_vec(16, 7).shape == (3,)
    assert healpix.with_neighbours(16, [], nest=True).shape == (9, 0)
    assert len(healpix.lonlat_to_pixel(16, [], [])) == 0


@pytest.mark.parametrize("pixel", [-1, 768])
@pytest.mark.parametrize(
    "function",
    [
        healpix.ring_to_nest,
        healpix.nest_to_ring,
        healpix.pixel_to_vec,
        healpix.pixel_to_lonlat,
        healpix.with_neighbours,
    ],
)
def test_no_pixel_of_that_number(function, pixel):
    with pytest.raises(ValueError, match=r"not in \[0, 768\), those of nside 8"):
        function(8, [3, pixel])


@pytest.mark.parametrize("vec", [(0, 0, 0), (np.nan, 0, 1), (0, np.inf, 1)])
def test_no_pixel_of_a_vector_without_direction(vec):
    with pytest.raises(ValueError, match="zero or not finite"):
        healpix.vec_to_pixel(8, [(1.0, 0.0, 0.0), vec])


@pytest.mark.parametrize(("lon", "lat"), [(0, 90.1), (0, np.nan), (np.nan, 0), (np.inf, 0)])
def test_no_pixel_without_a_position(lon, lat):
    with pytest.raises(ValueError, match="latitude"):
        healpix.lonlat_to_pixel(8, [1.0, lon], [1.0, lat])


@pytest.mark.parametrize("nest", [False, True])
@pytest.mark.parametrize("nside", [1, 2, 64, 512])
def test_discs_are_as_healpy_says(nest, nside):
    chance = np.random.default_rng(nside)
    chosen = [(10, 90, 3), (200, -89, 5), (359.9, 0, 2), (45, 41.8, 20), (0, 0, 180), (7, 8, 0)]
    more = zip(
        chance.uniform(-360, 720, 40),
        np.degrees(np.arcsin(chance.uniform(-1, 1, 40))),
        10 ** chance.uniform(-2, np.log10(60), 40),
        strict=True,
    )
    for lon, lat, radius in [*chosen, *more]:
        ours = healpix.query_disc(nside, lon, lat, radius, nest=nest)
        centre = healpix.lonlat_to_vec(lon, lat)
        theirs = healpy.query_disc(nside, centre, np.radians(radius), nest=nest)
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
