"""Islands inside the outermost contour are refined: areas of closed forms, and what is chosen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_skymaps_pixels import rows

from pipeline.sky import healpix
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.cells import cover
from pipeline.skymaps.map.contours import find_contours
from pipeline.skymaps.map.islands import island_areas, islands, touching
from pipeline.skymaps.map.levels import wilks_levels
from pipeline.skymaps.scan.pixels import choose
from pipeline.skymaps.scan.refinement import SHARE
from pipeline.skymaps.scan.results import Part, State

WILKS = wilks_levels()
LEVELS = parse_nsides("8:0 64:12 512:24")
PROGRESSIONS = ["4:0 16:4 64:4", "8:0 64:4", "2:0 4:2 8:2 32:2", "8:0 16:12 32:12 64:12"]

gaussians = st.lists(
    st.tuples(st.floats(0, 360), st.floats(-90, 90), st.floats(1, 15), st.floats(0, 10)),
    min_size=1,
    max_size=4,
)
"""Right ascension, declination, σ [deg], and 2Δllh at the middle."""


def depth(nside, index, peaks):
    """Return the lowest of some Gaussians' 2Δllh."""
    there = healpix.pixel_to_vec(nside, index)
    values = []
    for ra, dec, sigma, least in peaks:
        chord = np.linalg.norm(there - healpix.lonlat_to_vec(ra, dec), axis=1)
        values.append(least + (2 * np.degrees(np.arcsin((chord / 2).clip(max=1))) / sigma) ** 2)
    return np.min(values, axis=0)


def scan(levels, peaks, outermost, mix=lambda parts: parts):
    """Return the end and all rounds of a scan; `mix` cuts and orders its results."""
    state, rounds = State(), []
    while chosen := choose(levels, state, None, outermost):
        rounds.append(chosen)
        state.add(mix([Part(rows(n, p, depth(n, p, peaks) / 2)) for n, p in chosen.items()]))
    return state, rounds


def cap(radius):
    """Return the area within an angle [deg] of a point [deg²]."""
    return 2 * np.pi * (1 - np.cos(np.radians(radius))) * np.degrees(1.0) ** 2


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ((40.0, 25.0, 3.0, 0.0), (150.0, -60.0, 2.0, 1.0)),
        ((10.0, 89.0, 2.5, 0.0), (151.3, 3.7, 4.0, 0.5)),
        ((0.0, -35.0, 0.8, 0.0), (160.0, 10.0, 10.0, 1.0)),
    ],
)
def test_areas_of_two_islands(one, two):
    state, _ = scan(LEVELS, (one, two), WILKS.outermost)
    cells, best = cover(LEVELS, state), state.best()
    lowest = 2 * float(best["llh"])
    ra, dec = healpix.pixel_to_lonlat(int(best["nside"]), best["index"])
    contours = find_contours(cells, float(ra), float(dec), WILKS)
    for name, tolerance in (("50", 0.04), ("90", 0.02), ("3sigma", 0.02)):
        level = WILKS.two_delta_llh[name]
        known = [cap(sigma * np.sqrt(level + lowest - least)) for _, _, sigma, least in (one, two)]
        assert contours[name].area == pytest.approx(sum(known), rel=tolerance)
        found = island_areas(cells, islands(cells, level))
        assert found == pytest.approx(known, rel=2 * tolerance)
    assert sum(map(len, state.pixels.values())) < 25_000


def test_around_the_minimum_alone_the_second_island_has_another_area():
    peaks = (40.0, 25.0, 3.0, 0.0), (150.0, -60.0, 2.0, 1.0)
    state, _ = scan(LEVELS, peaks, None)
    cells = cover(LEVELS, state)
    known = cap(2 * np.sqrt(WILKS.two_delta_llh["90"] - 1))
    found = island_areas(cells, islands(cells, WILKS.two_delta_llh["90"]))
    assert len(found) == 1 or found[1] != pytest.approx(known, rel=0.2)


@given(st.sampled_from(PROGRESSIONS), gaussians, st.sampled_from([4.6, 11.8, 30.0]))
@settings(max_examples=30, deadline=None)
def test_at_the_end_no_cell_is_too_large_for_its_island(text, peaks, outermost):
    levels = parse_nsides(text)
    state, rounds = scan(levels, peaks, outermost)
    tried = [(n, int(i)) for chosen in rounds for n, index in chosen.items() for i in index]
    assert len(tried) == len(set(tried))
    assert all((np.diff(i) > 0).all() for chosen in rounds for i in chosen.values())
    cells = cover(levels, state)
    labels = islands(cells, outermost)
    areas = island_areas(cells, labels) / np.degrees(1.0) ** 2
    for one, other in np.stack(touching(cells.nside, cells.nested), axis=1):
        for inside, near in ((one, one), (other, other), (one, other), (other, one)):
            if labels[inside] >= 0 and cells.nside[near] < levels[-1].nside:
                assert cells.area[near] <= SHARE * areas[labels[inside]] * (1 + 1e-12)


@given(st.sampled_from(PROGRESSIONS), gaussians, st.floats(1, 40))
@settings(max_examples=30, deadline=None)
def test_the_scan_around_the_minimum_comes_first_and_whole(text, peaks, outermost):
    levels = parse_nsides(text)
    _, plain = scan(levels, peaks, None)
    state, rounds = scan(levels, peaks, outermost)
    for ours, theirs in zip(rounds, plain, strict=False):
        assert list(ours) == list(theirs)
        assert all(np.array_equal(ours[n], theirs[n]) for n in ours)
    for chosen in rounds[len(plain) :]:
        assert set(chosen) <= {level.nside for level in levels[1:]}
    assert choose(levels, state, None, outermost) == {}


@given(st.sampled_from(PROGRESSIONS), gaussians, st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_choice_is_a_function_of_the_results(text, peaks, seed):
    """Not of how they were cut into parts, nor of the order in which these came."""
    random = np.random.default_rng(seed)

    def mix(parts):
        shuffled = [part.pixels[random.permutation(len(part.pixels))] for part in parts]
        pieces = [Part(pixels[k::3]) for pixels in shuffled for k in range(3)]
        return [pieces[i] for i in random.permutation(len(pieces))]

    levels = parse_nsides(text)
    _, whole = scan(levels, peaks, 11.8)
    _, mixed = scan(levels, peaks, 11.8, mix)
    assert len(whole) == len(mixed)
    for ours, theirs in zip(mixed, whole, strict=True):
        assert list(ours) == list(theirs)
        assert all(np.array_equal(ours[n], theirs[n]) for n in ours)


def test_a_flat_likelihood_is_not_refined():
    """Its one island is the sky, of which no cell is 1/200."""
    state, rounds = scan(LEVELS, [(0.0, 0.0, 1000.0, 0.0)], WILKS.outermost)
    assert len(state.done(8)) == 768
    _, plain = scan(LEVELS, [(0.0, 0.0, 1000.0, 0.0)], None)
    assert len(rounds) == len(plain)


def test_a_pointed_scan_has_one_round_all_the_same():
    state = State()
    index = choose(LEVELS, state, (40.0, 25.0), 11.8)[8]
    state.add([Part(rows(8, index, np.zeros(len(index))))])
    assert choose(LEVELS, state, (40.0, 25.0), 11.8) == {}
