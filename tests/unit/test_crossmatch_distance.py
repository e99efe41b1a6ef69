import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.crossmatch.distance import match_radius, projected_kpc
from pipeline.crossmatch.entry import Projected
from pipeline.crossmatch.galaxies import LARGE_GALAXIES, inside_large
from pipeline.crossmatch.positions import declination, numbers, right_ascension
from pipeline.sky.healpix import lonlat_to_vec

Z = Projected("redshift", 30.0, 300.0)
MPC = Projected("Mpc", 30.0, 300.0)
M31, M33 = LARGE_GALAXIES


def test_radius_by_redshift():
    z = [-0.001, 0.0, 0.00999, 0.01, 0.05, 0.1]
    assert match_radius(z, Z) == pytest.approx([300, 300, 300, 150, 30, 15])
    assert match_radius(z, Projected("redshift", 50.0, 10.0)) == pytest.approx(
        [10, 10, 10, 250, 50, 25]
    )


def test_radius_by_distance():
    radius = match_radius([-1.0, 39.99, 40.0, 200.0], MPC)
    assert radius == pytest.approx([300, 300, 154.6986, 30.93972], abs=1e-4)


def test_kpc():
    assert projected_kpc(10.0, [0.05, 0.1, 0.0051, 0.005, -1.0], "redshift") == pytest.approx(
        [10, 20, 1.02, -1, -1]
    )
    kpc = projected_kpc(206264.806, [1.0, 0.005, -3.0], "Mpc")
    assert kpc == pytest.approx([1000, -1, -1], abs=1e-5)


@given(st.floats(0.01, 5), st.floats(0.1, 100))
def test_the_radius_is_the_projected_distance(z, kpc):
    rule = Projected("redshift", kpc, 1.0)
    assert projected_kpc(match_radius(z, rule), z, "redshift") == pytest.approx(kpc)


@given(st.floats(40, 5000), st.floats(0.1, 100))
def test_the_radius_is_the_projected_distance_in_mpc(mpc, kpc):
    rule = Projected("Mpc", kpc, 1.0)
    # arctan against the angle itself: less than 1e-5 at 40 Mpc and 100 kpc
    assert projected_kpc(match_radius(mpc, rule), mpc, "Mpc") == pytest.approx(kpc, rel=1e-5)


@pytest.mark.parametrize("galaxy", LARGE_GALAXIES)
@pytest.mark.parametrize(("turn", "axis"), [(0, 1.0), (90, None), (180, 1.0), (270, None)])
def test_ellipses_end_where_their_axes_do(galaxy, turn, axis):
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    length = galaxy.semi_major * (axis or galaxy.axis_ratio)
    centre = SkyCoord(galaxy.ra, galaxy.dec, unit="deg")
    ends = centre.directional_offset_by(
        (galaxy.position_angle + turn) * u.deg, [0, 0.999 * length, 1.001 * length] * u.deg
    )
    rows, separation = inside_large(galaxy, lonlat_to_vec(ends.ra.deg, ends.dec.deg))
    assert rows.tolist() == [0, 1]
    assert np.degrees(separation) == pytest.approx([0, 0.999 * length], abs=1e-9)


def test_nothing_is_inside_at_the_antipode_or_nowhere():
    vec = np.stack([-lonlat_to_vec(M31.ra, M31.dec), np.full(3, np.nan)])
    assert len(inside_large(M31, vec)[0]) == 0


def test_numbers_of_columns_of_any_kind():
    assert numbers(pa.array([1, None], pa.int16())) == pytest.approx([1, np.nan], nan_ok=True)
    assert numbers(pa.array(["1e-3 ", "", "x"], pa.large_string()))[0] == 1e-3
    assert np.isnan(numbers(pa.array([[1.0]]))).all()
    assert np.isnan(numbers(pa.nulls(2))).all()


@given(
    st.booleans(),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 59999).map(lambda ms: ms / 1000),
    st.sampled_from(["{}:{:02}:{:06.3f}", "{:02} {:02} {:06.3f}", "{}h{}m{:.3f}s"]),
)
def test_sexagesimal(minus, whole, minutes, seconds, form):
    text = form.format(whole, minutes, seconds)
    value = whole + minutes / 60 + seconds / 3600
    assert right_ascension(pa.array([text]))[0] == pytest.approx(15 * value, abs=1e-12)
    signed = ("-" if minus else "+") + text.replace("h", "d")
    assert declination(pa.array([signed]))[0] == pytest.approx(
        -value if minus else value, abs=1e-12
    )


@pytest.mark.parametrize("text", ["1:60:00", "1:00:60", "-1", "95", "1:2", "1 2 3 4", "a:b:c"])
def test_what_is_no_declination(text):
    dec = declination(pa.array([text]))[0]
    assert dec == -1 if text == "-1" else np.isnan(dec)
