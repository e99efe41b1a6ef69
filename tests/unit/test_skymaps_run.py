"""What the jobs of the workflow do, called as the scripts call it; what rules ask for."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from astropy.io import fits
from test_skymaps_events import event
from test_skymaps_levels import table

from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError
from pipeline.events.domain import EVENTS, EventRow
from pipeline.events.files import write_event
from pipeline.plan.check import check_request
from pipeline.plan.load import load_config, load_lines
from pipeline.plan.targets import all_targets
from pipeline.skymaps import domain as skymaps
from pipeline.skymaps.products.summary_csv import write_summary
from pipeline.skymaps.share import scan_share
from pipeline.skymaps.whole import relabel_event, scan_event

SETTINGS = {"reco": "dummy", "nsides": "2:0 8:12"}


NAME = "run00000001.evt000000000005.track_2_8.npz"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Scan one event in one job."""
    folder = tmp_path_factory.mktemp("whole")
    write_event(event(), folder / "event.json", {"zenith": 0.5, "azimuth": 0.25})
    scan_event("a", folder / "event.json", folder / "out", **SETTINGS)
    return folder / "event.json", folder / "out"


def test_one_job(whole):
    _, out = whole
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["progress"]["complete"] is True
    assert {p.name for p in out.iterdir()} >= {*skymaps.PRODUCTS, NAME}
    assert set(manifest["files"]) | {"manifest.json"} >= set(skymaps.PRODUCTS)
    assert json.loads((out / "summary.json").read_text())["truth_in_90"] is True


def test_many_jobs_and_calibrated_contours(whole, tmp_path):
    path, out = whole
    rounds = [[tmp_path / f"{r}-{c}.npz" for c in range(2)] for r in range(2)]
    for number, files in enumerate(rounds):
        for chunk, file in enumerate(files):
            scan_share(path, file, earlier=rounds[:number], chunk=chunk, chunks=2, **SETTINGS)
    its_like = {name: {"low": 1, "median": 2, "high": 3} for name in ("hlc_doms", "charge_pe")}
    calibration = table(tmp_path, nsides=SETTINGS["nsides"], made_of=its_like)
    first, pixels = tmp_path / "wilks", tmp_path / "wilks/pixels.npz"
    scan_event("a", path, first, earlier=rounds, pixels=pixels, **SETTINGS)
    for name in (NAME, "contours.json", "circular.txt", "sky.png"):
        assert (out / name).read_bytes() == (first / name).read_bytes()
    relabel_event("a", path, tmp_path, pixels=pixels, calibration=calibration, **SETTINGS)
    assert (out / NAME).read_bytes() == (tmp_path / NAME).read_bytes()  # none were missing
    wilks, calibrated = (json.loads((f / "contours.json").read_text()) for f in (out, tmp_path))
    assert wilks["levels"].startswith("Wilks") and calibrated["levels"].startswith("calibrated")
    areas = [c["contours"]["90"]["smooth_area"] for c in (wilks, calibrated)]
    assert areas[1] > areas[0]
    assert calibrated["contours"]["90"]["two_delta_llh"] == 9.2
    said = [json.loads((f / "manifest.json").read_text())["contours"] for f in (out, tmp_path)]
    assert [each["calibrated"] for each in said] == [False, True]
    assert said[1]["levels"] == calibrated["levels"]
    assert said[1]["two_delta_llh"]["90"] == 9.2
    at_once = tmp_path / "at once"  # as from Python
    scan_event("a", path, at_once, calibration=calibration, **SETTINGS)
    assert (at_once / "contours.json").read_bytes() == (tmp_path / "contours.json").read_bytes()
    with pytest.raises(ValueError, match=r"pixels.npz: missing, or of another scan than this"):
        relabel_event(
            "a", path, tmp_path, pixels=pixels, calibration=calibration, reco="dummy", nsides="4:0"
        )


def test_wider_contours_get_the_pixels_that_they_lack(tmp_path):
    """What was scanned stays, byte by byte; what is added does not depend on how it ran."""
    write_event(event(), tmp_path / "event.json")
    how = {"reco": "dummy", "nsides": "8:0 64:4"}
    contours = [(0.5, 20.0), (0.9, 300.0), (0.9973002, 2000.0)]
    contours = [{"containment": p, "level": level} for p, level in contours]
    calibration = table(tmp_path, nsides=how["nsides"], contours=contours)
    pixels = tmp_path / "out/wilks/pixels.npz"
    scan_event("a", tmp_path / "event.json", pixels.parent, pixels=pixels, **how)
    name, tables = "run00000001.evt000000000005.track_8_64.npz", []
    settings = how | {"pixels": pixels, "calibration": calibration}
    for folder in ("out", "again"):
        relabel_event("a", tmp_path / "event.json", tmp_path / folder, **settings)
        tables.append(np.load(tmp_path / folder / name)["nside-64"])
    first = np.load(pixels.parent / name)["nside-64"]
    assert len(tables[0]) > len(first)
    assert set(first.tolist()) < set(tables[0].tolist())
    assert tables[0].tobytes() == tables[1].tobytes()


