"""What is written about an event, read by the field's own readers."""

import csv
import io
import json
import os
import re
import warnings
from contextlib import suppress
from datetime import UTC, datetime

import ligo.skymap.io.fits
import matplotlib as mpl
import mocpy
import numpy as np
import pytest
from astropy.io import fits
from ligo.skymap import moc
from ligo.skymap.postprocess.util import find_greedy_credible_levels
from matplotlib.image import imread
from skyreader import SkyScanResult
from skyreader.plot.plot import SkyScanPlotter
from test_skymaps_events import event
from test_skymaps_map import gaussian

from pipeline.events.directions import to_icrs
from pipeline.sky import healpix
from pipeline.sky.maps.read import read_map
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.levels import CALIBRATED, UNCALIBRATED, Levels, wilks_levels
from pipeline.skymaps.map.skymap import make_skymap
from pipeline.skymaps.products.circular import circular_text
from pipeline.skymaps.products.folder import write_products
from pipeline.skymaps.products.result_files import RESULT_DTYPE
from pipeline.skymaps.products.summary_csv import (
    COLUMNS,
    first_looks,
    skymap_lines,
    write_summary,
)
from pipeline.skymaps.scan import watch
from pipeline.skymaps.scan.manifest import write_manifest
from pipeline.skymaps.scan.results import State
from pipeline.skymaps.scan.rounds import Scan, scan_all
from pipeline.skymaps.scan.watch import Watch

