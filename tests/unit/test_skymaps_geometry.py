"""Geometries and coordinates."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.utils.iers import conf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.events.detector_check import geometry_problems
from pipeline.events.directions import (
    earth_rotation_as_shipped,
    from_icrs,
    to_icrs,
    travel_direction,
)
from pipeline.events.geometry import (
    GEOMETRY_COLUMNS,
    IC86,
    IC86_LIKE,
    ic86_like,
    positions,
    read_geometry,
)


def scaled(doms, factor):
    for axis in "xyz":
        doms[axis] *= factor
    return doms


def deep(doms):
    doms["z"] = 1948.07 - doms["z"]
    return doms


def test_what_ships_is_what_is_generated():
    assert read_geometry(IC86_LIKE).tolist() == ic86_like().tolist()


def test_icecube_ships():
    """IceCube's own numbers (JINST 12, P03012): 86 strings, 98.5 % of 5160 DOMs work."""
    doms = read_geometry(IC86)
    assert len(doms) == 5083
    assert np.unique(doms["string"]).tolist() == list(range(1, 87))
    assert (doms["om"].min(), doms["om"].max()) == (1, 60)
    assert positions(doms, np.array([1]), np.array([1])).tolist() == [[-256.14, -521.08, 496.03]]
    # each lies near the DOM of the same name in the idealised layout
    there = positions(ic86_like(), doms["string"], doms["om"])
    apart = np.linalg.norm(np.column_stack([doms[axis] for axis in "xyz"]) - there, axis=1)
    assert np.median(apart) < 20 and apart.max() < 60
    assert not list(geometry_problems(IC86))
    assert not list(geometry_problems(IC86_LIKE))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d[:9], "9 DOMs only; expected all of the detector's, at least 10"),
        (lambda d: scaled(d, 100), "reach over 1[0-9]{5} m; expected x, y and z in metres"),
        (lambda d: scaled(d, 0.001), "reach over 1.[0-9]* m; expected x, y and z in metres"),
        (deep, "z is 19[0-9]{2} m in the middle; expected the detector's own frame"),
        (lambda d: d[:0], "no DOM at all"),
    ],
)
def test_odd_geometry(tmp_path, change, words):
    doms, path = change(ic86_like()), tmp_path / "doms.csv"
    rows = "\n".join(",".join(map(str, row)) for row in doms.tolist())
    path.write_text(",".join(GEOMETRY_COLUMNS) + "\n" + rows + "\n")
    (problem,) = geometry_problems(path)
    assert re.search(rf"^{re.escape(str(path))}: .*{words}", problem)


def test_layout():
    doms = ic86_like()
    assert len(doms) == 86 * 60
    tops = doms[doms["om"] == 1]
    where = np.column_stack([tops["x"], tops["y"]])
    apart = np.linalg.norm(where[:, None] - where, axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert apart[:78, :78].min(axis=1) == pytest.approx(125.0, abs=0.02)
    assert np.allclose(apart[80:, 35], 125 / np.sqrt(3), atol=0.02)
    assert np.hypot(*where.T).max() < 620
    assert (doms["z"].min(), doms["z"].max()) == (-503.0, 500.0)


def test_csv_and_parquet_agree(tmp_path):
    doms = ic86_like()[:200]
    table = pa.table({name: doms[name] for name in doms.dtype.names} | {"rde": np.ones(200)})
    pq.write_table(table.take(np.random.default_rng(1).permutation(200)), tmp_path / "a.parquet")
    assert read_geometry(tmp_path / "a.parquet").tolist() == doms.tolist()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("string,om,x,y\n1,1,0,0\n", "no geometry"),
        ("string,om,x,y,z\n1,1,0,0,a\n", "no geometry"),
        ("string,om,x,y,z\n1,1,0,0,nan\n", "finite"),
        ("string,om,x,y,z\n1,1,0,0,0\n1,1,0,0,5\n", "twice"),
        ("string,om,x,y,z\n", "no DOM"),
        ("", "no "),
        ("string,om,x,y,z\n1.7,1,0,0,0\n", "string: expected a whole number .*found 1.7"),
        ("string,om,x,y,z\n1,1e30,0,0,0\n", r"om: expected a whole number .*found 1e\+30"),
        ("string,om,x,y,z\n1,1,0,0,0\n1,2,0,0\n", "line 3: z: expected a number, found ''"),
        ("string,om,x,y,z\n1,1,0,1_0,0\n", "line 2: y: expected a number, found '1_0'"),
        ("string,om,x,y,z,x\n1,1,0,0,0,5\n", "x: expected as one column"),
    ],
)
def test_bad_geometry(tmp_path, content, words):
    path = tmp_path / "g.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=rf"g.csv: .*{words}"):
        read_geometry(path)
    with pytest.raises(FileNotFoundError, match=r"h.csv: no such geometry"):
        read_geometry(tmp_path / "h.csv")


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array(["1"]), "om: expected numbers, found string"),
        (pa.array([1.5]), "om: expected a whole number .*found 1.5"),
        (pa.array([None], pa.int16()), "om: expected a finite number"),
        (pa.array([[1]]), "om: expected numbers, found list"),
    ],
)
def test_bad_parquet(tmp_path, column, words):
    path = tmp_path / "g.parquet"
    one = {name: pa.array([1.0]) for name in ("string", "x", "y", "z")}
    pq.write_table(pa.table(one | {"om": column}), path)
    with pytest.raises(ValueError, match=rf"g.parquet: .*{words}"):
        read_geometry(path)


