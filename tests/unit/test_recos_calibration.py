"""Calibration: levels from statistics, tracks from events, the table and its picture."""

import json

import numpy as np
import pytest

from pipeline.events.directions import travel_direction
from pipeline.events.files import read_event, read_truth
from pipeline.events.geometry import ic86_like
from pipeline.simulate.events import write_events
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.calibration.contour_levels import calibrate, check_levels, coverage
from pipeline.skymaps.calibration.measured_tracks import (
    made_of,
    measure,
    measure_tracks,
    read_failed,
    read_tracks,
    write_calibration,
)
from pipeline.skymaps.calibration.plot import draw_coverage
from pipeline.skymaps.map.levels import calibrated_levels
from pipeline.skymaps.recos.dummy import WIDTH, Dummy
from pipeline.skymaps.scan.rounds import Scan


def test_a_true_likelihood_gives_the_levels_of_wilks():
    contours = calibrate(np.random.default_rng(1).chisquare(2, 40_000))
    for contour in contours:
        assert contour.low <= contour.level <= contour.high
        assert contour.level == pytest.approx(contour.wilks, rel=0.06)
        assert contour.wilks_holds == pytest.approx(contour.containment, abs=4 * 0.0025)
    assert [round(contour.wilks, 2) for contour in contours] == [1.39, 4.61, 11.83]


@pytest.mark.parametrize("p", [0.5, 0.9])
def test_the_level_holds_that_share_of_further_tracks_on_average(p):
    """Of any distribution, here one with heavy tails; 50 tracks to calibrate with."""
    rng = np.random.default_rng(2)
    held = [
        coverage(
            rng.standard_cauchy(500) ** 2, calibrate(rng.standard_cauchy(50) ** 2, [p])[0].level
        )
        for _ in range(400)
    ]
    assert np.mean([share for share, _ in held]) == pytest.approx(p, abs=0.015)


def test_the_interval_of_a_level_is_binomial():
    rng = np.random.default_rng(3)
    truth = 2 * -np.log(0.1)
    inside = 0
    for _ in range(400):
        contour = calibrate(rng.chisquare(2, 200), [0.9])[0]
        inside += contour.low <= truth <= contour.high
    assert 0.62 < inside / 400 < 0.78


def test_few_tracks_stretch_three_sigma():
    contours = calibrate(3 * np.random.default_rng(4).chisquare(2, 200))
    assert contours[2].low is None and contours[2].high is None
    assert contours[2].level / contours[2].wilks == contours[1].level / contours[1].wilks
    with pytest.raises(ValueError, match="1 tracks are too few for a containment of 0.9"):
        calibrate([1.0], [0.9])
    with pytest.raises(ValueError, match="not a finite number"):
        calibrate([1.0, np.nan])


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    return write_events(12, 3, tmp_path_factory.mktemp("events"), "uniform", ic86_like())


NSIDES = "2:0 8:4 64:6 256:6"
LEVELS = parse_nsides(NSIDES)


def test_statistic_of_a_track(events):
    """The dummy's llh is known everywhere: (1 − cos ψ) / σ², ψ from the seed."""
    for path in events[:3]:
        track, seed, truth = measure(path, "dummy", LEVELS), read_event(path).seed, read_truth(path)
        centre = travel_direction(seed.zenith, seed.azimuth)
        true = travel_direction(truth["zenith"], truth["azimuth"])
        at_truth = 0.5 * np.sum((true - centre) ** 2) / WIDTH**2
        # the best pixel of nside 256 lies within 0.2 degrees of the minimum, which is zero
        best = at_truth - track.statistic / 2
        assert 0 <= best < 0.5 * np.radians(0.2) ** 2 / WIDTH**2
        assert track.error_deg < 0.2 + np.degrees(np.linalg.norm(true - centre))
        assert track.hlc_doms >= 20


