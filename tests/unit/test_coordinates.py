"""Galactic and ecliptic coordinates, positions as text."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sky.coordinates import ecliptic, galactic, sexagesimal


def test_galactic_pole_and_centre():
    """North pole and centre of IAU 1958 at J2000."""
    _, b = galactic(np.array([192.85948]), np.array([27.12825]))
    assert b[0] == pytest.approx(90.0, abs=1e-4)
    lon, b = galactic(np.array([266.40500]), np.array([-28.93617]))
    assert (lon[0], b[0]) == pytest.approx((0.0, 0.0), abs=1e-4)


def test_galactic_is_astropys():
    rng = np.random.default_rng(5)
    ra = np.concatenate([rng.uniform(0, 360, 1000), [0.0, 360.0, 10.0, 266.405, 192.85948]])
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, 1000)))
    dec = np.concatenate([dec, [90.0, -90.0, 0.0, -28.936, 27.12825]])
    expected = SkyCoord(ra, dec, unit="deg").galactic
    lon, b = galactic(ra, dec)
    across = (lon - expected.l.deg + 180) % 360 - 180
    assert np.abs(across * np.cos(np.radians(b))).max() < 1e-11
    assert np.abs(b - expected.b.deg).max() < 1e-11
    assert ((lon > -180) & (lon <= 180)).all()


def test_ecliptic_of_the_equinox_and_the_pole():
    lon, lat = ecliptic(np.array([0.0, 270.0]), np.array([0.0, 66.560709]))
    assert lon[0] == lat[0] == 0.0
    assert lat[1] == pytest.approx(90.0, abs=1e-6)


@given(st.floats(0, 360), st.floats(-90, 90))
def test_sexagesimal_round_trip(ra, dec):
    ra_text, dec_text = sexagesimal(ra, dec)
    hours, minutes, seconds = ra_text.split(":")
    assert len(ra_text) == len("00:00:00.0000")
    assert int(hours) < 24 and int(minutes) < 60 and float(seconds) < 60
    back = (int(hours) + int(minutes) / 60 + float(seconds) / 3600) * 15
    assert abs((back - ra + 180) % 360 - 180) < 0.00005 * 15 / 3600 * 1.01 + 1e-12
    assert len(dec_text) == len("+00:00:00.000")
    degrees, minutes, seconds = dec_text[1:].split(":")
    assert int(minutes) < 60 and float(seconds) < 60
    back = int(degrees) + int(minutes) / 60 + float(seconds) / 3600
    assert abs(back - abs(dec)) < 0.0005 / 3600 * 1.01 + 1e-12
    assert dec_text[0] == ("-" if dec < 0 else "+")


@pytest.mark.parametrize("position", [(float("nan"), 0.0), (0.0, 90.1), (float("inf"), 0.0)])
def test_no_position(position):
    with pytest.raises(ValueError, match="no position"):
        sexagesimal(*position)