def test_missing_dom_is_named():
    doms = ic86_like()
    assert positions(doms, np.array([36]), np.array([1])).tolist() == [[46.0, -35.0, 500.0]]
    with pytest.raises(ValueError, match=r"DOM \(1, 61\), \(99, 2\), 2 in all"):
        positions(doms, np.array([1, 99, 99, 5]), np.array([61, 2, 2, 5]))


angles = st.floats(0.001, np.pi - 0.001), st.floats(0, 2 * np.pi, exclude_max=True)


@given(*angles)
@settings(max_examples=50)
def test_direction_of_travel_and_back(zenith, azimuth):
    travel = travel_direction(zenith, azimuth)
    assert np.linalg.norm(travel) == pytest.approx(1)
    x, y, z = -travel
    back = np.arccos(z), np.arctan2(y, x)
    assert back[0] == pytest.approx(zenith)
    assert np.exp(1j * back[1]) == pytest.approx(np.exp(1j * azimuth))


@given(*angles, st.floats(55000, 62000))
@settings(max_examples=15, deadline=None)
def test_sky_and_back(zenith, azimuth, mjd):
    ra, dec = to_icrs(zenith, azimuth, mjd)
    assert 0 <= ra < 360
    back = from_icrs(ra, dec, mjd)
    assert np.dot(travel_direction(*back), travel_direction(zenith, azimuth)) == pytest.approx(1)


def test_the_sky_turns_over_a_fixed_pole():
    ra, dec = to_icrs(np.full(2, 1.0), np.zeros(2), 60000.0)
    later, same = to_icrs(1.0, 0.0, 60000.0 + 0.25 * 0.9972696)  # a quarter of a sidereal day
    assert (later - ra[0]) % 360 == pytest.approx(90, abs=0.1)
    assert same == pytest.approx(dec[0], abs=0.3)  # the pole has moved 0.13 degrees since 2000
    assert dec[0] == pytest.approx(np.degrees(1.0) - 90, abs=0.2)  # zenith 1 above the South Pole


def test_astropys_settings_are_left_alone():
    """They are those of the whole process: a job that imports us keeps its own."""
    before = conf.auto_download, conf.auto_max_age, conf.iers_degraded_accuracy
    with conf.set_temp("auto_download", True), conf.set_temp("auto_max_age", 7.0):
        from_icrs(*to_icrs(0.5, 0.25, 58000.5), 58000.5)
        assert (conf.auto_download, conf.auto_max_age) == (True, 7.0)
        with earth_rotation_as_shipped():
            assert (conf.auto_download, conf.auto_max_age) == (False, None)
    assert before == (conf.auto_download, conf.auto_max_age, conf.iers_degraded_accuracy)
