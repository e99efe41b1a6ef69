"""Contour levels: Wilks', and those of a calibration, which holds for events like its own."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from test_skymaps_events import event, pulse

from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.levels import CALIBRATED, UNCALIBRATED, calibrated_levels, wilks_levels
from pipeline.skymaps.products.circular import containment
from pipeline.skymaps.scan.rounds import Scan

NSIDES = "8:0 64:12"
MADE_OF = {
    "hlc_doms": {"low": 30, "median": 52, "high": 80},
    "charge_pe": {"low": 50.0, "median": 104.0, "high": 199.5},
}


def table(tmp_path, **changes):
    path = tmp_path / "calibration.json"
    contours = [(0.5, 2.0), (0.9, 9.2), (0.9973002, 23.7)]
    content = {
        "reco": "dummy",
        "nsides": NSIDES,
        "tracks": 200,
        "made_of": MADE_OF,
        "contours": [{"containment": p, "level": level} for p, level in contours],
    }
    content = {key: value for key, value in (content | changes).items() if value is not ...}
    path.write_text(json.dumps(content))
    return path


def scan(doms=52, reco="dummy", nsides=NSIDES, pointed=False, charge=1.0):
    """Return the scan of an event with so many DOMs in coincidence, two pulses each, and 40."""
    hlc = [pulse(1 + i // 60, 1 + i % 60, 100.0 + i, charge) for i in range(doms)]
    lonely = [pulse(80, 1 + i, 90.0, hlc=False) for i in range(40)]
    return Scan(event([*hlc, *hlc, *lonely]), reco, parse_nsides(nsides), pointed)


def test_wilks_levels_claim_nothing():
    levels = wilks_levels()
    assert levels.source == "Wilks' theorem, 2 degrees of freedom"
    assert not levels.calibrated
    for content, level in zip((0.5, 0.9, 0.9973002), levels.two_delta_llh.values(), strict=True):
        assert -np.expm1(-level / 2) == pytest.approx(content)


@pytest.mark.parametrize("doms", [30, 52, 80])
def test_a_calibration_holds_for_events_like_its_own(tmp_path, doms):
    levels = calibrated_levels(table(tmp_path), scan(doms))
    assert levels.two_delta_llh == {"50": 2.0, "90": 9.2, "3sigma": 23.7}
    assert (
        levels.source
        == "calibrated with 200 simulated tracks of 30 to 80 DOMs, 50 to 200 PE (dummy)"
    )
    assert levels.calibrated and levels.meaning == CALIBRATED


@pytest.mark.parametrize(
    ("changes", "how", "words"),
    [
        ({}, {"doms": 164}, "event has 164 DOMs, calibration made of 30 to 80"),
        ({}, {"doms": 29}, "event has 29 DOMs, calibration made of 30 to 80"),
        ({}, {"charge": 2.5}, "event has 260 PE, calibration made of 50 to 200"),
        ({}, {"charge": 0.4}, "event has 42 PE, calibration made of 50 to 200"),
        ({"made_of": ...}, {}, "calibration does not say of which events it was made"),
        ({"nsides": "8:0"}, {}, "scanned as 8:0 64:12, calibration made as 8:0"),
        ({}, {"pointed": True}, "pointed scan, calibration made of the whole sky"),
    ],
)
def test_it_holds_for_no_others(tmp_path, changes, how, words):
    levels = calibrated_levels(table(tmp_path, **changes), scan(**how))
    assert levels.two_delta_llh == {"50": 2.0, "90": 9.2, "3sigma": 23.7}
    assert levels.source == f"uncalibrated: {words} (200 simulated tracks, dummy)"
    assert levels.source.isascii()
    assert not levels.calibrated and levels.meaning == UNCALIBRATED


@pytest.mark.parametrize(
    ("changes", "how", "words"),
    [
        ({}, {"doms": 164}, "other events than this"),
        ({}, {"pointed": True}, "another kind of scan than this event's"),
        ({"nsides": "8:0"}, {}, "another kind of scan than this event's"),
        ({"made_of": ...}, {}, "events of which the table says nothing"),
    ],
)
def test_a_circular_says_what_the_calibration_was_made_with(tmp_path, changes, how, words):
    one = scan(**how)
    levels = calibrated_levels(table(tmp_path, **changes), one)
    assert containment(one, levels) == f"not known; the levels were calibrated with {words}"


@pytest.mark.parametrize(
    ("reco", "nsides", "measured"),
    [
        ("pandel_spe1st", "8:0 64:12 512:24", "82-86%"),
        ("pandel_mpe", "8:0 64:12 512:24", "69 +- 3%"),
        ("planewave", "8:0 64:12 512:24", "33 +- 3%"),
        ("pandel_spe1st", NSIDES, None),
        ("pandel_mpe", NSIDES, None),
        ("dummy", "8:0 64:12 512:24", None),
    ],
)
def test_a_circular_says_of_wilks_regions_what_was_measured_for_them(reco, nsides, measured):
    words = containment(scan(reco=reco, nsides=nsides), wilks_levels())
    assert words.isascii()
    if measured is None:
        assert "%" not in words
        assert f"never measured for {reco}, nsides {nsides}; skymaps.calibration" in words
        return
    assert f"({reco}, layered ice" in words and f"hold {measured}" in words
    page = (Path(__file__).parents[2] / "docs/calibration.md").read_text()
    rows = re.findall(rf"^\| `{reco}` \|.*\| (\d+ ± \d+ %) \|", page, flags=re.M)
    low, high = rows[-1][:2], rows[0][:2]
    assert measured in (f"{low}-{high}%", rows[0].replace("±", "+-").replace(" %", "%"))


@pytest.mark.parametrize(
    ("changes", "reco", "words"),
    [
        ({"contours": [{"containment": 0.5, "level": 2.0}]}, "dummy", "no calibration table"),
        ({"reco": None, "tracks": None}, "dummy", "no calibration table"),
        ({"tracks": float("inf")}, "dummy", "no calibration table"),
        ({"made_of": {"hlc_doms": MADE_OF["hlc_doms"]}}, "dummy", "no calibration table"),
        ({"made_of": MADE_OF | {"hlc_doms": None}}, "dummy", "no calibration table"),
        ({"made_of": ["hlc_doms"]}, "dummy", "no calibration table"),
        ({}, "pandel_spe1st", "a calibration of dummy, not of pandel_spe1st"),
        (
            {"contours": [{"containment": p, "level": 3.0} for p in (0.5, 0.9, 0.9973)]},
            "dummy",
            "do not ascend: .* delete the table, and calibrate with finer nsides",
        ),
    ],
)
def test_bad_calibration(tmp_path, changes, reco, words):
    with pytest.raises(ValueError, match=words):
        calibrated_levels(table(tmp_path, **changes), scan(reco=reco))
    with pytest.raises(FileNotFoundError, match=r"no such calibration"):
        calibrated_levels(tmp_path / "x", scan(reco=reco))
