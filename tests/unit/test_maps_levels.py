"""Levels, regions, areas and overlaps of maps of random cells, against the plain definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapfiles import blob

from pipeline.sky import healpix
from pipeline.sky.maps import cells
from pipeline.sky.maps.build import Pixels, Told, build
from pipeline.sky.maps.gaussian import Ellipse, map_of_ellipse
from pipeline.sky.maps.overlap import overlap
from pipeline.sky.maps.regions import united
from pipeline.sky.maps.skymap import pixels_of

TOLD = Told("test")


@st.composite
def cell_maps(draw):
    """Return cells that are apart, in any order, with densities of which many tie."""
    order, pixel = [], []
    waiting = [(0, p) for p in draw(st.sets(st.integers(0, 11), min_size=1))]
    while waiting:
        o, p = waiting.pop()
        split = o < 29 and len(waiting) + len(order) < 40 and draw(st.booleans())
        if split:
            some = draw(st.sets(st.integers(0, 3), min_size=1))
            waiting += [(o + 1, 4 * p + child) for child in some]
        else:
            order.append(o)
            pixel.append(p)
    shuffled = draw(st.permutations(range(len(order))))
    order, pixel = np.array(order)[shuffled], np.array(pixel, np.int64)[shuffled]
    value = st.sampled_from([0.0, 1e-3, 0.5, 1.0, 7.0])
    density = np.array(draw(st.lists(value, min_size=len(order), max_size=len(order))))
    density[0] = density[0] or 1.0
    begin = pixel * cells.width(order)
    return Pixels(
        begin, begin + cells.width(order), density, pixels=len(order), flat=draw(st.booleans())
    )


@settings(deadline=None)
@given(cell_maps(), st.integers(0, 2**32))
def test_levels_are_searched_probabilities(pixels, seed):
    found = build(pixels, TOLD)
    area = (pixels.end - pixels.begin) * cells.PIXEL_SR
    total = (pixels.density * area).sum()
    assert found.account.total == pytest.approx(total)
    assert (found.density * found.area).sum() == pytest.approx(1)
    assert np.all(found.begin[1:] >= found.end[:-1])
    asked = np.concatenate([pixels.begin, pixels.end - 1, (pixels.begin + pixels.end) // 2])
    outside = np.random.default_rng(seed).integers(0, cells.PIXELS, 20)
    at = found.at_pixels(np.append(asked, outside))
    for pixel, density, level in zip(np.append(asked, outside), at.density, at.level, strict=True):
        inside = (pixels.begin <= pixel) & (pixel < pixels.end)
        here = float(pixels.density[inside].sum())
        assert density == pytest.approx(here / total)
        held = (pixels.density * area)[pixels.density >= here].sum() / total if here else 1.0
        assert level == pytest.approx(held, abs=1e-12)


@settings(deadline=None)
@given(cell_maps(), st.floats(0.01, 1), st.integers(0, 2**32))
def test_regions_hold_the_cells_up_to_their_level(pixels, level, seed):
    found = build(pixels, TOLD)
    region = found.region(level)
    rng = np.random.default_rng(seed)
    inside = rng.integers(found.begin, found.end)
    asked = np.sort(np.concatenate([inside, rng.integers(0, cells.PIXELS, 20)]))
    expected = found.at_pixels(asked)
    limit = max(level, found.level.min())
    within = (expected.level <= limit) & (expected.density > 0)
    assert np.array_equal(region.holds(asked), within)
    assert np.array_equal(region.among(asked), np.flatnonzero(within))
    assert not region.holds(-1)
    assert region.area == pytest.approx(
        found.area[found.level <= limit].sum() / cells.SQUARE_DEGREE
    )
    assert np.all(region.begin[1:] > region.end[:-1])
    for order in (0, 6, 29):
        begin, end = region.at_order(order)
        coarse = asked[within] >> 2 * (29 - order)
        at = np.searchsorted(begin, coarse, "right") - 1
        assert np.all(coarse < end[at])
        assert np.all(begin[1:] > end[:-1])


@settings(deadline=None)
@given(cell_maps())
def test_siblings_that_are_equal_are_one(pixels):
    some = build(Pixels(pixels.begin, pixels.end, pixels.density, flat=False), TOLD)
    begin, end, which = cells.merge_siblings(some.begin, some.end, some.density)
    assert np.array_equal(some.at_pixels(begin).density, some.density[which])
    assert np.array_equal(some.at_pixels(end - 1).density, some.density[which])
    assert (end - begin).sum() == (some.end - some.begin).sum()
    size = end - begin
    assert set(size.tolist()) <= {int(cells.width(order)) for order in range(30)}
    assert np.all(begin % size == 0)
    again = cells.merge_siblings(begin, end, some.density[which])
    assert np.array_equal(again[0], begin)


def test_the_same_bytes_in_any_order():
    n = 12 * 16**2
    begin = np.arange(n) * cells.width(4)
    rng = np.random.default_rng(1)
    maps = []
    for _ in range(3):
        order = rng.permutation(n)
        density = np.round(blob(16), 5)[order]
        maps.append(build(Pixels(begin[order], begin[order] + cells.width(4), density), TOLD))
    for name in ("begin", "end", "density", "level"):
        assert len({getattr(m, name).tobytes() for m in maps}) == 1


def test_positions_that_are_none():
    found = map_of_ellipse(Ellipse(10, 20, 1, 1), TOLD)
    at = found.at([np.nan, 10, 10, np.inf], [20, 95, 20, 20])
    assert np.array_equal(np.isnan(at.level), [True, True, False, True])
    assert np.array_equal(np.isnan(at.density), [True, True, False, True])
    assert at.cell.tolist()[:2] == [-1, -1] and at.level[2] < 0.01
    assert pixels_of(370.0, 20.0) == pixels_of(10.0, 20.0)
    assert found.at(10.0, 20.0).level.shape == ()


@pytest.mark.parametrize("level", [0.0, -0.1, 1.1, np.nan])
def test_levels_that_are_none(level):
    with pytest.raises(ValueError, match="credible level is in"):
        map_of_ellipse(Ellipse(10, 20, 1, 1), TOLD).region(level)


@pytest.mark.parametrize(
    "ellipse",
    [
        Ellipse(200.0, 10.0, 1.0, 1.0),
        Ellipse(0.0, -30.0, 5.0, 5.0, containment=0.5),
        Ellipse(359.9, 89.5, 3.0, 1.0, 30.0, 0.9),
        Ellipse(45.0, -60.0, 10.0, 0.5, 120.0, 0.683),
        Ellipse(12.0, 0.0, 40.0, 40.0, containment=0.9),
        Ellipse(12.0, 0.0, 1e-4, 1e-4),
    ],
)
def test_ellipses_hold_what_they_say(ellipse):
    """Positions drawn around the centre, by astropy's own arithmetic, have uniform levels."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from scipy.stats import kstest

    rng = np.random.default_rng(3)
    major, minor = ellipse.sigmas
    along, across = rng.normal(0, major, 20_000), rng.normal(0, minor, 20_000)
    away, turn = np.hypot(along, across), np.degrees(np.arctan2(across, along))
    some = away < 175
    centre = SkyCoord(ellipse.ra, ellipse.dec, unit="deg")
    place = centre.directional_offset_by((ellipse.angle + turn[some]) * u.deg, away[some] * u.deg)
    found = map_of_ellipse(ellipse, TOLD)
    level = found.at(place.ra.deg, place.dec.deg).level
    inside = (along / ellipse.major) ** 2 + (across / ellipse.minor) ** 2 < 1
    assert inside.mean() == pytest.approx(ellipse.containment, abs=0.01)
    assert (level < ellipse.containment).mean() == pytest.approx(ellipse.containment, abs=0.012)
    assert kstest(level, "uniform").statistic < 0.012
    area = np.pi * ellipse.major * ellipse.minor
    if ellipse.major < 11:
        assert found.area_of(ellipse.containment) == pytest.approx(area, rel=0.02)


