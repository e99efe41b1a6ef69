"""The reconstructions that are no Pandel fits: plane wave and dummies."""

import time

import numpy as np
import pytest

from pipeline.events.event import PULSE_DTYPE, Event, Seed
from pipeline.skymaps.recos.dummy import WIDTH, CrashDummy, Dummy
from pipeline.skymaps.recos.planewave import PlaneWave

C = 0.299792458


def sphere(n):
    """Unit vectors, evenly over the sphere."""
    z = 1 - (2 * np.arange(n) + 1) / n
    phi = np.pi * (1 + 5**0.5) * np.arange(n)
    return np.column_stack([np.sqrt(1 - z**2) * np.cos(phi), np.sqrt(1 - z**2) * np.sin(phi), z])


def plane_event(direction, late=0.0):
    rng = np.random.default_rng(1)
    pulses = np.zeros(60, PULSE_DTYPE)
    for axis in "xyz":
        pulses[axis] = rng.uniform(-400, 400, 60)
    places = np.column_stack([pulses[axis] for axis in "xyz"])
    pulses["time"] = 10_000 + places @ direction / C
    pulses["time"][:6] += late
    pulses["string"], pulses["om"], pulses["hlc"], pulses["charge"] = np.arange(60), 1, True, 1
    return Event(
        1, 1, "t", 60000.0, False, pulses, Seed(0.0, 0.0, 0.0, 0.0, zenith=1.0, azimuth=2.0)
    )


def fit(reco, event, directions):
    starts = reco.variations.vertices(directions, np.tile(event.seed.vertex, (len(directions), 1)))
    return reco.load(event).fit(directions, starts)


@pytest.mark.parametrize("late", [0.0, 20_000.0])
def test_planewave_finds_a_plane_wave_in_spite_of_late_light(late):
    directions = sphere(2000)
    truth = directions[777]
    fits = fit(PlaneWave(), plane_event(truth, late), directions)
    best = np.argmin(fits["llh"])
    assert best == 777
    front = fits[best]
    middle = np.array([front["x"], front["y"], front["z"]])
    assert front["t"] == pytest.approx(10_000 + middle @ truth / C, abs=1 if late == 0 else 40)
    if late == 0:
        assert front["llh"] == pytest.approx(0, abs=1e-9)


def test_planewave_rows_do_not_depend_on_the_batch():
    directions = sphere(700)  # more than one batch
    event = plane_event(directions[5], 300.0)
    together = fit(PlaneWave(), event, directions)
    for i in (0, 511, 512, 699):
        assert (
            together[i : i + 1].tobytes()
            == fit(PlaneWave(), event, directions[i : i + 1]).tobytes()
        )


def test_planewave_needs_three_doms():
    event = plane_event(np.array([0, 0, 1.0]))
    few = Event(1, 2, "t", 60000.0, False, event.pulses[:2], event.seed)
    with pytest.raises(ValueError, match="run 1 event 2: 2 DOMs"):
        PlaneWave().load(few)


def test_dummy_is_a_gaussian_around_the_seed():
    event = plane_event(np.array([0, 0, 1.0]))
    seed = event.seed
    sin = np.sin(seed.zenith)
    centre = -np.array(
        [sin * np.cos(seed.azimuth), sin * np.sin(seed.azimuth), np.cos(seed.zenith)]
    )
    directions = np.vstack([centre, sphere(500)])
    fits = fit(Dummy(), event, directions)
    assert fits["llh"][0] == 0
    psi = np.arccos(np.clip(directions @ centre, -1, 1))
    np.testing.assert_allclose(fits["llh"][1:], (1 - np.cos(psi[1:])) / WIDTH**2)
    near = psi[1:] < 0.1
    np.testing.assert_allclose(fits["llh"][1:][near], 0.5 * (psi[1:][near] / WIDTH) ** 2, rtol=1e-3)
    assert fits["x"][3] == seed.x
    assert (fits["e_tot"] == 2 * fits["e_in"]).all()


def test_crash_dummy_fails_on_the_same_pixels_again():
    event, directions = plane_event(np.array([0, 0, 1.0])), sphere(2000)

    def outcome(reco, direction):
        try:
            return "nan" if np.isnan(fit(reco, event, direction[None])["llh"][0]) else "good"
        except RuntimeError:
            return "raised"

    reco = CrashDummy(raising=0.1, nan=0.2, seed=4)
    first = [outcome(reco, d) for d in directions]
    assert first == [outcome(CrashDummy(raising=0.1, nan=0.2, seed=4), d) for d in directions]
    assert 140 < first.count("raised") < 260
    assert 310 < first.count("nan") < 490
    assert first != [outcome(CrashDummy(raising=0.1, nan=0.2, seed=5), d) for d in directions]
    good = directions[[i for i, kind in enumerate(first) if kind == "good"]]
    assert fit(reco, event, good).tobytes() == fit(Dummy(), event, good).tobytes()
    with pytest.raises(RuntimeError, match="told to fail"):
        fit(reco, event, directions)


def test_crash_dummy_hangs_where_it_was_told_to():
    event, directions = plane_event(np.array([0, 0, 1.0])), sphere(3)
    started = time.monotonic()
    fits = fit(CrashDummy(raising=0, nan=0, hanging=1.0, hang_s=0.3), event, directions)
    assert time.monotonic() - started > 0.3
    assert np.isfinite(fits["llh"]).all()
