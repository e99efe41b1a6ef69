"""Neutrino events through snakemake: one job or many, and configurations that cannot be."""

import json
import os
import shutil

import icetray
import numpy as np
import pytest
from test_skymaps_events import event

from pipeline.events.files import write_event
from pipeline.events.geometry import IC86_LIKE
from pipeline.skymaps.domain import SKYMAPS
from pipeline.skymaps.whole import scan_event

pytestmark = pytest.mark.workflow

NOTHING_ELSE = {"alerts": None, "catalogs": {}, "models": {}}
NSIDES = "4:0"


@pytest.fixture
def events(workdir):
    """Return a function that configures events, each given by its line of events.tsv."""
    write_event(event(), workdir.path / "track.json", {"zenith": 0.5, "azimuth": 0.25})
    (workdir.path / "broken.json").write_text('{"format": "nightmill-event", "ver')

    def configure(*lines, **skymaps):
        workdir.configure(events="config/events.tsv", skymaps=skymaps, **NOTHING_ELSE)
        table = ["event\tpath\treco\tnsides\tchunks", *("\t".join(line) for line in lines)]
        (workdir.path / "config/events.tsv").write_text("\n".join(table) + "\n")
        return workdir

    return configure


def test_many_jobs_give_what_one_gives(events):
    workdir = events(
        ("parts", "track.json", "", "", "2"),
        ("broken", "broken.json", "", "", ""),
        reco="crash_dummy",
        nsides=NSIDES,
    )
    output = workdir.snakemake("--cores", "2", "--keep-going", ok=False)
    assert "broken.json: neither JSON nor a pickle of it" in output
    skymaps, whole = workdir.path / "results/skymaps", workdir.path / "whole"
    scan_event("x", workdir.path / "track.json", whole, reco="crash_dummy", nsides=NSIDES)
    name = "run00000001.evt000000000005.track_4.npz"
    assert (whole / name).read_bytes() == (skymaps / "parts" / name).read_bytes()
    manifests = [json.loads((f / "manifest.json").read_text()) for f in (whole, skymaps / "parts")]
    assert manifests[0]["failed_pixels"] == manifests[1]["failed_pixels"] != []
    assert all((skymaps / "parts" / file).is_file() for file in manifests[0]["files"])
    last = np.load(skymaps / "parts/rounds/01/0001-of-0002.npz")
    assert len(last["pixels"]) == 0  # past the fixed point: a valid file without pixels
    assert not (skymaps / "broken/manifest.json").exists()
    events(("parts", "track.json", "", "", "2"), reco="crash_dummy", nsides=NSIDES)
    assert workdir.planned() == {"summarise_skymaps": 1}


def test_an_older_event_or_geometry(events):
    """Files that were replaced by older ones, as cp -p does."""
    settings = {"reco": "dummy", "nsides": NSIDES, "geometry": "doms.csv"}
    workdir = events(("one", "track.json", "", "", ""), **settings)
    geometry, track = workdir.path / "doms.csv", workdir.path / "track.json"
    shutil.copy(IC86_LIKE, geometry)
    workdir.snakemake("--cores", "1")
    assert workdir.planned() == {}
    for path in (geometry, track):
        before = path.stat()
        path.write_bytes(path.read_bytes() + b"\n")
        os.utime(path, (1.5e9, 1.5e9))
        assert workdir.planned() == {"scan": 1, "summarise_skymaps": 1}
        path.write_bytes(path.read_bytes()[:-1])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert workdir.planned() == {}


def test_a_geometry_that_does_not_fit_stops_before_any_job(events):
    """A realtime message with a DOM that it lacks; nightmill-events bring their own."""
    lines = [("own", "track.json", "", "", ""), ("real", "real.json", "", "", "")]
    settings = {"reco": "dummy", "nsides": NSIDES, "geometry": "doms.csv"}
    workdir = events(*lines, **settings)
    (workdir.path / "real.json").write_text(json.dumps(icetray.message()))
    heading, *rows = IC86_LIKE.read_text().splitlines()
    for kept, words in (
        (rows[:600], "skymaps.geometry: real.json: not in the geometry: DOM (11, 60), 1 in all"),
        (rows[:5], "skymaps.geometry: doms.csv: 5 DOMs only"),
        ([*rows, rows[0]], "skymaps.geometry: doms.csv: DOM (1, 1) is listed twice"),
    ):
        (workdir.path / "doms.csv").write_text("\n".join([heading, *kept]) + "\n")
        assert words in workdir.snakemake("--dry-run", ok=False)
    (workdir.path / "doms.csv").unlink()
    events(*lines, **(settings | {"geometry": None}))
    assert workdir.planned() == {"scan": 2, "summarise_skymaps": 1}


