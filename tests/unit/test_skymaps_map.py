"""The map of a scan: cells that cover the sky once, probability, contours, levels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_skymaps_pixels import rows

from pipeline.sky import healpix
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.cells import Cells, cover
from pipeline.skymaps.map.contours import find_contours
from pipeline.skymaps.map.density import probability_density
from pipeline.skymaps.map.levels import Levels, wilks_levels
from pipeline.skymaps.map.plane import Plane
from pipeline.skymaps.scan.pixels import choose
from pipeline.skymaps.scan.results import Failure, Part, State

SIGMA = 1.2
WILKS = wilks_levels()


def gaussian(levels, ra, dec, lost=(), sigma=SIGMA, other=None):
    """Scan a Gaussian of width `sigma` [deg] around a position; some pixels get lost.

    Another may lie at `other` (ra, dec), higher in 2Δllh by its third number.
    """
    peaks, state = [(ra, dec, 0.0)] if other is None else [(ra, dec, 0.0), other], State()
    while chosen := choose(levels, state):
        parts = []
        for nside, index in chosen.items():
            away = [
                np.linalg.norm(
                    healpix.pixel_to_vec(nside, index) - healpix.lonlat_to_vec(*at), axis=1
                )
                for *at, _ in peaks
            ]
            llh = np.min(
                [
                    0.5 * (2 * np.arcsin(far / 2) / np.radians(sigma)) ** 2 + raised / 2
                    for far, (_, _, raised) in zip(away, peaks, strict=True)
                ],
                axis=0,
            )
            table = rows(nside, index, llh)
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
    _, contours, _, best_dec = seen(gaussian(levels, ra, dec), levels)
    ninety = contours["90"]
    assert len(ninety.polygons) == 1
    assert ninety.area == pytest.approx(20.83, rel=0.02)
    if abs(dec) > 80:
        assert (ninety.ra_plus, ninety.ra_minus) == (180.0, 180.0)
        edge = ninety.dec_plus if dec > 0 else ninety.dec_minus
        assert edge == pytest.approx(90 - abs(best_dec))
    else:
        assert ninety.ra_plus < 5 and ninety.ra_minus < 5


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


def test_the_opposite_of_the_best_fit_is_far():
    """HEALPix's centres lie opposite of one another; one level has both."""
    levels = parse_nsides("16:0")
    _, contours, ra, dec = seen(gaussian(levels, 40.0, 25.0, sigma=9.0), levels)
    assert np.hypot(*Plane(ra, dec).project(np.array([ra + 180]), np.array([-dec]))[0]) == 2
    for contour in contours.values():
        assert len(contour.polygons) == 1


def test_islands_have_their_areas_and_the_best_fit_its_own_errors():
    """Two peaks far apart: the second lies inside 90 % as well, 2Δllh up to 4.61 − 2."""
    levels = parse_nsides("64:0")
    state = gaussian(levels, 40.0, 25.0, sigma=3.0, other=(160.0, -40.0, 2.0))
    _, contours, *_ = seen(state, levels)
    ninety = contours["90"]
    expected = [2 * np.pi * 3.0**2 * depth / 2 for depth in (4.605, 2.605)]
    assert ninety.island_areas == pytest.approx(expected, rel=0.03)
    assert ninety.area == pytest.approx(sum(ninety.island_areas))
    assert ninety.smooth_area == pytest.approx(sum(expected), rel=0.02)
    assert len(ninety.polygons) == 2 and len(contours["50"].polygons) == 1
    reach = 3.0 * np.sqrt(4.605)
    assert [ninety.dec_plus, ninety.dec_minus] == pytest.approx([reach, reach], abs=0.5)
    assert contours["50"].island_areas == pytest.approx([contours["50"].area])


def test_a_small_contour_beside_a_wide_view_keeps_its_shape():
    """The 50 % contour, of 0.47 deg radius, though 3σ has an island 150 degrees away."""
    levels = parse_nsides("8:0 64:12 512:24")
    state = gaussian(levels, 40.0, 10.0, sigma=0.4, other=(190.0, -5.0, -1.0))
    best = state.best()
    for nside, table in state.pixels.items():  # the other peak is seen in coarse cells only
        far = np.linalg.norm(
            healpix.pixel_to_vec(nside, table["index"]) - healpix.lonlat_to_vec(190, -5), axis=1
        )
        table["llh"][far < 0.2] = best["llh"] + 5
    _, contours, *_ = seen(state, levels)
    fifty = contours["50"]
    assert len(contours["3sigma"].island_areas) > 1
    assert fifty.smooth_area == pytest.approx(fifty.area, rel=0.02)
    assert fifty.dec_plus > 0.3


def test_a_hole_is_no_area():
    """A ring between 10 and 20 degrees."""
    nested = np.arange(12 * 64**2)
    ra, dec = healpix.pixel_to_lonlat(64, nested, nest=True)
    away = np.degrees(np.arccos(np.clip(healpix.lonlat_to_vec(ra, dec) @ [1.0, 0, 0], -1, 1)))
    depth = np.abs(away - 15) / 5 * 1.386  # 1.386 at both edges
    cells = Cells(np.full(len(nested), 64), nested, depth - depth.min())
    fifty = find_contours(cells, 0.0, 15.0, WILKS)["50"]
    ring = 2 * np.pi * (np.cos(np.radians(10)) - np.cos(np.radians(20))) * np.degrees(1) ** 2
    assert len(fifty.polygons) == 2
    assert fifty.smooth_area == pytest.approx(ring, rel=0.02)
    assert fifty.area == pytest.approx(ring, rel=0.02)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_map_of_few_cells_has_contours(count):
    """They end halfway to where nothing was scanned."""
    cells = Cells(np.full(count, 16), np.arange(count), np.zeros(count))
    ra, dec = (float(axis[0]) for axis in cells.positions())
    contours = find_contours(cells, ra, dec, WILKS)
    for contour in contours.values():
        assert contour.area == pytest.approx(count * 4 * np.pi * np.degrees(1) ** 2 / 3072)
        assert len(contour.polygons) == 1
        assert 0 < contour.smooth_area / contour.area < 1.5


def test_no_cell_inside_no_errors():
    cells = Cells(np.full(192, 4), np.arange(192), np.full(192, 5.0))
    contours = find_contours(cells, 0.0, 0.0, WILKS)
    assert contours["90"].ra_plus is None and contours["90"].island_areas == []
    assert contours["3sigma"].ra_plus == 180.0


@pytest.mark.parametrize("index", [[300], [300, 301], [284, 285, 286, 287], [269, 300, 331]])
def test_contours_of_cells_in_a_line(index):
    levels, state = parse_nsides("8:0"), State()
    state.add([Part(rows(8, np.sort(index), np.arange(len(index), dtype=float)))])
    cells, contours, *_ = seen(state, levels)
    for contour in contours.values():
        assert contour.area == cells.area_within(contour.two_delta_llh) > 0
        assert contour.polygons and contour.smooth_area > 0


def test_nothing_lies_within_a_contour_where_nothing_was_scanned():
    """A flat likelihood in a disc."""
    levels, state = parse_nsides("64:0"), State()
    index = choose(levels, state, (40.0, 25.0))[64]
    state.add([Part(rows(64, index, np.zeros(len(index))))])
    _, contours, *_ = seen(state, levels)
    assert contours["90"].area == pytest.approx(np.pi * 3.5**2, rel=0.1)
    assert contours["90"].smooth_area == pytest.approx(contours["90"].area, rel=0.15)


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
