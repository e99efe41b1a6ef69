"""The cone search against all pairs computed plainly."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.entry import Source
from pipeline.crossmatch.store import open_store
from pipeline.sky import cones
from pipeline.sky.cones import pairs_within
from pipeline.sky.healpix import lonlat_to_vec

# Poles, the wrap, corners and edges of HEALPix base faces.
CENTRES = [(120.0, 90.0), (0.0, -90.0), (0.0, 10.0), (359.99999, -20.0), (45.0, 0.0)]
CENTRES += [(90.0, np.degrees(np.arcsin(2 / 3))), (0.0, -np.degrees(np.arcsin(2 / 3)))]


def store_of(folder, ra, dec):
    rows = {"ra": np.atleast_1d(ra).astype(float), "dec": np.atleast_1d(dec).astype(float)}
    pq.write_table(pa.table(rows), folder / "cat.parquet")
    build_store(folder / "cat.parquet", folder / "store", Source(path="cat.parquet"))
    return open_store(folder / "store")


def cloud(rng, centre, arcsec, n):
    """Return n positions around a centre, at radii up to some arcsec; some RA are negative."""
    east, north = rng.uniform(-1, 1, (2, n)) * arcsec / 3600
    vec = lonlat_to_vec(*centre)
    pole = np.array([0.0, 0.0, 1.0]) if abs(centre[1]) < 80 else np.array([1.0, 0.0, 0.0])
    x = np.cross(pole, vec)
    x /= np.linalg.norm(x)
    vec = vec + np.radians(east)[:, None] * x + np.radians(north)[:, None] * np.cross(vec, x)
    vec /= np.linalg.norm(vec, axis=1, keepdims=True)
    ra = np.degrees(np.arctan2(vec[:, 1], vec[:, 0]))  # (-180, 180]
    dec = np.degrees(np.arctan2(vec[:, 2], np.hypot(vec[:, 0], vec[:, 1])))
    return np.where(rng.random(n) < 0.5, ra % 360, ra), dec


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CENTRES),
    st.floats(-1, 3.5).map(lambda x: 10.0**x),
    st.floats(0.3, 3),
    st.integers(0, 2**32 - 1),
)
def test_all_pairs_and_no_other(tmp_path_factory, centre, radius, spread, seed):
    rng = np.random.default_rng(seed)
    store = store_of(tmp_path_factory.mktemp("cone"), *cloud(rng, centre, spread * radius, 200))
    vec = lonlat_to_vec(*cloud(rng, centre, spread * radius, 50))
    found = pairs_within(vec, store, radius)

    cross = np.linalg.norm(np.cross(vec[:, None], store.vec[None]), axis=2)
    angle = np.arctan2(cross, vec @ store.vec.T)  # exact at all angles
    by_rounding = np.abs(angle - np.radians(radius / 3600)) < 1e-14
    expected = angle <= np.radians(radius / 3600)
    got = np.zeros_like(expected)
    got[found.position, found.row] = True
    assert len(found.row) == got.sum()  # none twice
    assert (got == expected)[~by_rounding].all()
    assert found.radians == pytest.approx(angle[found.position, found.row], abs=1e-15)
    order = np.lexsort((found.row, found.radians, found.position))
    assert order.tolist() == list(range(len(order)))


@pytest.mark.parametrize("radius", [0.001, 2.0, 300.0, 3600.0])
@pytest.mark.parametrize(("ra", "dec"), [(0.0, 0.0), (359.9999, 60.0), (10.0, -89.99)])
def test_the_radius_to_a_millionth_of_an_arcsec(tmp_path, radius, ra, dec):
    """The edge lies where the radius says, on the side of a circle of declination."""
    inside, outside = radius - 1e-6, radius + 1e-6
    store = store_of(tmp_path, [ra, ra], [dec + inside / 3600, dec + outside / 3600])
    found = pairs_within(lonlat_to_vec([ra], [dec]), store, radius)
    assert len(found.row) == 1
    assert np.degrees(found.radians[0]) * 3600 == pytest.approx(inside, abs=1e-9)


def test_ra_360_is_0(tmp_path):
    store = store_of(tmp_path, [360.0, 0.0, -360.0], [5.0, 5.0, 5.0])
    found = pairs_within(lonlat_to_vec([0.0, 360.0], [5.0, 5.0]), store, 0.001)
    assert found.position.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.radians == pytest.approx(0, abs=1e-15)


def test_the_same_in_pieces(tmp_path, monkeypatch):
    rng = np.random.default_rng(5)
    store = store_of(tmp_path, *cloud(rng, (45.0, 0.0), 100, 2000))
    vec = lonlat_to_vec(*cloud(rng, (45.0, 0.0), 100, 300))
    vec[7] = np.nan
    whole = pairs_within(vec, store, 30)
    assert len(whole.row) > 5000
    assert 7 not in whole.position
    monkeypatch.setattr(cones, "POSITIONS", 11)
    monkeypatch.setattr(cones, "CANDIDATES", 50)
    for part, again in zip(whole, pairs_within(vec, store, 30), strict=True):
        assert np.array_equal(part, again)


def test_nothing_to_match(tmp_path):
    store = store_of(tmp_path, [1.0], [1.0])
    assert len(pairs_within(np.empty((0, 3)), store, 2.0).row) == 0
    assert len(pairs_within(lonlat_to_vec([5.0], [5.0]), store, 2.0).row) == 0