def test_overlaps():
    """Of two Gaussians in a plane: I_Ω = 2 / (σ_a² + σ_b²) exp(−d² / 2 (σ_a² + σ_b²))."""
    a = Ellipse(100.0, 20.0, 1.0, 1.0)
    b = Ellipse(100.0, 21.0, 2.0, 2.0)
    variance = np.radians(a.sigmas[0]) ** 2 + np.radians(b.sigmas[0]) ** 2
    expected = 2 / variance * np.exp(-(np.radians(1.0) ** 2) / 2 / variance)
    one, other = map_of_ellipse(a, TOLD), map_of_ellipse(b, TOLD)
    assert overlap(one, other) == pytest.approx(expected, rel=0.01)
    assert overlap(one, other) == pytest.approx(overlap(other, one), rel=1e-12)
    whole = Pixels(np.array([0]), np.array([cells.PIXELS]), np.array([1.0]))
    assert overlap(one, build(whole, TOLD)) == pytest.approx(1)
    with pytest.raises(ValueError, match="expected one frame"):
        overlap(one, build(whole, Told("g", "galactic")))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=12))
def test_united(intervals):
    begin = np.array(sorted({b for b, _ in intervals}), np.int64)
    end = np.maximum.accumulate(begin + np.array([w for _, w in intervals][: len(begin)], np.int64))
    new = united(begin, end)
    covered = {p for b, e in zip(begin, end, strict=True) for p in range(b, e)}
    assert covered == {p for b, e in zip(*new, strict=True) for p in range(b, e)}
    assert np.all(new[0][1:] > new[1][:-1])


def test_levels_and_areas_against_ligo_skymap_and_mocpy():
    import astropy.units as u
    from astropy.table import Table
    from ligo.skymap.postprocess.util import find_greedy_credible_levels
    from mocpy import MOC

    rng = np.random.default_rng(5)
    order = 5
    n = 12 << 2 * order
    probability = rng.gamma(0.3, size=n)
    probability /= probability.sum()
    begin = np.arange(n) * cells.width(order)
    area = float(healpix.pixel_area(1 << order))
    found = build(Pixels(begin, begin + cells.width(order), probability / area), TOLD)
    theirs = find_greedy_credible_levels(probability)
    assert np.allclose(found.at_pixels(begin).level, theirs, rtol=0, atol=1e-9)
    table = Table({"UNIQ": 4 * 4**order + np.arange(n), "PROBDENSITY": probability / area / u.sr})
    moc = MOC.from_valued_healpix_cells(
        table["UNIQ"], probability, order, cumul_to=0.9, values_are_densities=False, strict=True
    )
    held = found.region(0.9).area
    assert moc.sky_fraction * 41252.96125 == pytest.approx(held, rel=1e-3)