def test_no_pixel_is_fitted_twice(tmp_path, monkeypatch):
    """The rounds that a calibration adds are kept as others are."""
    write_event(event(), tmp_path / "event.json")
    how = {"reco": "dummy", "nsides": "2:0 8:12", "calibration": table(tmp_path, nsides="2:0 8:12")}
    scan_event("a", tmp_path / "event.json", tmp_path / "out", **how)
    monkeypatch.setattr("pipeline.skymaps.scan.isolation.OwnProcess.fit", None)
    scan_event("a", tmp_path / "event.json", tmp_path / "out", **how)


@pytest.mark.parametrize("nsides", ["1:0", "8:0 64:12 512:24", "16:0"])
def test_a_pointed_scan_has_all_products(tmp_path, nsides):
    write_event(event(), tmp_path / "event.json", {"zenith": 0.5, "azimuth": 0.25})
    out = tmp_path / "out"
    scan_event("a", tmp_path / "event.json", out, reco="dummy", nsides=nsides, pointed=True)
    assert {p.name for p in out.iterdir()} >= set(skymaps.PRODUCTS)
    ninety = json.loads((out / "contours.json").read_text())["contours"]["90"]
    assert ninety["area"] > 0
    assert min(ninety[f"{axis}_{way}"] for axis in ("ra", "dec") for way in ("plus", "minus")) > 0


