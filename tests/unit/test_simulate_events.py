"""Simulated events: what is in them agrees with the truth, and they read back."""

import csv

import numpy as np
import pytest
from scipy import stats

from pipeline.cli.main import main
from pipeline.events.event import PULSE_DTYPE
from pipeline.events.files import read_event, read_truth
from pipeline.events.geometry import ic86_like
from pipeline.simulate.events import FEWEST_DOMS, simulate_event, write_events
from pipeline.simulate.ice import Ice, layered, uniform
from pipeline.simulate.muon_light import (
    COINCIDENCE,
    PMT_JITTER,
    Track,
    _coincident,
    _light,
    simulate_pulses,
)


@pytest.fixture(scope="module")
def doms():
    return ic86_like()


@pytest.mark.parametrize("ice", ["uniform", "layered"])
def test_files_read_back_as_events(tmp_path, doms, ice):
    paths = write_events(3, 5, tmp_path, ice, doms)
    rows = list(csv.DictReader((tmp_path / "truth.csv").open()))
    assert [row["file"] for row in rows] == [path.name for path in paths]
    for path, row in zip(paths, rows, strict=True):
        event, truth = read_event(path), read_truth(path)
        assert not event.is_real
        assert truth["zenith"] == float(row["zenith"])
        hits = event.pulses[event.pulses["hlc"]]
        assert len(np.unique(hits[["string", "om"]])) == int(row["hlc_doms"]) >= FEWEST_DOMS
        assert abs(event.seed.x - truth["x"]) < 60


def test_an_event_depends_on_its_number_and_the_seed_alone(tmp_path, doms):
    few = write_events(2, 9, tmp_path / "few", "layered", doms)
    many = write_events(4, 9, tmp_path / "many", "layered", doms)
    for a, b in zip(few, many[:2], strict=True):
        assert a.read_bytes() == b.read_bytes()
    other = write_events(1, 10, tmp_path / "other", "layered", doms)
    assert other[0].read_bytes() != few[0].read_bytes()


def one_dom(x, z):
    return np.array([(1, 1, x, 0.0, z)], ic86_like().dtype)


def test_delays_follow_the_pandel_distribution():
    track = Track(np.zeros(3), 100.0, np.array([0.0, 0.0, -1.0]), 2e7)
    dom = one_dom(40.0, 25.0)
    rng = np.random.default_rng(3)
    _, times = _light(track, dom, uniform(), rng)
    assert len(times) > 1000
    sin, cos = np.sin(np.radians(40.724)), np.cos(np.radians(40.724))
    direct = 100 + (-25 + 40 * (1.35634 / sin - cos / sin)) / 0.299792458
    eta = -cos  # straight down along the Cherenkov cone
    shape = (0.8395 * 40 + 3.094 - 3.946 * eta + 4.636 * eta**2) / 33.29
    scale = 1 / 0.0040517
    convolved = stats.gamma.rvs(shape, scale=scale, size=20_000, random_state=1)
    convolved += stats.norm.rvs(scale=PMT_JITTER, size=20_000, random_state=2)
    assert stats.ks_2samp(times - direct, convolved).pvalue > 1e-3


def test_light_falls_with_distance_and_in_dust():
    track = Track(np.zeros(3), 0.0, np.array([1.0, 0.0, 0.0]), 1e5)

    def photons(ice, y, z):
        dom = np.array([(1, 1, 0.0, y, z)], ic86_like().dtype)
        return np.mean(
            [len(_light(track, dom, ice, np.random.default_rng(s))[0]) for s in range(9)]
        )

    near, far = photons(uniform(), 20.0, 0.0), photons(uniform(), 120.0, 0.0)
    assert near > 10 * far > 0
    dusty = Track(np.array([0.0, 0.0, -100.0]), 0.0, np.array([1.0, 0.0, 0.0]), 1e5)
    dom = np.array([(1, 1, 0.0, 60.0, -100.0)], ic86_like().dtype)
    in_dust = len(_light(dusty, dom, layered(), np.random.default_rng(1))[0])
    assert in_dust < 0.1 * photons(layered(), 60.0, 0.0)


def test_averages_of_ice_between_heights():
    ice = Ice(np.array([-10.0, 0.0, 10.0]), np.array([1.0, 1.0, 3.0]), np.array([2.0, 2.0, 2.0]))
    scattering, absorption = ice.between([-10.0, 10.0, 5.0, 10.0], [10.0, 0.0, 5.0, 14.0])
    np.testing.assert_allclose(scattering, [1.5, 2.0, 2.0, 3.0])
    np.testing.assert_allclose(absorption, 2.0)


def test_coincidence_needs_a_near_neighbour_in_time():
    rows = [
        (1, 10, 0.0, 1.0, False),  # with the next but one
        (1, 12, COINCIDENCE - 1, 1.0, False),
        (1, 20, 0.0, 1.0, False),  # three apart
        (1, 23, 0.0, 1.0, False),
        (2, 12, 0.0, 1.0, False),  # another string
        (3, 5, 0.0, 1.0, False),  # too late
        (3, 6, COINCIDENCE + 1, 1.0, False),
        (4, 7, 0.0, 1.0, False),  # itself again
        (4, 7, 5.0, 1.0, False),
    ]
    pulses = np.zeros(len(rows), PULSE_DTYPE)
    for row, values in enumerate(rows):
        for name, value in zip(("string", "om", "time", "charge", "hlc"), values, strict=True):
            pulses[name][row] = value
    assert _coincident(pulses).tolist() == [True] * 2 + [False] * 7
    assert len(_coincident(np.zeros(0, PULSE_DTYPE))) == 0


def test_pulses_of_a_dark_event_are_noise(doms):
    track = Track(np.array([0.0, 0.0, 5000.0]), 0.0, np.array([1.0, 0.0, 0.0]), 1e3)
    counts = [
        len(simulate_pulses(track, doms, uniform(), np.random.default_rng(s))) for s in range(40)
    ]
    expected = 650e-9 * 10_000 * len(doms)
    assert np.mean(counts) == pytest.approx(expected, abs=5 * np.sqrt(expected / 40))


def test_directions_cover_the_sky(doms):
    cosines = [np.cos(simulate_event(i, 2, doms, uniform()).truth["zenith"]) for i in range(40)]
    assert min(cosines) < -0.6 and max(cosines) > 0.6


def test_command(tmp_path, capsys):
    assert main(["simulate", "events", "--number", "1", "--output", str(tmp_path / "e")]) == 0
    assert "1 events" in capsys.readouterr().out
    assert read_event(tmp_path / "e" / "event_000000.json").event_type == "track"
    assert main(["simulate", "events", "--number", "0", "--output", str(tmp_path / "f")]) == 1
    assert "expected positive numbers" in capsys.readouterr().err
    missing = ["--geometry", str(tmp_path / "none.csv"), "--output", str(tmp_path / "g")]
    assert main(["simulate", "events", "--number", "1", *missing]) == 1
    assert "none.csv" in capsys.readouterr().err
