"""The track likelihood and its fit: geometry, gradient, minimum, independence of rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize as scipy_minimize
from scipy.optimize import minimize_scalar

from pipeline.events.event import PULSE_DTYPE, Event, Seed, first_pulses
from pipeline.events.geometry import ic86_like
from pipeline.events.optics import GROUP_INDEX
from pipeline.simulate.events import simulate_event
from pipeline.simulate.ice import uniform
from pipeline.skymaps.recos.convolved import log_pdf, log_sf
from pipeline.skymaps.recos.pandel import MOST_PHOTONS, PandelLikelihood, PandelMpe, PandelSpe1st
from pipeline.skymaps.recos.pandel_table import load_table
from pipeline.skymaps.recos.track import track_llh, transverse

C = 0.299792458  # m/ns
COS_C = 1 / 1.3195


@pytest.fixture(scope="session")
def table(pandel_table):
    return pandel_table


def simulated(number):
    """Return a simulated event, its true direction and vertex."""
    doms = ic86_like()
    made = simulate_event(number, 1, doms, uniform())
    truth = made.truth
    vertex = np.array([truth[k] for k in "xyzt"])
    return made.event, travel(truth["zenith"], truth["azimuth"]), vertex


def travel(zenith, azimuth):
    sin = np.sin(zenith)
    return -np.array([sin * np.cos(azimuth), sin * np.sin(azimuth), np.cos(zenith)])


def random_hits(rng, n):
    hits = np.zeros(n, PULSE_DTYPE)
    for name in "xyz":
        hits[name] = rng.uniform(-500, 500, n)
    hits["time"] = rng.uniform(8000, 14000, n)
    hits["charge"] = rng.exponential(3, n)
    hits["string"], hits["om"], hits["hlc"] = 1 + np.arange(n), 1, True
    return hits


def unit(rng, n):
    vectors = rng.normal(size=(n, 3))
    return vectors / np.linalg.norm(vectors, axis=1)[:, None]


def exact_llh(hits, photons, direction, vertex):
    """The likelihood written down from the formulas, DOM by DOM, with the exact function."""
    total = 0.0
    for hit, n in zip(hits, photons, strict=True):
        offset = np.array([hit["x"], hit["y"], hit["z"]]) - vertex[:3]
        along = offset @ direction
        d = np.linalg.norm(offset - along * direction)

        def light_path(s, offset=offset):  # emitted at s along the track
            way = offset - s * direction
            return way, np.linalg.norm(way)

        # light leaves under the Cherenkov angle: where it is is solved for, not copied
        s = along - d * COS_C / np.sqrt(1 - COS_C**2)
        way, length = light_path(s)
        assert way @ direction / length == pytest.approx(COS_C, abs=1e-9)
        delay = hit["time"] - vertex[3] - s / C - length * GROUP_INDEX / C
        cos = way[2] / length
        d_eff = 0.8395 * d + 3.094 - 3.946 * cos + 4.636 * cos**2
        p = n * np.exp(log_pdf(d_eff, delay) + (n - 1) * log_sf(d_eff, delay))
        total -= np.log(p + 1e-8)
    return total


@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("photons", [1, 4])
def test_llh_is_the_formula(table, number, photons):
    event, direction, vertex = simulated(number)
    hits = first_pulses(event)
    counts = np.full(len(hits), float(photons))
    ours = PandelLikelihood(hits, counts, table).llh(direction, vertex)
    assert ours == pytest.approx(exact_llh(hits, counts, direction, vertex), abs=1e-4)


def test_unscattered_light_is_the_earliest(table):
    """The delay per metre is what Fermat's principle gives for a source that moves with c."""
    # phase velocity makes the cone; group velocity of the light is used along the same path
    d, phase = 50.0, 1.3195
    path = minimize_scalar(lambda s: s / C + np.hypot(d, s) * phase / C, bounds=(-200, 0))
    assert path.x == pytest.approx(-d * COS_C / np.sqrt(1 - COS_C**2), rel=1e-4)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 3.0]))
@settings(max_examples=60, deadline=None)
def test_gradient(table, seed, photons):
    rng = np.random.default_rng(seed)
    splines = load_table(table)
    tables = (splines.floored, splines.log_pdf, splines.log_sf)
    hits = random_hits(rng, 12)
    doms = np.column_stack([hits[k] for k in ("x", "y", "z", "time")] + [np.full(12, photons)])
    frame, direction = np.empty((12, 4)), unit(rng, 1)[0]
    transverse(np.ascontiguousarray(doms), direction, np.zeros(3), frame)
    track = np.array([*rng.uniform(-300, 300, 2), rng.uniform(7000, 12000)])
    gradient, unused, step = np.empty(3), np.empty(3), 1e-4
    track_llh(tables, frame, direction[2], track, gradient)
    for k in range(3):
        shift = step * np.eye(3)[k]
        up = track_llh(tables, frame, direction[2], track + shift, unused)
        down = track_llh(tables, frame, direction[2], track - shift, unused)
        assert gradient[k] == pytest.approx((up - down) / (2 * step), abs=2e-5)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("away", [0.0, 0.05])
