"""Which pixels are chosen, in which order, and where their fits start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sky import healpix
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.domain import Skymaps
from pipeline.skymaps.scan.pixels import choose, disc, expected_pixels, first_pixels, seed_vertices
from pipeline.skymaps.scan.results import PIXEL_DTYPE, Failure, Part, State, read_part, write_part


def rows(nside, index, llh, vertex=(0.0, 0.0, 0.0, 0.0)):
    table = np.zeros(len(index), PIXEL_DTYPE)
    table["nside"], table["index"], table["llh"] = nside, index, llh
    for name, value in zip("XYZT", vertex, strict=True):
        table[name] = value
    return table


def bowl(nside, index, centre):
    """A likelihood that falls towards a direction."""
    away = healpix.pixel_to_vec(nside, index) - np.asarray(centre) / np.linalg.norm(centre)
    return 500 * (away**2).sum(axis=1)


def scan(levels, centre):
    state, rounds = State(), []
    while chosen := choose(levels, state):
        rounds.append(chosen)
        state.add(Part(rows(n, p, bowl(n, p, centre))) for n, p in chosen.items())
    return state, rounds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8:0 12:12", "12 is no power of 2"),
        ("64:0 8:12", "not in ascending order"),
        ("8:0 8:12", "not in ascending order"),
        ("8:0 64:0", "all extensions but the first must be positive"),
        ("8:0 64:-3", "all extensions but the first must be positive"),
        ("8:4 64:12", "first extension must be 0"),
        ("8 64", "expected nside:extension"),
        ("8:0:1", "expected nside:extension"),
        ("8:x", "expected nside:extension"),
        ("0:0", "0 is no power of 2"),
        ("", "there is none|at least 1 character"),
    ],
)
def test_bad_progressions(text, words):
    with pytest.raises(ValueError, match=words):
        parse_nsides(text)
    with pytest.raises(ValueError, match=words):
        Skymaps(nsides=text)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(lambda v: np.linalg.norm(v) > 0.1))
@settings(max_examples=25, deadline=None)
def test_rounds_end_at_the_minimum(centre):
    levels = parse_nsides("4:0 16:12 64:12")
    state, rounds = scan(levels, centre)
    assert [len(p) for p in rounds[0].values()] == [192]
    best = state.best()
    truth = healpix.vec_to_pixel(64, centre)
    assert best["llh"] <= bowl(64, np.atleast_1d(truth), centre)[0]
    for nside in (4, 16, 64):
        tried = np.concatenate([r[nside] for r in rounds if nside in r])
        assert len(tried) == len(np.unique(tried)) == len(state.done(nside))
    for chosen in rounds:
        for index in chosen.values():
            assert (np.diff(index) > 0).all()
    around = healpix.pixel_to_vec(int(best["nside"]), best["index"])
    for coarse, fine in ((4, 16), (16, 64)):
        children = healpix.children(coarse, disc(coarse, around, 12), nside_out=fine).ravel()
        assert np.isin(children, state.done(fine)).all()


def test_best_of_equal_ones_is_the_lowest_nside_and_index():
    state = State()
    state.add([Part(rows(8, [5, 3], [1.0, 1.0])), Part(rows(2, [40, 7], [1.0, 1.0]))])
    assert (state.best()["nside"], state.best()["index"]) == (2, 7)
    assert State().best() is None


def test_a_disc_is_open_and_flat():
    centre = healpix.pixel_to_vec(8, 300)
    apart = np.linalg.norm(healpix.pixel_to_vec(8, np.arange(768)) - centre, axis=1)
    angle = 2 * np.arcsin(apart / 2)
    for count in (0.5, 6, 12, 24, 700):
        radius = np.sqrt(count * 4 * np.pi / 768 / np.pi)
        assert disc(8, centre, count).tolist() == np.flatnonzero(angle < radius).tolist()


def test_failed_pixels_are_not_tried_again_but_refined():
    levels = parse_nsides("4:0 16:12")
    state = State()
    index = first_pixels(4)
    values = bowl(4, index, (0, 0, 1))
    near = disc(4, healpix.pixel_to_vec(4, int(np.argmin(values))), 12)
    lost = near[near != np.argmin(values)]
    failures = [Failure(4, int(i), "lost") for i in lost]
    state.add([Part(rows(4, np.delete(index, lost), np.delete(values, lost)), failures)])
    chosen = choose(levels, state)
    assert list(chosen) == [16]
    assert len(chosen[16]) == 16 * len(near)


def test_all_failed_ends():
    state = State()
    state.add([Part(failures=[Failure(4, i, "x") for i in range(192)])])
    assert choose(parse_nsides("4:0 16:12"), state) == {}


def test_pointed_scan_has_one_round_around_the_seed():
    levels = parse_nsides("64:0 512:12")
    state = State()
    chosen = choose(levels, state, (100.0, 85.0))
    ra, dec = healpix.pixel_to_lonlat(64, chosen[64])
    away = healpix.lonlat_to_vec(ra, dec) @ healpix.lonlat_to_vec(100.0, 85.0)
    assert np.degrees(np.arccos(away)).max() < 3.5
    assert len(chosen[64]) == pytest.approx(expected_pixels(levels, pointed=True)[64], abs=4)
    state.add([Part(rows(64, chosen[64], 1.0))])
    assert choose(levels, state, (100.0, 85.0)) == {}


@given(st.sampled_from([1, 2, 4, 8, 16, 32, 64]), st.floats(0, 360), st.floats(-90, 90))
@settings(max_examples=60)
def test_pointed_scan_has_the_seeds_surroundings_at_any_nside(nside, ra, dec):
    """Skymap Scanner's pixels, and never fewer than the seed's own with its neighbours."""
    pixels = first_pixels(nside, (ra, dec))
    seed = healpix.lonlat_to_vec(ra, dec)
    chord = np.linalg.norm(healpix.pixel_to_vec(nside, np.arange(12 * nside**2)) - seed, axis=1)
    distance = np.degrees(2 * np.arcsin(chord / 2))
    assert np.isin(np.flatnonzero(distance < 3.5 - 1e-9), pixels).all()
    assert healpix.lonlat_to_pixel(nside, ra, dec) in pixels
    assert len(pixels) >= 7
    assert (distance[pixels] > 3.5 + 1e-9).sum() <= 9
    assert (np.diff(pixels) > 0).all()


def test_seed_vertex_is_the_nearest_ancestors():
    levels = parse_nsides("2:0 8:4 32:4")
    state = State()
    child = healpix.nest_to_ring(32, 1000)
    parent = healpix.nest_to_ring(8, 1000 // 16)
    grandparent = healpix.nest_to_ring(2, 1000 // 256)
    seed = np.array([9.0, 9.0, 9.0, 9.0])
    where = [seed_vertices(levels, state, 32, np.array([child]), seed)[0, 0]]
    for nside, index, x in ((2, grandparent, 1.0), (8, parent, 2.0)):
        state.add([Part(rows(nside, [index], [0.0], (x, 0.0, 0.0, 0.0)))])
        where.append(seed_vertices(levels, state, 32, np.array([child]), seed)[0, 0])
    assert where == [9.0, 1.0, 2.0]
    far = healpix.nest_to_ring(32, 12 * 32**2 - 1)
    assert seed_vertices(levels, state, 32, np.array([far]), seed)[0].tolist() == seed.tolist()


def test_part_round_trip(tmp_path):
    path = tmp_path / "0000.npz"
    part = Part(rows(8, [1, 2], [0.5, np.inf]), [Failure(8, 3, "é" * 500)])
    write_part(part, "abc", path)
    back = read_part(path, "abc")
    assert back.pixels.tolist() == part.pixels.tolist()
    assert back.failures == [Failure(8, 3, "é" * 200)]
    assert read_part(path, "other") is None
    assert read_part(tmp_path / "none.npz", "abc") is None
    write_part(Part(), "abc", path)
    empty = read_part(path, "abc")
    assert (len(empty.pixels), empty.failures) == (0, [])


def test_damaged_part_is_named(tmp_path):
    path = tmp_path / "0000.npz"
    write_part(Part(), "abc", path)
    for content in (path.read_bytes()[:100], b"", b"PK"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"0000.npz: no part of a scan"):
            read_part(path, "abc")