NAME = "run00000001.evt000000000005.track_8_64"
TRUTH = {"zenith": 0.5, "azimuth": 0.25}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Scan one event with failures and write everything about it."""
    folder = tmp_path_factory.mktemp("event")
    (folder / "run00000001.evt000000000005.track_4_8.npz").write_bytes(b"of an older progression")
    one = Scan(event(), "crash_dummy", parse_nsides("8:0 64:12"))
    state = scan_all(one, folder / "rounds")
    files = write_products("demo", one, state, wilks_levels(), folder, TRUTH)
    return folder, one, state, files


def test_files(written):
    folder, _, _, files = written
    assert sorted(p.name for p in folder.iterdir() if p.is_file()) == files
    assert {f"{NAME}.npz", f"{NAME}.json"} < set(files)


@pytest.mark.parametrize("form", ["npz", "json"])
def test_skyreader_reads_it(written, form):
    folder, one, state, _ = written
    read = getattr(SkyScanResult, f"read_{form}")(folder / f"{NAME}.{form}")
    best = state.best()
    assert read.nsides == [8, 64]
    assert read.best_fit["index"] == best["index"]
    assert read.min_llh == best["llh"]
    ra, dec = read.best_dir
    truth = healpix.lonlat_to_vec(*to_icrs(0.5, 0.25, one.event.mjd))
    assert healpix.lonlat_to_vec(*np.degrees([ra, dec])) @ truth > np.cos(np.radians(1.0))
    assert read.llh(ra, dec)[0] == best["llh"]
    metadata = read.get_event_metadata()
    assert (str(metadata), metadata.mjd, metadata.version) == (NAME[:-5], 60000.25, 1)
    assert read.get_results_per_nside(8).dtype == RESULT_DTYPE
    assert (np.diff(read.get_results_per_nside(64)["index"]) > 0).all()
    assert not any(np.isnan(read.get_results_per_nside(n)["llh"]).any() for n in (8, 64))


def test_skyreader_round_trip(written, tmp_path):
    folder, *_ = written
    ours = SkyScanResult.read_npz(folder / f"{NAME}.npz")
    metadata = ours.get_event_metadata()
    for read, path in (
        (SkyScanResult.read_npz, ours.to_npz(metadata, tmp_path)),
        (SkyScanResult.read_json, ours.to_json(metadata, tmp_path)),
        (SkyScanResult.read_json, folder / f"{NAME}.json"),
    ):
        assert path.name.startswith(NAME)
        assert ours.is_close(read(path))
        assert ours == read(path)


def test_skyreader_plots_it(written, tmp_path, capsys):
    folder, *_ = written
    mpl.use("Agg")
    plotter = SkyScanPlotter(output_dir=tmp_path)
    plotter.PLOT_DPI_STANDARD = plotter.PLOT_DPI_ZOOMED = 40  # coarse, to be quick
    result = SkyScanResult.read_npz(folder / f"{NAME}.npz")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plotter.create_plot(result)
        plotter.create_plot_zoomed(result)
    drawn = {path.name for path in tmp_path.glob("*.pdf")}
    assert drawn == {f"{NAME}.pdf", f"{NAME}.plot_zoomed_wilks.pdf"}


def test_multiorder_fits(written):
    folder, _, state, _ = written
    path = folder / "skymap.multiorder.fits"
    contours = json.loads((folder / "contours.json").read_text())["contours"]
    sky = ligo.skymap.io.fits.read_sky_map(path, moc=True)
    probability = np.asarray(sky["PROBDENSITY"]) * moc.uniq2pixarea(sky["UNIQ"])
    assert probability.sum() == pytest.approx(1, abs=1e-12)
    order = moc.uniq2order(np.asarray(sky["UNIQ"]))
    assert set(order) == {3, 6}
    assert (order == 6).sum() == len(state.done(64))
    greedy = find_greedy_credible_levels(probability, ranking=sky["PROBDENSITY"])
    area = moc.uniq2pixarea(sky["UNIQ"])[greedy <= 0.9].sum() * np.degrees(1) ** 2
    assert area == pytest.approx(contours["90"]["area"], rel=0.02)
    region = mocpy.MOC.from_multiordermap_fits_file(path, cumul_to=0.9)
    assert region.sky_fraction * 4 * np.pi * np.degrees(1) ** 2 == pytest.approx(area, rel=0.02)
    ours = read_map(path)  # which reads anybody's maps: its regions are the contours
    for name, level in (("50", 0.5), ("90", 0.9)):
        assert ours.region(level).area == pytest.approx(contours[name]["area"], rel=1e-9)
    assert ours.mjd == pytest.approx(event().mjd, abs=1e-8)


def test_fits_header(written):
    folder, _, state, _ = written
    with warnings.catch_warnings(), fits.open(folder / "skymap.multiorder.fits") as hdus:
        warnings.simplefilter("error")
        hdus.verify("exception")
        header = hdus[1].header
        contours = json.loads((folder / "contours.json").read_text())
        assert header["PIXTYPE"] == "HEALPIX" and header["ORDERING"] == "NUNIQ"
        assert (header["RUNID"], header["EVENTID"], header["MJD-OBS"]) == (1, 5, 60000.25)
        assert header["DATE-OBS"] == "2023-02-25T06:00:00.000"
        assert (header["RA"], header["DEC"]) == (contours["ra_deg"], contours["dec_deg"])
        assert header["NFAILED"] == len(state.failures)
        assert header["MOCORDER"] == 6
        assert (header["OBJECT"], header["RECO"]) == ("demo", "crash_dummy")
        assert header["LEVELS"] == contours["levels"]
        assert header["CALIBRAT"] is False
        for name in ("50", "90"):
            contour = contours["contours"][name]
            assert header[f"CONTOUR_AREA_{name}"] == contour["area"]
            assert header[f"RA_ERR_PLUS_{name}"] == contour["ra_plus"]
            assert header[f"DEC_ERR_MINUS_{name}"] == contour["dec_minus"]
            assert header[f"ISLANDS_{name}"] == len(contour["island_areas"])


def test_contours_and_circular(written):
    folder, *_ = written
    contours = json.loads((folder / "contours.json").read_text())
    assert contours["levels"] == "Wilks' theorem, 2 degrees of freedom"
    assert (folder / "circular.txt").read_text().splitlines() == contours["circular"]
    text = (folder / "contours.txt").read_text()
    assert text.count("# contour") == 3
    corners = np.loadtxt(io.StringIO(text))
    assert len(corners) == sum(len(p) for c in contours["contours"].values() for p in c["polygons"])


MADE_OF = "calibrated with 200 simulated tracks of 22 to 255 DOMs, 35 to 555 PE (dummy)"
TOO_BRIGHT = (
    "uncalibrated: event has 1339 PE, calibration made of 35 to 555 (200 simulated tracks, dummy)"
)


@pytest.mark.parametrize(
    ("levels", "errors", "worth"),
    [
        (wilks_levels(), "by Wilks' theorem", "not known, never measured for crash_dummy"),
        (
            Levels({"50": 1.4, "90": 5.9, "3sigma": 15.2}, MADE_OF, True, CALIBRATED),
            "PSF containment",
            "90% regions hold the truth of 90% of simulated tracks like this event",
        ),
        (
            Levels({"50": 1.4, "90": 5.9, "3sigma": 15.2}, TOO_BRIGHT, False, UNCALIBRATED),
            "uncalibrated",
            "not known; the levels were calibrated with other events than this",
        ),
    ],
)
def test_a_circular_claims_what_is_known(written, tmp_path, levels, errors, worth):
    """Which event, when, where, by what; in circular, JSON, header and summary."""
    _, one, state, _ = written
    write_products("IC230225A", one, state, levels, tmp_path)
    lines = (tmp_path / "circular.txt").read_text().splitlines()
    contours = json.loads((tmp_path / "contours.json").read_text())
    ninety = contours["contours"]["90"]
    assert lines[0] == "Event: IC230225A (track, SIMULATED), run 1, event 5"
    assert lines[1] == "Time: 2023-02-25 06:00:00.000 UTC (MJD 60000.250000)"
    assert lines[2] == (
        f"RA: {contours['ra_deg']:.2f} "
        f"(+{ninety['ra_plus']:.2f}, -{ninety['ra_minus']:.2f} deg 90% {errors}) J2000"
    )
    assert lines[3] == (
        f"Dec: {contours['dec_deg']:+.2f} "
        f"(+{ninety['dec_plus']:.2f}, -{ninety['dec_minus']:.2f} deg 90% {errors}) J2000"
    )
    assert lines[4] == "Reconstruction: crash_dummy, nsides 8:0 64:12"
    assert lines[5] == f"Levels: {levels.source}"
    assert lines[6].startswith(f"Containment: {worth}")
    assert lines[8].startswith(f"Area 90%: {ninety['area']:.3g} deg2")
    assert ("PSF containment" in "\n".join(lines)) is levels.calibrated
    assert contours["time_utc"] == "2023-02-25T06:00:00.000"
    assert (contours["event"], contours["run_id"], contours["event_id"]) == ("IC230225A", 1, 5)
    assert (contours["reco"], contours["calibrated"]) == ("crash_dummy", levels.calibrated)
    assert lines[6] == f"Containment: {contours['containment']}"
    with fits.open(tmp_path / "skymap.multiorder.fits") as hdus:
        assert hdus[1].header["LEVELS"] == levels.source
        assert hdus[1].header["CALIBRAT"] is levels.calibrated
    row = json.loads((tmp_path / "summary.json").read_text())
    assert (row["levels"], row["calibrated"]) == (levels.source, levels.calibrated)


def test_a_circular_of_a_split_region(written):
    """Two peaks: the errors are the first's, the areas of both are told."""
    _, one, _, _ = written
    scan = Scan(one.event, "dummy", parse_nsides("64:0"))
    state = gaussian(scan.levels, 40.0, 25.0, sigma=3.0, other=(160.0, -40.0, 2.0))
    lines = circular_text("x", scan, make_skymap(one.event, scan.levels, state, wilks_levels()))
    lines = lines.splitlines()
    assert re.fullmatch(r"RA: 40\.\d\d \(\+[67]\.\d\d, -[67]\.\d\d deg 90% .*", lines[2])
    assert re.fullmatch(r"Dec: \+24\.\d\d \(\+6\.\d\d, -6\.\d\d deg 90% .*", lines[3])
    assert re.fullmatch(
        r"Area 90%: 20\d deg2 in 2 islands \(13\d \+ 7\d\.\d, the best fit's first\)", lines[8]
    )
    assert "islands" not in lines[7]
    assert lines[-1] == "The 90% region is split: the errors are those of the best fit's island."


