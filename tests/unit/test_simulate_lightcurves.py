"""True light curves and the survey that samples them."""

import numpy as np
import pytest

from pipeline.simulate.ztf import sky
from pipeline.simulate.ztf.lightcurves import difference_flux, flux, magnitude
from pipeline.simulate.ztf.survey import CHANNELS, SimulatedNight

SUPERNOVA = {
    "peak_jd": 2460000.0,
    "peak_g": 18.2,
    "peak_r": 18.0,
    "rise_days": 3.5,
    "fall_g_days": 16.0,
    "fall_r_days": 24.0,
}


def test_a_supernova_peaks_when_and_as_bright_as_it_says():
    jd = 2460000 + np.arange(-60, 120, 0.1)
    for fid, band in ((1, "g"), (2, "r")):
        curve = difference_flux("sn_ia", SUPERNOVA, jd, np.full(len(jd), fid))
        assert jd[curve.argmax()] == pytest.approx(2460000, abs=0.2)
        assert magnitude(curve.max()) == pytest.approx(SUPERNOVA[f"peak_{band}"], abs=1e-3)
        assert curve[0] < 1e-3 * curve.max()
        assert (curve > 0).all()


def test_a_variable_repeats_and_has_its_amplitude():
    parameters = {
        "mean_g": 16.0, "mean_r": 15.8, "amplitude_g": 1.0, "amplitude_r": 0.7,
        "period_days": 0.55, "harmonics": 3.0, "epoch_jd": 2460000.0,
    }  # fmt: skip
    jd = 2460000 + np.linspace(0, 0.55, 1000)
    curve = difference_flux("variable", parameters, jd, np.full(1000, 2))
    again = difference_flux("variable", parameters, jd + 7 * 0.55, np.full(1000, 2))
    assert np.allclose(curve, again, atol=1e-3 * curve.max())
    mag = magnitude(curve + flux(15.8))
    assert np.ptp(mag) == pytest.approx(0.7, abs=1e-3)
    rise = (jd[mag.argmin()] - jd[mag.argmax()]) % 0.55 / 0.55
    assert rise < 0.3  # RR Lyrae brighten quickly


def test_an_agn_varies_as_a_damped_random_walk():
    jd = 2460000 + np.arange(0, 4000, 5.0)
    changes = []
    for seed in range(60):
        p = {"mean_g": 18.0, "mean_r": 18.0, "sigma_mag": 0.2, "tau_days": 100.0,
             "epoch_jd": 2460000.0, "mode_seed": float(seed)}  # fmt: skip
        curve = difference_flux("agn", p, jd, np.ones(len(jd)))
        changes.append(magnitude(curve + flux(18.0)) - 18.0)
    changes = np.array(changes)
    assert changes.std() == pytest.approx(0.2, rel=0.1)
    for lag in (5, 100, 300):
        structure = np.var(changes[:, lag // 5 :] - changes[:, : -(lag // 5)])
        expected = 2 * 0.2**2 * (1 - np.exp(-lag / 100))
        assert structure == pytest.approx(expected, rel=0.25)


def test_what_is_not_there_has_no_flux():
    assert not difference_flux("bogus", {}, [2460000.0], [1]).any()
    p = {"mean_g": 19.0, "mean_r": 18.5, "seen_jd": 2460000.0}
    seen = difference_flux("asteroid", p, [2459999.0, 2460000.0, 2460000.1], [2, 2, 2])
    assert list(seen > 0) == [False, True, False]
    assert magnitude(seen[1]) == pytest.approx(18.5)


def test_slots_of_a_night_are_unique():
    night = SimulatedNight(1, "20240115")
    chips = len(night.field_id) * CHANNELS
    slots = {night.slot(i) for i in range(2 * chips)}
    assert len(slots) == 2 * chips
    assert {slot[2] for slot in slots} == {1, 2}
    with pytest.raises(ValueError, match="objects at most"):
        night.slot(night.capacity)


@pytest.mark.parametrize("date", ["20180320", "20240115", "20240701"])
def test_a_night_has_visits_in_g_and_r_and_a_past(date):
    night = SimulatedNight(1, date)
    assert len(night.field_id) > 150
    assert (np.diff(night.epochs(0).jd) > 0).all()
    for field in (0, 40, len(night.field_id) - 1):
        epochs = night.epochs(field)
        tonight = epochs.jd[epochs.tonight :]
        assert set(epochs.fid[epochs.tonight :]) == {1, 2}
        assert (night.jd < tonight).all() and (tonight < night.jd + 0.6).all()
        assert (epochs.jd[: epochs.tonight] < night.jd).all()
        assert (epochs.jd > 2457754.5).all()
        assert ((epochs.limit > 18.5) & (epochs.limit < 22)).all()


def test_pixels_are_on_the_sky_where_astropy_says():
    from astropy.coordinates import SkyCoord
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [359.9, 71.0]
    scale = sky.PIXEL_ARCSEC / 3600
    wcs.wcs.cdelt = [-scale, scale]
    rcid = 58  # row 7, column 2
    pitch = sky.CHANNEL_PITCH_DEG / scale
    wcs.wcs.crpix = [sky.CHIP[0] / 2 + 1.5 * pitch + 1, sky.CHIP[1] / 2 - 3.5 * pitch + 1]
    x, y = np.array([0.0, 3071.0, 1500.2]), np.array([3079.0, 10.0, 900.7])
    expected = SkyCoord(*wcs.all_pix2world(x, y, 0), unit="deg")
    ra, dec = sky.pixel_to_sky(359.9, 71.0, rcid, x, y)
    assert ((ra >= 0) & (ra < 360)).all()
    assert SkyCoord(ra, dec, unit="deg").separation(expected).arcsec.max() < 1e-5


def test_galactic_latitude_is_astropys():
    from astropy.coordinates import SkyCoord

    for ra, dec in ((0.0, 0.0), (123.4, 56.7), (266.4, -28.9), (192.9, 27.1)):
        expected = SkyCoord(ra, dec, unit="deg").galactic.b.deg
        assert sky.galactic_latitude(ra, dec) == pytest.approx(expected, abs=1e-3)