def test_fit_finds_what_many_starts_of_scipy_find(table, number, away):
    reco = PandelSpe1st(table)
    rng = np.random.default_rng(4)
    event, truth, _ = simulated(number)
    likelihood = reco.load(event)
    direction = truth + away * unit(rng, 1)[0]
    direction /= np.linalg.norm(direction)
    starts = reco.variations.vertices(direction[None], event.seed.vertex[None])
    fit = likelihood.fit(direction[None], starts)[0]
    across = np.linalg.svd(direction[None])[2][1:]
    point = np.array([fit["x"], fit["y"], fit["z"]])

    def function(p):
        return likelihood.llh(direction, [*(point + p[:2] @ across), fit["t"] + p[2]])

    found = min(
        scipy_minimize(function, rng.normal(0, s, 3), method="Nelder-Mead").fun
        for s in (1, 20, 50, 100)
    )
    assert fit["llh"] <= found + 1e-3
    assert fit["llh"] == pytest.approx(function(np.zeros(3)), abs=1e-9)


def test_best_direction_is_near_the_truth(table):
    reco = PandelSpe1st(table)
    rng = np.random.default_rng(11)
    for number in (0, 1, 2):
        event, truth, vertex = simulated(number)
        around = truth + np.vstack([np.zeros(3), 0.6 * unit(rng, 40)])
        around /= np.linalg.norm(around, axis=1)[:, None]
        starts = reco.variations.vertices(around, np.tile(event.seed.vertex, (41, 1)))
        fits = reco.load(event).fit(around, starts)
        assert np.argmin(fits["llh"]) == 0
        found = np.array([fits[k][0] for k in "xyz"]) - vertex[:3]
        across = found - (found @ truth) * truth
        assert np.linalg.norm(across) < 30
        assert abs(fits["t"][0] - vertex[3] - found @ truth / C) < 100


def test_rows_do_not_depend_on_one_another(table):
    reco = PandelSpe1st(table)
    event, _, _ = simulated(2)
    directions = unit(np.random.default_rng(0), 20)
    starts = reco.variations.vertices(directions, np.tile(event.seed.vertex, (20, 1)))
    likelihood = reco.load(event)
    together = likelihood.fit(directions, starts)
    backwards = likelihood.fit(directions[::-1], starts[::-1])[::-1]
    alone = np.concatenate(
        [likelihood.fit(directions[i : i + 1], starts[i : i + 1]) for i in range(20)]
    )
    for other in (backwards, alone):
        assert together.tobytes() == np.ascontiguousarray(other).tobytes()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_any_hits_give_a_finite_fit_no_worse_than_noise(table, seed):
    rng = np.random.default_rng(seed)
    hits = random_hits(rng, int(rng.integers(4, 30)))
    hits["time"] *= rng.choice([1.0, 100.0])
    photons = np.clip(np.rint(hits["charge"]), 1, 10)
    directions = np.vstack([unit(rng, 3), [[0, 0, 1.0], [0, 0, -1.0], [1.0, 0, 0]]])
    vertices = rng.normal(0, 2000, (6, 2, 4))
    fits = PandelLikelihood(hits, photons, table).fit(directions, vertices)
    for name in ("llh", "x", "y", "z", "t"):
        assert np.isfinite(fits[name]).all()
    assert (fits["llh"] <= -len(hits) * np.log(1e-8) + 1e-9).all()
    assert np.isnan(fits["e_in"]).all()


def test_a_track_through_a_dom(table):
    hits = random_hits(np.random.default_rng(1), 5)
    vertex = [*(hits[0][k] for k in "xyz"), hits[0]["time"]]
    value = PandelLikelihood(hits, np.ones(5), table).llh([0, 0, -1.0], vertex)
    assert np.isfinite(value)


def test_too_few_doms(table):
    event = Event(
        1,
        7,
        "t",
        60000.0,
        False,
        random_hits(np.random.default_rng(0), 3),
        Seed(0.0, 0.0, 0.0, 0.0),
    )
    with pytest.raises(ValueError, match="run 1 event 7: 3 DOMs .* needs 4"):
        PandelSpe1st(table).load(event)


def test_mpe_counts_photons_up_to_a_cap(table):
    hits = random_hits(np.random.default_rng(2), 6)
    hits["charge"] = [0.1, 1.2, 1.6, 5.0, 40.0, 1e4]
    event = Event(1, 7, "t", 60000.0, False, hits, Seed(0.0, 0.0, 0.0, 0.0))
    vertex, direction = np.array([0, 0, 0, 9000.0]), np.array([0.6, 0, -0.8])
    mpe = PandelMpe(table).load(event).llh(direction, vertex)
    counts = [1, 1, 2, 5, MOST_PHOTONS, MOST_PHOTONS]
    assert mpe == pytest.approx(exact_llh(hits, counts, direction, vertex), abs=1e-3)
    hits["charge"] = 1.0
    single = PandelSpe1st(table).load(event).llh(direction, vertex)
    assert PandelMpe(table).load(event).llh(direction, vertex) == single