def test_the_first_look_waits_for_no_calibration_and_another_one_scans_nothing(events):
    settings = {"reco": "dummy", "nsides": "8:0 64:4"}
    lines = [("parts", "track.json", "", "", "2")]
    workdir = events(*lines, calibration={"tracks": 20, "jobs": 1}, **settings)
    skymaps = workdir.path / "results/skymaps"
    first, last = skymaps / "parts/wilks", skymaps / "parts"
    workdir.snakemake("--cores", "1", "results/skymaps/parts/wilks/circular.txt")
    assert not (workdir.path / "results/calibration").exists()
    assert not (last / "circular.txt").exists()
    (said,) = SKYMAPS.found(workdir.path)
    assert said.startswith("skymap of parts: RA") and said.endswith("first look")
    kept = {path.name: path.read_bytes() for path in first.iterdir()}
    workdir.snakemake("--cores", "1")
    logs = [log.read_text() for log in (workdir.path / "logs").rglob("*.log")]
    assert any("calibration of dummy, tracks of share 1 of 1: 20 of 20" in log for log in logs)
    assert kept == {path.name: path.read_bytes() for path in first.iterdir()}
    levels = [json.loads((f / "summary.json").read_text())["levels"] for f in (first, last)]
    assert levels[0].startswith("Wilks") and "calibrat" in levels[1]
    assert levels[1] in (skymaps / "summary.csv").read_text()
    assert workdir.planned() == {}
    events(*lines, calibration={"tracks": 20, "jobs": 1, "seed": 2}, **settings)
    calibration = {"simulate_tracks": 1, "scan_tracks": 1, "calibrate": 1}
    assert workdir.planned() == calibration | {"relabel": 1, "summarise_skymaps": 1}
    events(*lines, **settings)  # without: the products are the scan's own, in the same place
    assert workdir.planned() == {"scan": 1, "summarise_skymaps": 1}


def test_each_bad_event_costs_itself(events):
    workdir = events()
    good = json.loads((workdir.path / "track.json").read_text())
    changes = {
        "hlc": {"pulses": good["pulses"] | {"hlc": ["no"] * 3}},
        "seed": {"seed": good["seed"] | {"x": float("nan")}},
        "run": {"run_id": float("inf")},  # as 1e400 is read
        "time": {"mjd": 1e9},
        "truth": {"truth": {"zenith": 1.0}},
    }
    for name, change in changes.items():
        (workdir.path / f"{name}.json").write_text(json.dumps(good | change))
    (workdir.path / "memo.pkl").write_bytes(b"Nr\xff\xff\xff\x0f.")  # 9 bytes for 3.8 GB
    words = {
        "hlc": "hlc.json: pulses.hlc.0: Input should be a valid boolean (found 'no'); 2 more",
        "seed": "seed.json: seed.x: Input should be a finite number (found nan)",
        "run": "run.json: run_id: Input should be a valid integer (found inf)",
        "time": "time.json: mjd: Input should be less than 88069 (found 1000000000.0)",
        "truth": "truth.json: truth.azimuth: Field required",
        "memo": "memo.pkl: neither a realtime message",
    }
    lines = [(name, f"{name}.json", "", "", "") for name in changes]
    lines += [("memo", "memo.pkl", "", "", ""), ("good", "track.json", "", "", "")]
    settings = {"reco": "dummy", "nsides": NSIDES}
    events(*lines, **settings).snakemake("--cores", "2", "--keep-going", ok=False)
    results = workdir.path / "results/skymaps"
    for name, line in words.items():
        assert line in (workdir.path / f"logs/scan/{name}.log").read_text()
        assert not list(results.glob(f"{name}/*"))  # told before the scan
    assert (results / "good/circular.txt").is_file()
    assert not (results / "summary.csv").exists()
    events(("good", "track.json", "", "", ""), **settings)
    assert workdir.planned() == {"summarise_skymaps": 1}
    workdir.snakemake("--cores", "1")
    assert (results / "summary.csv").read_text().count("\n") == 2


@pytest.mark.parametrize(
    ("line", "skymaps", "words"),
    [
        (("a", "track.json", "milipede", "", ""), {}, "no reconstruction 'milipede'; there are"),
        (("a", "track.json", "", "8:0 12:12", ""), {}, "12 is no power of 2"),
        (("a", "track.json", "", "", ""), {"nsides": "64:0 8:12"}, "not in ascending order"),
        (("a", "gone.json", "", "", ""), {}, "gone.json"),
        (
            ("a", "track.json", "", "", ""),
            {"pointed": True, "calibration": {}},
            "skymaps.calibration: a pointed scan cannot be calibrated; take one of the two out",
        ),
        (
            ("a", "track.json", "", "64:0 512:12", ""),
            {"pointed": True},
            "event a: nsides: '64:0 512:12': a pointed scan looks at the first nside alone",
        ),
    ],
)
def test_bad_configuration_stops_before_any_job(events, line, skymaps, words):
    output = events(line, **skymaps).snakemake("--dry-run", ok=False)
    assert words in output
    assert "Traceback" not in output


def test_a_result_of_the_scanner_stands_for_an_event(events):
    """Beside an event, in a configuration that calibrates and cuts scans into jobs."""
    workdir = events(
        ("mine", "track.json", "", "", ""),
        ("theirs", "result.npz", "millipede", "", ""),
        reco="dummy",
        nsides=NSIDES,
        chunks=2,
        calibration={"tracks": 20, "jobs": 1},
    )
    folder = workdir.path / "made"
    scan_event("x", workdir.path / "track.json", folder, reco="dummy", nsides=NSIDES)
    (made,) = folder.glob("*.npz")
    shutil.copy(made, workdir.path / "result.npz")
    asked = [f"results/skymaps/theirs/{name}" for name in ("circular.txt", "zoom.png")]
    output = workdir.snakemake("--cores", "1", *asked)
    assert "simulate_tracks" not in output and "scan_chunk" not in output
    text = (workdir.path / asked[0]).read_text()
    assert "Reconstruction: millipede, a result of the Skymap Scanner, nsides 4\n" in text
    assert text.splitlines()[2:4] == (folder / "circular.txt").read_text().splitlines()[2:4]
    (workdir.path / "result.npz").write_bytes(made.read_bytes()[:3000])
    output = workdir.snakemake("--cores", "1", *asked, ok=False)
    assert "result.npz: no result of the Skymap Scanner: File is not a zip file" in output
