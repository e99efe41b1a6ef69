"""Positions and angles as people write them, against astropy."""

import math

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import Angle
from hypothesis import given
from hypothesis import strategies as st

from pipeline.archive.query.positions import read_angle, read_positions


@pytest.mark.parametrize(
    ("given", "ra", "dec"),
    [
        ([10.5, -20.25], 10.5, -20.25),
        ((10, 20), 10.0, 20.0),
        ("[10.5, -20.25]", 10.5, -20.25),
        ("10.5 -20.25", 10.5, -20.25),
        ("10.5,-20.25", 10.5, -20.25),
        (["00:42:44.3", "+41:16:09"], 10.684583333333333, 41.26916666666667),
        (["00h42m44.3s", "41d16m09s"], 10.684583333333333, 41.26916666666667),
        ("00h42m44.3s -41d16m09s", 10.684583333333333, -41.26916666666667),
        ("00:42:44.3 -00:00:36", 10.684583333333333, -0.01),
        (["10.5", "-20.25"], 10.5, -20.25),
        ([360.0, 90], 0.0, 90.0),
        ([-1e-17, -90], 0.0, -90.0),
        ([-30.0, 5], 330.0, 5.0),
        (np.array([10.5, -20.25]), 10.5, -20.25),
    ],
)
def test_one(given, ra, dec):
    found = read_positions(given)
    assert len(found.names) == 1
    assert found.ra == pytest.approx([ra], abs=1e-12)
    assert found.dec == pytest.approx([dec], abs=1e-12)
    assert 0 <= found.ra[0] < 360


def test_names_are_kowalskis():
    named = read_positions({"M 31.core": [10.6, 41.2], "b": ["1:2:3", "4:5:6"]})
    assert named.names == ["M 31_core", "b"]
    listed = read_positions([[10.6, 41.2], ["1:2:3", "4:5:6"], [10.6, 41.2]])
    assert listed.names == ["[10_6, 41_2]", "['1:2:3', '4:5:6']"]
    assert read_positions('{"a.b": [1, 2]}').names == ["a_b"]
    assert read_positions("[[1, 2], [3, 4]]").names == ["[1, 2]", "[3, 4]"]
    assert read_positions({}).names == read_positions([]).names == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a.b": [1, 2], "a_b": [3, 4]}, "another one is called 'a_b' too"),
        ([1, 91], r"a declination is in \[-90, 90\] deg \(found 91\)"),
        ([1, math.nan], "a declination"),
        ([361, 0], "a right ascension"),
        ([math.inf, 0], "a right ascension"),
        ({"a": [1, 2, 3]}, r"position 'a': expected \[ra, dec\]"),
        ({"a": None}, r"position 'a': expected"),
        ([[1, 2], 3], r"position '3': expected"),
        ([True, 0], "expected degrees or a text"),
        (["12:60:00", "1:2:3"], "minutes and seconds are less than 60"),
        (["a star", "1"], "expected degrees, d:m:s or 00h00m00s"),
        ("a star", "expected degrees"),
        ("M31", "positions: cannot be read: 'M31'"),
        ("__import__('os').system('true') 1", "expected degrees"),
        ("[" * 5000, "positions: cannot be read"),
        (5, "positions: expected"),
        ("5", "positions: expected"),
    ],
)
def test_no_positions(given, said):
    with pytest.raises(ValueError, match=said):
        read_positions(given)


@given(st.floats(0, 359.9999), st.floats(-89.9999, 89.9999))
def test_sexagesimal_is_astropys(ra, dec):
    texts = [
        (
            Angle(ra * u.deg).to_string(u.hourangle, sep=sep[0], precision=8, pad=True),
            Angle(dec * u.deg).to_string(u.deg, sep=sep[1], precision=7, pad=True, alwayssign=True),
        )
        for sep in ((":", ":"), ("hms", "dms"))
    ]
    for text in texts:
        found = read_positions([list(text)])
        assert abs((found.ra[0] - ra + 180) % 360 - 180) < 1e-8
        assert found.dec == pytest.approx([dec], abs=1e-8)


@pytest.mark.parametrize("unit", ["arcsec", "arcmin", "deg", "rad"])
def test_units(unit):
    assert read_angle(1.5, unit) == pytest.approx((1.5 * u.Unit(unit)).to_value(u.arcsec))


@pytest.mark.parametrize(
    ("value", "unit"),
    [(-1, "deg"), (math.nan, "deg"), (math.inf, "deg"), ("1", "deg"), (True, "deg"), (1, "degree")],
)
def test_no_angles(value, unit):
    with pytest.raises(ValueError, match=r"an angle is a number|unit: expected one of"):
        read_angle(value, unit)


def test_a_mapping_that_names_two_positions_alike_is_refused():
    assert read_positions('{"a": [1, 2], "b": [1, 2]}').names == ["a", "b"]
    with pytest.raises(ValueError, match="position 'a': stands twice"):
        read_positions('{"a": [1, 2], "a": [3, 4]}')