def test_a_pointed_scan_says_so_everywhere(tmp_path):
    """Only its first level was scanned, around the seed: no product may claim the progression."""
    write_event(event(), tmp_path / "event.json")
    how = {"reco": "dummy", "nsides": "8:0 64:12"}
    for name, pointed in (("aimed", True), ("sky", False)):
        scan_event(name, tmp_path / "event.json", tmp_path / name, **how, pointed=pointed)
    aimed, sky = tmp_path / "aimed", tmp_path / "sky"
    words = "nside 8 only, within 3.5 deg of the seed"
    circular = (aimed / "circular.txt").read_text()
    assert f"Reconstruction: dummy, pointed: {words}\n" in circular and "64:12" not in circular
    assert "Reconstruction: dummy, nsides 8:0 64:12\n" in (sky / "circular.txt").read_text()
    said = [json.loads((folder / "contours.json").read_text()) for folder in (aimed, sky)]
    assert [each["pointed"] for each in said] == [True, False]
    assert [each["scanned"] for each in said] == [f"pointed: {words}", "nsides 8:0 64:12"]
    assert said[0]["containment"] == "not known; that of pointed scans was never measured"
    assert "never measured for dummy, nsides 8:0 64:12;" in said[1]["containment"]
    assert not any(contour["reaches_edge"] for contour in said[1]["contours"].values())
    assert "at least" not in (sky / "circular.txt").read_text()
    headers = [fits.getheader(folder / "skymap.multiorder.fits", 1) for folder in (aimed, sky)]
    assert [header["POINTED"] for header in headers] == [True, False]
    assert headers[0].comments["POINTED"] == words
    write_summary([aimed / "summary.json", sky / "summary.json"], tmp_path / "summary.csv")
    with (tmp_path / "summary.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [row["pointed"] for row in rows] == ["True", "False"]
    edges = [str(each["contours"]["90"]["reaches_edge"]) for each in said]
    assert [row["reaches_edge_90"] for row in rows] == edges


def test_what_waits_for_a_calibration():
    """No scan: its products are a first look, and those at calibrated levels a job's own."""
    row = EventRow(event="b", path="b.json", chunks=2)
    plain, calibrated = ({"events": "e.tsv", "skymaps": s} for s in ({}, {"calibration": {}}))
    rules = []
    for config in map(load_config, (plain, calibrated)):
        request = Request(config, {"events": (row,)})
        works = [work for work in skymaps.SKYMAPS.work(request, {}) if work.of == "b"]
        rules.append([work.rule for work in works])
        assert not any("calibrate" in after for w in works[:-1] for after in w.after)
        assert all_targets(request)[0] == "results/skymaps/b/manifest.json"
    assert rules == [["scan"], ["scan", "relabel"]]
    assert works[-1].after[1].startswith("calibrate ")


def test_a_pointed_scan_is_not_planned_with_a_calibration():
    """Its tracks, hours of work, are of the whole sky: they could never calibrate it."""
    words = "skymaps.calibration: a pointed scan cannot be calibrated; take one of the two out"
    with pytest.raises(ConfigError, match=words):
        check_request(Request(load_config({"skymaps": {"pointed": True, "calibration": {}}})))
    for section in ({"pointed": True}, {"calibration": {}}):
        check_request(Request(load_config({"skymaps": section})))


def test_a_pointed_scan_is_not_planned_with_levels_that_it_would_not_use():
    config = load_config({"events": "events.tsv", "skymaps": {"pointed": True}})
    own = EventRow(event="own", path="a.json", nsides="64:0 512:24")
    words = (
        r"^skymaps.nsides: '8:0 64:12 512:24': a pointed scan looks at the first nside alone, "
        r"which is 8 here: .*\nevents.tsv: event own: nsides: '64:0 512:24': .* 64 here"
    )
    with pytest.raises(ConfigError, match=words):
        check_request(Request(config, {"events": (EventRow(event="a", path="a.json"), own)}))
    fine = EventRow(event="own", path="a.json", nsides="128:0")
    check_request(Request(config, {"events": (fine,)}))
    whole = load_config({"events": "events.tsv"})
    check_request(Request(whole, {"events": (own,)}))


def test_a_calibration_has_an_end():
    load_config({"skymaps": {"calibration": {"tracks": 10_000}}})
    with pytest.raises(ConfigError, match=r"skymaps.calibration.tracks.*10000"):
        load_config({"skymaps": {"calibration": {"tracks": 10_001}}})


def test_what_rules_ask_for():
    skymap = {"nsides": "8:0 64:12", "calibration": {"jobs": 3}}
    config = load_config({"skymaps": skymap, "report": False})
    plain, own = (
        EventRow(event="a", path="a.json"),
        EventRow(event="b", path="b.json", reco="planewave", nsides="4:0", chunks=2),
    )
    assert skymaps.rounds(config.skymaps, plain) == []
    rounds = skymaps.rounds(config.skymaps, own)
    assert np.shape(rounds) == (2, 2)
    assert rounds[1][0] == "results/skymaps/b/rounds/01/0000-of-0002.npz"
    assert skymaps.scan_settings(config.skymaps, plain)["nsides"] == "8:0 64:12"
    assert skymaps.scan_settings(config.skymaps, own)["reco"] == "planewave"
    assert skymaps.calibrations(config.skymaps, own) == [
        "results/calibration/planewave/4-0/table.json"
    ]
    assert skymaps.calibrations(load_config({}).skymaps, own) == []
    assert all_targets(Request(config)) == []
    files = all_targets(Request(config, {"events": (plain, own)}))
    assert len(files) == 2 * len(skymaps.PRODUCTS) + 1
    assert files[-1] == "results/skymaps/summary.csv"


# docs/skymaps.md ------------------------------------------------------------------------

DOCUMENT = (Path(__file__).parents[2] / "docs/skymaps.md").read_text()


def blocks(language=""):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, flags=re.DOTALL | re.MULTILINE)


def test_the_documents_configuration_is_valid(tmp_path):
    config = load_config(yaml.safe_load(blocks("yaml")[0]))
    assert config.skymaps.calibration.tracks == 200
    (tmp_path / "events.tsv").write_text(blocks()[0])
    rows = load_lines(str(tmp_path / "events.tsv"), EVENTS.lines[0])
    assert [(row.reco, row.chunks) for row in rows] == [(None, None), ("pandel_mpe", 4)]


def test_the_document_names_all_products():
    for name in skymaps.PRODUCTS:
        assert f"`{name}`" in DOCUMENT


def test_the_documents_program_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_event(event_with_many_doms(), "event.json")
    exec(compile(blocks("python")[1], "docs/skymaps.md", "exec"), {})
    assert Path("results/skymaps/mine/manifest.json").is_file()


def event_with_many_doms():
    """Return a track straight down past one string, which a plane wave fits."""
    return event([(1, om, 0.0, 10.0, -17.0 * om, 57.0 * om, 1.0, True) for om in range(1, 40)])