def test_any_division_over_jobs_gives_the_same_table(events, tmp_path):
    settings = {"reco": "dummy", "nsides": NSIDES, "ice": "uniform", "seed": 3}
    shards = [tmp_path / f"{i}.json" for i in range(3)]
    done = []
    for i, shard in enumerate(shards):
        measure_tracks(events[i::3], "dummy", LEVELS, shard, done.append)
    assert sum(done) == 12
    measure_tracks(events, "dummy", LEVELS, tmp_path / "all.json")
    write_calibration(shards, settings, tmp_path / "a" / "sharded.json")
    write_calibration([tmp_path / "all.json"], settings, tmp_path / "whole.json")
    assert (tmp_path / "a" / "sharded.json").read_bytes() == (tmp_path / "whole.json").read_bytes()
    table = json.loads((tmp_path / "whole.json").read_text())
    assert table["tracks"] == 12
    assert table["contours"][0]["containment"] == 0.5
    doms = table["made_of"]["hlc_doms"]
    counts = sorted(track["hlc_doms"] for track in table["measured"])
    assert [doms[at] for at in ("low", "median", "high")] == [counts[1], counts[6], counts[10]]
    truths = [read_truth(path) for path in events]
    energies = table["made_of"]["energy_gev"]
    assert min(t["energy"] for t in truths) < energies["low"] < energies["high"]
    assert max(np.degrees(t["zenith"]) for t in truths) > table["made_of"]["zenith_deg"]["high"]
    held = 0
    for path, track in zip(events, table["measured"], strict=True):
        one = Scan(read_event(path), "dummy", LEVELS)
        hlc = one.event.pulses[one.event.pulses["hlc"]]
        assert track["charge_pe"] == pytest.approx(hlc["charge"].sum())
        levels = calibrated_levels(tmp_path / "whole.json", one)
        charges = sorted(other["charge_pe"] for other in table["measured"])
        in_range = [
            counts[1] <= track["hlc_doms"] <= counts[10],
            charges[1] <= track["charge_pe"] <= charges[10],
        ]
        assert levels.calibrated is all(in_range)
        held += levels.calibrated
    assert 8 <= held < 12
    assert levels.two_delta_llh["50"] == table["contours"][0]["level"]
    assert "12 simulated tracks" in levels.source
    others = [track.statistic for track in read_tracks(shards[:1])]
    draw_coverage(tmp_path / "whole.json", tmp_path / "plot.png", others)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_truth_without_energy(events, tmp_path):
    message = json.loads(events[0].read_text())
    del message["truth"]["energy"]
    path = tmp_path / "event.json"
    path.write_text(json.dumps(message))
    track = measure(path, "dummy", LEVELS)
    assert track.energy_gev is None
    assert made_of([track, track])["energy_gev"] is None
    assert made_of([track])["zenith_deg"]["median"] == np.degrees(message["truth"]["zenith"])


def test_an_event_without_truth(events, tmp_path):
    message = json.loads(events[0].read_text())
    del message["truth"]
    path = tmp_path / "real.json"
    path.write_text(json.dumps(message))
    with pytest.raises(ValueError, match=r"real\.json: no truth"):
        measure(path, "dummy", LEVELS)
    with pytest.raises(ValueError, match=r"event_000000\.json: .*no reconstruction 'x'"):
        measure(events[0], "x", LEVELS)


def test_pixels_that_are_too_coarse(events, tmp_path):
    """The truth fits better than any of 12 pixels: no contour can be drawn at such levels."""
    measure_tracks(events, "planewave", parse_nsides("1:0"), tmp_path / "tracks.json")
    assert np.median([track.statistic for track in read_tracks([tmp_path / "tracks.json"])]) < 0
    settings = {"reco": "planewave", "nsides": "1:0", "ice": "uniform", "seed": 3}
    words = "pixels of 1:0 are too coarse for planewave: the truth fits better than any pixel; use"
    with pytest.raises(ValueError, match=words):
        write_calibration([tmp_path / "tracks.json"], settings, tmp_path / "table.json")
    assert not (tmp_path / "table.json").exists()


def test_tracks_that_are_all_the_same():
    with pytest.raises(ValueError, match=r"levels of dummy do not ascend \(2, 2, 5.14\).* finer"):
        check_levels(calibrate([2.0] * 20), "dummy", "8:0")
    check_levels(calibrate([*range(1, 21)]), "dummy", "8:0")


class Blind(Dummy):
    """A `Dummy` whose llh at the truth is NaN, or which raises, for the events of some seeds."""

    def __init__(self, nan, raising):
        self._nan, self._raising = ([vars(read_event(p).seed) for p in ps] for ps in (nan, raising))

    def load(self, event):
        if vars(event.seed) in self._raising:
            raise RuntimeError("no ice here")
        likelihood = super().load(event)
        if vars(event.seed) in self._nan:
            likelihood._centre = np.full(3, np.nan)
        return likelihood


def test_a_track_that_cannot_be_used(events, tmp_path, monkeypatch, caplog):
    settings = {"reco": "dummy", "nsides": NSIDES, "ice": "uniform", "seed": 3}
    shards, table = [tmp_path / f"{i}.json" for i in range(2)], tmp_path / "table.json"

    def run(nan, raising=()):
        monkeypatch.setattr(
            "pipeline.skymaps.calibration.measured_tracks.get", lambda _: Blind(nan, raising)
        )
        for i, shard in enumerate(shards):
            measure_tracks(events[i::2], "dummy", LEVELS, shard)
        write_calibration(shards, settings, table)

    run(events[4:5])
    content = json.loads(table.read_text())
    assert (content["tracks"], content["failed"]) == (11, 1)
    measured = [track["file"] for track in content["measured"]]
    assert measured == [path.name for path in events if path != events[4]]
    reason = "dummy gives no finite llh at its truth (nan)"
    assert read_failed(shards) == [{"file": events[4].name, "reason": reason}]
    assert [record.getMessage() for record in caplog.records] == [f"left out {events[4]}: {reason}"]
    table.unlink()
    words = (
        r"2 of 12 tracks cannot be used, at most 10% may; the first, event_000001.json: no ice h"
    )
    with pytest.raises(ValueError, match=words):
        run(events[4:5], events[1:2])
    assert not table.exists()


def test_no_such_reconstruction_is_no_matter_of_tracks(events, tmp_path):
    with pytest.raises(ValueError, match="no reconstruction 'x'"):
        measure_tracks(events, "x", LEVELS, tmp_path / "tracks.json")
