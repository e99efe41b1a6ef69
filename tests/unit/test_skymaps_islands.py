"""Islands against mocpy, which splits regions of the sky with code of its own."""

import time

import mocpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sky import healpix
from pipeline.skymaps.map.cells import Cells
from pipeline.skymaps.map.islands import containing, island_areas, islands

DEEPEST = 4  # order of the finest cells; mocpy splits at its map's own depth


def patchwork(seed, share=0.4, first=2, splits=3):
    """Return cells of several nsides, cut at random, with random depths."""
    random = np.random.default_rng(seed)
    pieces, nside, nested = [], first, np.arange(12 * first**2)
    for split in range(splits + 1):
        cut = random.random(len(nested)) < (0.3 if split < splits else 0.0)
        pieces.append((np.full((~cut).sum(), nside), nested[~cut]))
        nested = np.sort(healpix.children(nside, nested[cut], nside_out=2 * nside, nest=True))
        nside, nested = 2 * nside, nested.ravel()
    nsides, indices = (np.concatenate(column) for column in zip(*pieces, strict=True))
    depth = random.permutation(len(nsides)) / len(nsides) / share
    return Cells(nsides.astype(np.int64), indices.astype(np.int64), depth)


def moc(cells, chosen):
    order = np.log2(cells.nside[chosen]).astype(np.uint8)
    return mocpy.MOC.from_healpix_cells(cells.nested[chosen].astype(np.uint64), order, DEEPEST)


@given(st.integers(0, 10**6), st.floats(0.05, 0.9))
@settings(max_examples=60, deadline=None)
def test_islands_are_mocpys(seed, share):
    cells = patchwork(seed, share)
    labels = islands(cells, 1.0)
    assert np.array_equal(labels >= 0, cells.two_delta_llh <= 1.0)
    ours = [moc(cells, labels == label) for label in range(labels.max() + 1)]
    theirs = moc(cells, labels >= 0).split(include_indirect_neighbours=True)
    assert {m.to_string() for m in ours} == {m.to_string() for m in theirs}


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_best_fits_island_is_first_then_the_largest(seed):
    cells = patchwork(seed, 0.3)
    labels = islands(cells, 1.0)
    assert labels[np.argmin(cells.two_delta_llh)] == 0
    areas = island_areas(cells, labels)
    assert (np.diff(areas[1:]) <= 0).all()
    assert areas.sum() == pytest.approx(cells.area_within(1.0))


def test_nothing_inside():
    cells = patchwork(1)
    labels = islands(cells, -1.0)
    assert (labels == -1).all()
    assert len(island_areas(cells, labels)) == 0


def test_everything_inside_is_one_island():
    assert (islands(patchwork(1), 1e9) == 0).all()


def test_a_corner_connects():
    """Two nested pixels of one face that share a corner only, the diagonal of a 2 x 2 block."""
    depth = np.where(np.isin(np.arange(192), [0, 3]), 0.0, 9.0)
    cells = Cells(np.full(192, 4), np.arange(192), depth)
    assert islands(cells, 1.0).max() == 0
    apart = Cells(cells.nside, cells.nested, np.where(np.isin(np.arange(192), [0, 12]), 0.0, 9.0))
    assert islands(apart, 1.0).max() == 1


def test_containing():
    nside, nested = np.array([1, 2, 2]), np.array([0, 4, 6])
    wanted = [(1, 0), (4, 15), (4, 16), (4, 20), (2, 6), (1, 1), (8, -1)]
    wanted_nside, pixel = np.array(wanted).T
    assert containing(nside, nested, wanted_nside, pixel).tolist() == [0, 0, 1, -1, 2, -1, -1]


def test_a_hundred_thousand_cells_take_no_time():
    cells = patchwork(3, 0.6, first=64, splits=4)
    assert len(cells.nside) > 100_000
    started = time.process_time()
    assert islands(cells, 1.0).max() > 100
    assert time.process_time() - started < 0.5
