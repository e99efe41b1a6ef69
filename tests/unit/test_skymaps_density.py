"""The density of the FITS file: its credible regions, found by ligo.skymap, are the contours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ligo.skymap.postprocess.util import find_greedy_credible_levels
from test_skymaps_map import gaussian

from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.cells import Cells, cover
from pipeline.skymaps.map.density import HAIR, probability_density
from pipeline.skymaps.map.levels import CONTENTS, Levels, wilks_levels

WILKS = wilks_levels()
CALIBRATED = Levels({"50": 2.0, "90": 9.2, "3sigma": 23.7}, "made up")


def region(cells, density, content):
    """Return which cells a reader's credible region has."""
    return find_greedy_credible_levels(density * cells.area, ranking=density) <= content


def inside(cells, levels, name):
    return cells.two_delta_llh <= levels.two_delta_llh[name]


@pytest.mark.parametrize("levels", [WILKS, CALIBRATED], ids=["wilks", "calibrated"])
@pytest.mark.parametrize("text", ["8:0 64:12 512:24", "8:0 64:12 512:60", "8:0 64:12", "16:0"])
def test_credible_regions_are_the_contours(levels, text):
    progression = parse_nsides(text)
    cells = cover(progression, gaussian(progression, 40.0, 25.0))
    density = probability_density(cells, levels)
    assert (density * cells.area).sum() == pytest.approx(1, abs=1e-12)
    for name, content in CONTENTS.items():
        within = inside(cells, levels, name)
        others = [other for other in CONTENTS if (inside(cells, levels, other) == within).all()]
        if name == others[-1]:  # the widest of the contours with these cells
            assert (density * cells.area)[within].sum() == pytest.approx(content, rel=2 * HAIR)
            assert (region(cells, density, content) == within).all()


def test_a_gaussian_in_small_cells_stays_one():
    """exp(−2Δllh/2) times a constant, to the size of the cells, out to 3σ."""
    progression = parse_nsides("8:0 64:30 512:60")
    cells = cover(progression, gaussian(progression, 40.0, 25.0))
    density = probability_density(cells, WILKS)
    close = (cells.two_delta_llh < 9) & (cells.nside == 512)
    ratio = np.log(density[close]) + cells.two_delta_llh[close] / 2
    assert close.sum() > 1000
    assert np.ptp(ratio) < 0.2
    peak = 1 / (2 * np.pi * np.radians(1.2) ** 2)
    assert density.max() == pytest.approx(peak, rel=0.1)


@st.composite
def skies(draw):
    """Return cells of several sizes with any 2Δllh, and any ascending levels."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    nside, nested = np.full(192, 4), np.arange(192)
    for _ in range(draw(st.integers(0, 3))):
        cut = np.isin(np.arange(len(nside)), rng.choice(len(nside), rng.integers(1, 60)))
        children = (4 * nested[cut][:, None] + np.arange(4)).ravel()
        nside = np.concatenate([nside[~cut], np.repeat(2 * nside[cut], 4)])
        nested = np.concatenate([nested[~cut], children])
    spread = draw(st.sampled_from([0.1, 3.0, 30.0, 1000.0, 1e9]))
    depth = spread * rng.random(len(nside)) ** draw(st.sampled_from([0.2, 1.0, 4.0]))
    if draw(st.booleans()):  # many the same
        depth = np.round(depth * 4 / spread) * spread / 4
    depth -= depth.min()
    keep = rng.random(len(nside)) < draw(st.sampled_from([0.02, 0.5, 1.0]))
    keep[np.argmin(depth)] = True
    order = np.lexsort((nested[keep], nside[keep]))
    cells = Cells(nside[keep][order], nested[keep][order], depth[keep][order])
    steps = draw(st.lists(st.floats(0.01, 30.0), min_size=3, max_size=3))
    return cells, Levels(dict(zip(CONTENTS, np.cumsum(steps).tolist(), strict=True)), "made up")


@given(skies())
@settings(max_examples=300, deadline=None)
def test_any_cells_and_any_levels(sky):
    """The density falls, sums to 1, and every level that can be a border is one."""
    cells, levels = sky
    density = probability_density(cells, levels)
    assert np.isfinite(density).all() and (density >= 0).all()
    assert (density * cells.area).sum() == pytest.approx(1, abs=1e-12)
    order = np.argsort(cells.two_delta_llh, kind="stable")
    falls = np.diff(density[order]) <= 1e-9 * density[order][:-1]
    assert (falls | (np.diff(cells.two_delta_llh[order]) == 0)).all()
    # The shells that have cells, and the contents they should hold: those of the widest level.
    within = {name: inside(cells, levels, name) for name in CONTENTS}
    held = {int(within[name].sum()): CONTENTS[name] for name in CONTENTS if within[name].any()}
    held[len(density)] = 1.0
    area = [np.sort(cells.two_delta_llh), cells.area[order].cumsum()]
    ends, contents = [0, *held], [0.0, *held.values()]
    areas = np.diff([0.0, *area[1][np.array(ends[1:]) - 1]])
    shares = np.diff(contents)
    for k in range(1, len(areas)):
        # A density that falls can have a border here if whatever lies just within is denser
        # in the mean than whatever lies just beyond.
        near = min(shares[i:k].sum() / areas[i:k].sum() for i in range(k))
        far = max(shares[k:j].sum() / areas[k:j].sum() for j in range(k + 1, len(areas) + 1))
        if near > 1.0001 * far:
            found = region(cells, density, contents[k])
            # Cells of the farthest shell may hold less than the reader's own rounding.
            extra = found & (cells.two_delta_llh > area[0][ends[k] - 1])
            assert (density * cells.area)[extra].sum() < 2 * HAIR
            assert found.sum() - extra.sum() == ends[k]


def test_a_shell_that_must_be_denser_than_the_one_inside_makes_one_with_it():
    """50 % in 40 cells and 40 % in 4: no density that falls has both. 90 % stays a border."""
    depth = np.concatenate([np.linspace(0, 1, 40), np.linspace(2, 3, 4), np.linspace(5, 30, 148)])
    cells = Cells(np.full(192, 4), np.arange(192), depth)
    density = probability_density(cells, WILKS)
    assert (density * cells.area)[:44].sum() == pytest.approx(0.9)
    assert density[:44] == pytest.approx(np.full(44, density[0]), rel=1e-5)
    assert (np.diff(density) < 0).all()
    assert region(cells, density, 0.9).sum() == 44
    assert np.flatnonzero(region(cells, density, 0.5)).tolist() == list(range(24))