def test_pictures(written):
    folder, *_ = written
    for name in ("sky.png", "zoom.png"):
        image = imread(folder / name)
        assert min(image.shape[:2]) > 600
        assert image[..., :3].std() > 0.05


def test_same_results_same_bytes(written, tmp_path):
    folder, one, state, files = written
    write_products("demo", one, state, wilks_levels(), tmp_path, TRUTH)
    for name in files:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_summary(written, tmp_path):
    folder, _, state, _ = written
    row = json.loads((folder / "summary.json").read_text())
    assert list(row) == list(COLUMNS)
    assert row["event"] == "demo" and row["failed_pixels"] == len(state.failures)
    assert row["truth_in_90"] is True and row["truth_distance_deg"] < 1
    other = tmp_path / "b.json"
    other.write_text(json.dumps(row | {"event": "a"}))
    write_summary([folder / "summary.json", other], tmp_path / "summary.csv")
    lines = list(csv.DictReader((tmp_path / "summary.csv").open()))
    assert [line["event"] for line in lines] == ["a", "demo"]
    assert float(lines[0]["area_90_deg2"]) == row["area_90_deg2"]
    other.write_text(
        json.dumps(row | {"event": "a", "reaches_edge_90": True, "area_90_deg2": 1213.4})
    )
    write_summary([folder / "summary.json", other], tmp_path / "summary.csv")
    said = list(skymap_lines(tmp_path / "summary.csv"))
    assert ["90 % area at least 1213 deg²" in line for line in said] == [True, False]
    first = tmp_path / "b/wilks/summary.json"
    first.parent.mkdir(parents=True)
    first.write_text(json.dumps(row | {"event": "b"}))
    (line,) = first_looks([first])
    assert line.startswith("skymap of b: RA ") and line.endswith("freedom), first look")
    (tmp_path / "b/summary.json").touch()
    assert not list(first_looks([first]))
    write_summary([], tmp_path / "summary.csv")
    assert (tmp_path / "summary.csv").read_text() == ",".join(COLUMNS) + "\n"


