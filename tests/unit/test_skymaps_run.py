"""What the jobs of the workflow do, called as the scripts call it; what rules ask for."""

import json

import numpy as np
import pytest
from test_skymaps_events import event
from test_skymaps_map import table

from pipeline import event_targets
from pipeline.config.events import EventRow
from pipeline.config.load import load_config
from pipeline.skymaps.event_files import write_event
from pipeline.skymaps.run import scan_event, scan_share

SETTINGS = {"reco": "dummy", "nsides": "2:0 8:12"}


@pytest.fixture
def path(tmp_path):
    write_event(event(), tmp_path / "event.json", {"zenith": 0.5, "azimuth": 0.25})
    return tmp_path / "event.json"


def test_jobs(path, tmp_path):
    rounds = [[tmp_path / f"{r}-{c}.npz" for c in range(2)] for r in range(2)]
    for number, files in enumerate(rounds):
        for chunk, file in enumerate(files):
            scan_share(path, file, earlier=rounds[:number], chunk=chunk, chunks=2, **SETTINGS)
    scan_event("a", path, tmp_path / "parts", earlier=rounds, **SETTINGS)
    scan_event("a", path, tmp_path / "whole", **SETTINGS)
    name = "run00000001.evt000000000005.track_2_8.npz"
    whole, parts = (tmp_path / folder for folder in ("whole", "parts"))
    assert (whole / name).read_bytes() == (parts / name).read_bytes()
    manifest = json.loads((whole / "manifest.json").read_text())
    assert manifest["progress"]["complete"] is True
    missing = set(event_targets.PRODUCTS) - {p.name for p in whole.iterdir()}
    assert missing == set()
    assert set(manifest["files"]) | {"manifest.json"} >= set(event_targets.PRODUCTS)
    assert json.loads((whole / "summary.json").read_text())["truth_in_90"] is True


def test_calibrated_contours(path, tmp_path):
    scan_event("a", path, tmp_path / "wilks", **SETTINGS)
    scan_event("a", path, tmp_path / "cal", calibration=table(tmp_path), **SETTINGS)
    wilks, calibrated = (
        json.loads((tmp_path / folder / "contours.json").read_text()) for folder in ("wilks", "cal")
    )
    assert wilks["levels"].startswith("Wilks") and calibrated["levels"].startswith("calibrated")
    areas = [c["contours"]["90"]["smooth_area"] for c in (wilks, calibrated)]
    assert areas[1] > areas[0]
    assert calibrated["contours"]["90"]["two_delta_llh"] == 9.2


def test_what_rules_ask_for():
    config = load_config({"skymaps": {"nsides": "8:0 64:12", "calibration": {"jobs": 3}}})
    plain, own = (
        EventRow(event="a", path="a.json"),
        EventRow(event="b", path="b.json", reco="planewave", nsides="4:0", chunks=2),
    )
    assert event_targets.rounds(config, plain) == []
    rounds = event_targets.rounds(config, own)
    assert np.shape(rounds) == (2, 2)
    assert rounds[1][0] == "results/skymaps/b/rounds/01/0000-of-0002.npz"
    assert event_targets.scan_settings(config, plain)["nsides"] == "8:0 64:12"
    assert event_targets.scan_settings(config, own)["reco"] == "planewave"
    assert event_targets.calibrations(config, own) == [
        "results/calibration/planewave/4-0/table.json"
    ]
    assert event_targets.calibrations(load_config({}), own) == []
    assert event_targets.targets([]) == []
    files = event_targets.targets(["a", "b"])
    assert len(files) == 2 * len(event_targets.PRODUCTS) + 1
    assert files[-1] == "results/skymaps/summary.csv"
