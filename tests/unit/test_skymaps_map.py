"""The map of a scan: cells that cover the sky once, probability, contours, levels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_skymaps_pixels import rows

from pipeline import healpix
from pipeline.config.nsides import parse_nsides
from pipeline.skymaps.cells import Cells, cover
from pipeline.skymaps.contours import Plane, circular_lines, find_contours
from pipeline.skymaps.density import probability_density
from pipeline.skymaps.levels import Levels, wilks_levels
from pipeline.skymaps.pixels import choose
from pipeline.skymaps.records import Failure, Part, State

SIGMA = 1.2
WILKS = wilks_levels()


def gaussian(levels, ra, dec, lost=(), sigma=SIGMA):
    """Scan a Gaussian of width `sigma` [deg] around a position; some pixels get lost."""
    centre, state = healpix.lonlat_to_vec(ra, dec), State()
    while chosen := choose(levels, state):
        parts = []
        for nside, index in chosen.items():
            away = np.linalg.norm(healpix.pixel_to_vec(nside, index) - centre, axis=1)
            table = rows(nside, index, 0.5 * (2 * np.arcsin(away / 2) / np.radians(sigma)) ** 2)
            gone = np.isin(index, lost)
            failures = [Failure(nside, int(i), "lost") for i in index[gone]]
            parts.append(Part(table[~gone], failures))
        state.add(parts)
    return state


def seen(state, levels):
    cells, best = cover(levels, state), state.best()
    ra, dec = healpix.pixel_to_lonlat(int(best["nside"]), best["index"])
    return cells, find_contours(cells, float(ra), float(dec), WILKS), float(ra), float(dec)


def overlap_free(cells):
    """Return the share of the sky the cells cover, after checking that none covers another."""
    finest = int(cells.nside.max())
    size = (finest // cells.nside) ** 2
    start = cells.nested * size
    order = np.argsort(start)
    assert (start[order][1:] >= (start + size)[order][:-1]).all()
    return size.sum() / (12 * finest**2)


@given(
    st.floats(0, 360),
    st.floats(-90, 90),
    st.sampled_from(["1:0 2:2 4:2", "2:0 8:1 16:12", "4:0 64:0.5", "2:0 16:30 32:3"]),
    st.lists(st.integers(0, 3000), max_size=30),
)
@settings(max_examples=25, deadline=None)
def test_cells_cover_the_sky_once(ra, dec, text, lost):
    levels = parse_nsides(text.replace(":0.5", ":1"))
    state = gaussian(levels, ra, dec, lost, sigma=20.0)
    if state.best() is None:
        return
    cells = cover(levels, state)
    assert overlap_free(cells) == 1
    assert np.isfinite(cells.two_delta_llh).all()
    finest = max(state.pixels)
    table = state.pixels[finest]
    values = cells.values_at(*healpix.pixel_to_lonlat(finest, table["index"]))
    assert np.array_equal(values, 2 * (table["llh"] - state.best()["llh"]))
    density = probability_density(cells, WILKS)
    assert (density * cells.area).sum() == pytest.approx(1, abs=1e-12)


def test_areas_of_a_gaussian():
    """σ = 1.2°: 6.27 and 20.83 deg²; fine cells all over the contours find them."""
    levels = parse_nsides("8:0 64:12 512:60")
    cells, contours, *_ = seen(gaussian(levels, 40.0, 25.0), levels)
    for name, area in (("50", 6.27), ("90", 20.83)):
        assert contours[name].area == pytest.approx(area, rel=0.01)
        assert contours[name].smooth_area == pytest.approx(area, rel=0.01)
        reach = np.sqrt(area / np.pi)
        assert contours[name].dec_plus == pytest.approx(reach, abs=0.06)
        assert contours[name].dec_minus == pytest.approx(reach, abs=0.06)
        assert contours[name].ra_plus == pytest.approx(reach / np.cos(np.radians(25)), abs=0.07)
    density = probability_density(cells, WILKS)
    inside = cells.two_delta_llh <= WILKS.two_delta_llh["50"]
    assert (density * cells.area)[inside].sum() == pytest.approx(0.5, abs=0.01)


def test_coarse_cells_are_interpolated():
    levels = parse_nsides("8:0 64:12")
    _, contours, *_ = seen(gaussian(levels, 40.0, 25.0), levels)
    assert contours["90"].smooth_area == pytest.approx(20.83, rel=0.05)


@pytest.mark.parametrize(("ra", "dec"), [(0.1, 0.0), (359.9, -45.0), (10.0, 89.5), (200.0, -89.0)])
def test_contours_across_the_wrap_and_at_the_poles(ra, dec):
    levels = parse_nsides("8:0 64:12 512:60")
    _, contours, best_ra, best_dec = seen(gaussian(levels, ra, dec), levels)
    ninety = contours["90"]
    assert len(ninety.polygons) == 1
    assert ninety.area == pytest.approx(20.83, rel=0.02)
    if abs(dec) > 80:
        assert (ninety.ra_plus, ninety.ra_minus) == (180.0, 180.0)
        edge = ninety.dec_plus if dec > 0 else ninety.dec_minus
        assert edge == pytest.approx(90 - abs(best_dec))
    else:
        assert ninety.ra_plus < 5 and ninety.ra_minus < 5
    text = circular_lines(best_ra, best_dec, ninety)
    assert text.startswith(f"RA: {best_ra:.2f} (+{ninety.ra_plus:.2f}, -{ninety.ra_minus:.2f} deg")
    assert text.count("deg 90% PSF containment) J2000") == 2


def test_lost_pixels_stand_for_their_neighbours():
    levels = parse_nsides("8:0 64:12 512:24")
    whole = gaussian(levels, 120.0, -30.0)
    index = whole.pixels[512]["index"]
    lost = np.random.default_rng(2).choice(index, len(index) // 20, replace=False)
    lost = lost[lost != whole.best()["index"]]
    cells, contours, *_ = seen(gaussian(levels, 120.0, -30.0, lost), levels)
    assert overlap_free(cells) == 1
    _, expected, *_ = seen(whole, levels)
    assert contours["50"].area == pytest.approx(expected["50"].area, rel=0.02)
    assert len(contours["50"].polygons) == 1


def test_pointed_scan_covers_a_disc():
    levels = parse_nsides("64:0 512:12")
    state = State()
    chosen = choose(levels, state, (40.0, 25.0))
    state.add([Part(rows(64, chosen[64], np.arange(len(chosen[64]), dtype=float)))])
    cells, contours, *_ = seen(state, levels)
    assert len(cells.nside) == len(chosen[64])
    assert np.isnan(cells.values_at(np.array([220.0]), np.array([-25.0]))[0])
    assert contours["90"].polygons


def test_probability_agrees_with_the_contours_whatever_their_levels():
    levels = parse_nsides("8:0 64:12 512:24")
    cells = cover(levels, gaussian(levels, 40.0, 25.0))
    for chosen in (WILKS, Levels({"50": 2.0, "90": 9.2, "3sigma": 23.7}, "made up")):
        density = probability_density(cells, chosen)
        inside = cells.two_delta_llh <= chosen.two_delta_llh["90"]
        assert (density * cells.area)[inside].sum() == pytest.approx(0.9, abs=1e-8)
        assert density[inside].min() > density[~inside].max()


def test_flat_and_peaked_likelihoods_have_a_density():
    nested = np.arange(48)
    flat = Cells(np.full(48, 2), nested, np.zeros(48))
    assert np.ptp(probability_density(flat, WILKS)) == 0
    peaked = Cells(np.full(48, 2), nested, np.where(nested == 5, 0.0, 1e9))
    density = probability_density(peaked, WILKS)
    assert (density * peaked.area)[5] == pytest.approx(0.9973, abs=1e-6)  # up to 3σ
    assert (density * peaked.area).sum() == pytest.approx(1)


@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0, 359), st.floats(-89, 89))
@settings(max_examples=40)
def test_plane_and_back(ra0, dec0, ra, dec):
    plane = Plane(ra0, dec0)
    here = healpix.lonlat_to_vec(ra, dec)
    if here @ healpix.lonlat_to_vec(ra0, dec0) < -0.999:
        return  # the antipode is a circle
    back = plane.unproject(plane.project(np.array([ra]), np.array([dec])))[0]
    assert healpix.lonlat_to_vec(*back) == pytest.approx(here, abs=1e-7)