# Manifest and progress ------------------------------------------------------------------


def test_manifest_of_a_finished_scan(written, tmp_path):
    _, one, state, files = written
    path = tmp_path / "manifest.json"
    write_manifest(path, one, state, started=datetime.now(UTC), files=files)
    manifest = json.loads(path.read_text())
    total = len(state.done(8)) + len(state.done(64))
    assert manifest["progress"]["complete"] is True
    assert manifest["progress"]["pixels"]["total"] == total
    assert manifest["progress"]["pixels"]["estimated_left"] == 0
    assert manifest["progress"]["summary"] == (
        f"complete: {total} pixels, {len(state.failures)} failed"
    )
    assert manifest["event_metadata"]["event_type"] == "track"
    assert manifest["scan_metadata"]["nside_progression"] == [[8, 0], [64, 12]]
    assert set(manifest["runtimes_s"]) == {"nside-8", "nside-64"}
    times = manifest["runtimes_s"]["nside-8"]
    assert times["fastest"] <= times["median"] <= times["slowest"]
    assert len(manifest["failed_pixels"]) == len(state.failures)
    assert manifest["failed_pixels"][0]["reason"] == state.failures[0].reason
    assert manifest["files"] == files


def test_manifest_is_kept_up_to_date(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(watch, "MANIFEST_SECONDS", 0.0)
    path, seen = tmp_path / "manifest.json", []
    one = Scan(event(), "dummy", parse_nsides("8:0 64:12"))
    with Watch(one, path) as report:

        def look(*now):
            report(*now)
            seen.append(json.loads(path.read_text())["progress"])

        scan_all(one, tmp_path / "rounds", report=look)
    assert not any(progress["complete"] for progress in seen)
    totals = [progress["pixels"]["total"] for progress in seen]
    assert totals == sorted(totals) and totals[0] == 0
    assert seen[0]["pixels"]["estimated_left"] == 768 + 768
    assert "estimated_end" not in seen[0]["timeline"] and "estimated_end" in seen[-1]["timeline"]
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "run 1 event 5: 0 of about 1536 pixels"


def test_a_bar_on_a_terminal(monkeypatch):
    ours, theirs = os.openpty()
    with open(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        with Watch(Scan(event(), "dummy", parse_nsides("8:0"))) as report:
            report(State(), 300, 768)
    drawn = b""
    with suppress(OSError):  # EIO at the end
        while more := os.read(ours, 100_000):
            drawn += more
    os.close(ours)
    drawn = drawn.decode()
    assert "run 1 event 5" in drawn
    assert "300/768" in drawn
