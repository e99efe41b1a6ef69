"""Results of the Skymap Scanner in place of events: read strictly, and made products of."""

import json
import zipfile

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from skyreader import SkyScanResult
from test_skymaps_events import event
from test_skymaps_map import gaussian

from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError
from pipeline.events.domain import EventRow
from pipeline.plan.check import check_request
from pipeline.plan.load import load_config
from pipeline.sky import healpix
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps import domain as skymaps
from pipeline.skymaps.map.cells import cover
from pipeline.skymaps.products.result_files import NAN_WORD, write_npz, write_result_json
from pipeline.skymaps.products.summary_csv import skymap_lines, write_summary
from pipeline.skymaps.scan.results import Failure, Part, State
from pipeline.skymaps.scanner.kind import is_result
from pipeline.skymaps.scanner.products import products_of_result
from pipeline.skymaps.scanner.result import NO_HEADER, NO_LLH, UNFINISHED, read_result

LEVELS = parse_nsides("8:0 64:12")
OLD_NAME = "run00136662-evt000035405932-BRONZE-8_64.npz"


@pytest.fixture(scope="module")
def state():
    """Return all pixels of nside 8 and some of nside 64 about (40°, 25°)."""
    coarse = gaussian(parse_nsides("8:0"), 40.0, 25.0, sigma=8.0)
    fine = gaussian(parse_nsides("64:0"), 40.0, 25.0, sigma=8.0)
    rows = fine.pixels[64][np.argsort(fine.pixels[64]["llh"])[:900]]
    both = State()
    both.add([Part(coarse.pixels[8]), Part(rows)])
    return both


@pytest.fixture
def result(state, tmp_path):
    """Return a function that writes the result, its arrays changed."""

    def write(change=lambda arrays: arrays, name="result.npz"):
        write_npz(event(), state, tmp_path / "whole.npz")
        with np.load(tmp_path / "whole.npz") as content:
            arrays = change({key: content[key].copy() for key in content.files})
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return write


def changed(name, column, value, row=0):
    """Return a change of one value."""

    def change(arrays):
        arrays[name][column][row] = value
        return arrays

    return change


def without(*names):
    return lambda arrays: {key: a for key, a in arrays.items() if key not in names}


def retyped(name, column, kind):
    def change(arrays):
        old = arrays[name]
        dtype = [(n, kind if n == column else old.dtype[n]) for n in old.dtype.names]
        return arrays | {name: old.astype(dtype)}

    return change


@pytest.mark.parametrize("form", ["npz", "json"])
def test_both_forms_are_read_as_skyreader_reads_them(state, tmp_path, form):
    path = tmp_path / f"a.{form}"
    (write_npz if form == "npz" else write_result_json)(event(), state, path)
    assert is_result(str(path))
    read, theirs = read_result(path, "millipede"), getattr(SkyScanResult, f"read_{form}")(path)
    best = read.state.best_found()
    assert (best["index"], best["llh"]) == (theirs.best_fit["index"], theirs.min_llh)
    assert [level.nside for level in read.levels] == theirs.nsides == [8, 64]
    for nside in (8, 64):
        ours, other = read.state.pixels[nside], theirs.get_results_per_nside(nside)
        for name in ("index", "llh", "E_in", "E_tot", "X", "T"):
            assert np.array_equal(ours[name], other[name], equal_nan=name != "index")
    assert (read.event.run_id, read.event.event_id, read.event.mjd) == (1, 5, 60000.25)
    assert (read.reco, read.pointed, read.caution) == ("millipede", False, "")
    assert read.scanned == "a result of the Skymap Scanner, nsides 8, 64"


def test_products_without_a_fit(result, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.skymaps.scan.isolation.OwnProcess.fit", None)
    products_of_result("IC1", result(), tmp_path / "out", reco="millipede")
    out = tmp_path / "out"
    assert {p.name for p in out.iterdir()} == set(skymaps.PRODUCTS)
    contours = json.loads((out / "contours.json").read_text())
    assert abs(contours["ra_deg"] - 40) < 1 and abs(contours["dec_deg"] - 25) < 1
    text = (out / "circular.txt").read_text()
    assert "Reconstruction: millipede, a result of the Skymap Scanner, nsides 8, 64\n" in text
    assert "Containment: not known here, ask who made the result" in text
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["progress"]["complete"] is True
    assert manifest["scan_metadata"]["result"] == "result.npz"
    assert manifest["contours"]["calibrated"] is False
    header = fits.getheader(out / "skymap.multiorder.fits", 1)
    assert (header["MJD-OBS"], header["RECO"]) == (60000.25, "millipede")
    assert "CAUTION" not in header


def test_a_result_without_a_header(result, tmp_path):
    """As they were until 2023: four columns, run and event in the name, no time."""

    def old(arrays):
        names = ["index", "llh", "E_in", "E_tot"]
        tables = {k: a[names].astype([(n, a.dtype[n]) for n in names]) for k, a in arrays.items()
                  if k != "header"}  # fmt: skip
        return tables

    path = result(old, OLD_NAME)
    read = read_result(path)
    heading = read.event
    assert (heading.run_id, heading.event_id, heading.event_type) == (136662, 35405932, "BRONZE")
    assert (heading.mjd, heading.is_real, read.caution) == (None, True, NO_HEADER)
    products_of_result("old", path, tmp_path / "out")
    text = (tmp_path / "out/circular.txt").read_text()
    assert "\nTime: not known\n" in text and f"\nCaution: {NO_HEADER}.\n" in text
    header = fits.getheader(tmp_path / "out/skymap.multiorder.fits", 1)
    assert "DATE-OBS" not in header and "MJD-OBS" not in header
    assert header["CAUTION"] == NO_HEADER
    row = json.loads((tmp_path / "out/summary.json").read_text())
    assert (row["mjd"], row["caution"]) == (None, NO_HEADER)
    write_summary([tmp_path / "out/summary.json"], tmp_path / "summary.csv")
    (line,) = skymap_lines(tmp_path / "summary.csv")
    assert line.endswith(f"(Wilks' theorem, 2 degrees of freedom); {NO_HEADER}")


def test_pixels_without_an_llh_are_failures(result):
    read = read_result(result(changed("nside-64", "llh", np.nan, 7)))
    index = read.state.failures[0].index
    assert read.state.failures == [Failure(64, index, NO_LLH)]
    assert index not in read.state.pixels[64]["index"] and index in read.state.done(64)
    assert np.isfinite(read.state.best_found()["llh"])


def test_a_part_of_the_sky_and_an_unfinished_scan(result):
    def part(arrays):
        arrays = {key: arrays[key] for key in ("header", "nside-8")}
        arrays["header"] = arrays["header"][:1]
        arrays["header"]["complete"] = False
        arrays["nside-8"] = arrays["nside-8"][:40]
        return arrays

    read = read_result(result(part))
    assert (read.pointed, read.scanned) == (True, "pointed: nside 8: 40 of 768 pixels")
    assert read.caution == UNFINISHED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("header", "nside-8", "nside-64"), "no nside in it"),
        (without("nside-64"), "header of nsides 8, 64, but tables of 8"),
        (without("header"), "it has no header, and its name does not say which event"),
        (lambda a: a | {"../../etc/x": a["nside-8"]}, "entry '../../etc/x': expected nside-"),
        (lambda a: a | {"nside-12": a["nside-8"]}, "entry 'nside-12': expected .* power of 2"),
        (lambda a: a | {"nside-8": np.array([{}])}, "Object arrays cannot be loaded"),
        (lambda a: a | {"nside-8": np.zeros(768)}, "nside-8: expected rows with index and llh"),
        (retyped("nside-8", "index", "f8"), "nside-8: index: expected whole numbers, found float"),
        (retyped("nside-8", "llh", "U9"), "nside-8: llh: expected numbers, found <U9"),
        (retyped("header", "mjd", "U9"), "mjd '60000.25': expected a number"),
        (retyped("header", "complete", "i8"), "header: complete '1': expected true or false"),
        (changed("nside-8", "index", 768), "nside-8: index 768: expected 0 to 767"),
        (changed("nside-8", "index", -1), "nside-8: index -1: expected 0 to 767"),
        (changed("nside-8", "index", 5), "nside-8: pixel 5 is there twice"),
        (changed("nside-8", "llh", np.nan, slice(None)), None),
        (changed("header", "run_id", -1), "run_id '-1': expected a whole number"),
        (changed("header", "run_id", 7), "the nsides are of several events"),
        (changed("header", "version", 9), "version 9: expected 1"),
        (changed("header", "mjd", 1e9, slice(None)), r"mjd 1000000000.0: expected \[41684"),
        (changed("header", "event_type", "a/../b", slice(None)), "event_type 'a/../': letters"),
        (lambda a: a | {"nside-8": a["nside-8"][:40]}, "nside-64: pixel .* lies in no pixel"),
        (lambda a: a | {"nside-64": a["nside-64"][:0]}, "nside-64: no pixel in it"),
    ],
)
def test_what_is_no_result_is_told(result, change, words):
    path = result(change)
    if words is None:
        assert len(read_result(path).state.failures) == 768  # the finer level has results
        return
    with pytest.raises(ValueError, match=rf"^{path}: no result of the Skymap Scanner: .*{words}"):
        read_result(path)


def test_no_llh_at_all(result):
    def nothing(arrays):
        for name in ("nside-8", "nside-64"):
            arrays[name]["llh"] = np.inf
        return arrays

    with pytest.raises(ValueError, match="no finite llh in the result, in none of 1668 pixels"):
        read_result(result(nothing))


def test_a_child_without_its_siblings(result):
    """Cells cover the sky once all the same: where the others would be the coarse value stays."""

    def alone(arrays):
        return arrays | {"nside-64": arrays["nside-64"][400:401]}

    read = read_result(result(alone))
    cells = cover(read.levels, read.state)
    assert cells.area.sum() == pytest.approx(4 * np.pi)
    (pixel,) = read.state.done(64)
    nested = healpix.ring_to_nest(64, np.array([pixel]))[0]
    fine = cells.nside == 64
    assert set(cells.nested[fine]) == set(range(nested // 4 * 4, nested // 4 * 4 + 4))
    coarse = read.state.pixels[8]
    parent = healpix.nest_to_ring(8, np.array([nested // 64]))[0]
    best = read.state.best_found()["llh"]
    others = cells.two_delta_llh[fine & (cells.nested != nested)]
    expected = 2 * (coarse["llh"][coarse["index"] == parent][0] - best)
    assert others == pytest.approx([expected] * 3)


def test_the_name_must_fit(result):
    path = result(without("header"), OLD_NAME.replace("8_64", "8_64_512"))
    with pytest.raises(ValueError, match=r"its name says nsides 8_64_512, but it has .* \[8, 64\]"):
        read_result(path)
    path = result(without("header"), "run9999999999-evt000000000001-x-8_64.npz")
    with pytest.raises(ValueError, match="expected 32 bits"):
        read_result(path)


def test_an_archive_that_unpacks_to_too_much(tmp_path, monkeypatch):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nside-8.npy", bytes(10**6))
    monkeypatch.setattr("pipeline.skymaps.scanner.npz_form.MOST_BYTES", 10**5)
    with pytest.raises(ValueError, match="unpacks to 1000000 bytes, at most 100000"):
        read_result(path)


def entry(**changes):
    """Return an nside of the JSON form."""
    metadata = {"nside": 1, "complete": True, "run_id": 1, "event_id": 5, "event_type": "track",
                "mjd": 6e4, "is_real_event": False, "version": 1}  # fmt: skip
    data = [[i, 5.0 + i, NAN_WORD] for i in range(12)]
    whole = {"columns": ["index", "llh", "E_in"], "metadata": metadata, "data": data}
    return whole | changes


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "expected an object with an entry an nside"),
        ({"nside-1": []}, "nside-1: expected columns, metadata and data"),
        ({"nside-3": entry()}, "entry 'nside-3': expected nside- and a power of 2"),
        ({"nside-1": entry(columns=["index", "index", "llh"])}, "each once"),
        ({"nside-1": entry(columns=["index", "E", "E_in"])}, "expected index, llh and others"),
        ({"nside-1": entry(columns=7)}, "columns: expected names"),
        ({"nside-1": entry(data={"a": 1})}, "data: expected rows"),
        ({"nside-1": entry(data=[[0, 1.0]])}, "data: row 0: expected 3 values"),
        ({"nside-1": entry(data=[[0, "1", 0]])}, "llh: expected a number, found '1'"),
        ({"nside-1": entry(data=[[True, 1.0, 0]])}, "index: expected a number, found 'True'"),
        ({"nside-1": entry(data=[[0.5, 1.0, 0]])}, "index: expected whole numbers"),
        ({"nside-1": entry(data=[[1e300, 1.0, 0]])}, "index: a number too large"),
        ({"nside-1": entry(data=[[0, 10**400, 0]])}, "llh: a number too large"),
        ({"nside-1": entry(metadata=[])}, "metadata: expected an object"),
        ({"nside-1": entry(metadata={})}, "header: no nside"),
        ({"nside-1": entry(), "nside-2": entry()}, "header of nsides 1, 1, but tables of 1, 2"),
    ],
)
def test_what_is_no_json_result_is_told(tmp_path, content, words):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=rf"^{path}: no result of the Skymap Scanner: .*{words}"):
        read_result(path)


def test_a_json_result(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"nside-1": entry()}))
    assert read_result(path).state.best_found()["llh"] == 5.0
    path.write_text(json.dumps({"nside-1": entry()})[:-1] + ', "nside-1": 5}')
    with pytest.raises(ValueError, match="a key is there twice"):
        read_result(path)
    path.write_text("[" * 100_000)
    with pytest.raises(ValueError, match=f"{path}: no result of the Skymap Scanner"):
        read_result(path)
    with pytest.raises(FileNotFoundError, match="no such result"):
        read_result(tmp_path / "none.npz")


@pytest.fixture(scope="module")
def originals(state, tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    write_npz(event(), state, folder / "a.npz")
    (folder / "a.json").write_text(json.dumps({"nside-1": entry()}))
    return folder


@settings(max_examples=60, deadline=None)
@given(data=st.data(), form=st.sampled_from(["npz", "json"]))
def test_damage_is_told_in_one_line_or_does_no_harm(originals, data, form):
    content = bytearray((originals / f"a.{form}").read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 5))):
            place = data.draw(st.integers(0, min(len(content) - 1, 2000)))
            content[place] = data.draw(st.integers(0, 255))
    path = originals / f"damaged.{form}"
    path.write_bytes(content)
    try:
        assert np.isfinite(read_result(path).state.best_found()["llh"])
    except ValueError as error:
        assert str(error).startswith(f"{path}: no result of the Skymap Scanner: ")


# The plan ---------------------------------------------------------------------------------


def test_what_rules_ask_for_a_result(originals):
    path = str(originals / "a.npz")
    config = load_config({"events": "e.tsv", "skymaps": {"chunks": 4, "calibration": {}}})
    row = EventRow(event="a", path=path, reco="millipede")
    assert skymaps.rounds(config.skymaps, row) == []
    assert skymaps.calibrations(config.skymaps, row) == []
    assert skymaps.scan_settings(config.skymaps, row) == {"reco": "millipede"}
    request = Request(config, {"events": (row,)})
    check_request(request)
    rules = [work.rule for work in skymaps.SKYMAPS.work(request, {})]
    assert rules == ["scan", "relabel", "summarise_skymaps"]
    wrong = (
        EventRow(event="b", path=path, nsides="8:0"),
        EventRow(event="c", path=path, reco="a\nb"),
    )
    with pytest.raises(ConfigError, match=r"event b: .*leave nsides and chunks empty\n.*event c:"):
        check_request(Request(config, {"events": wrong}))


def test_what_a_file_is(originals, tmp_path):
    assert is_result(str(originals / "a.json"))
    assert is_result("not/there.npz") and not is_result("not/there.json")
    (tmp_path / "event.json").write_text('{"format": "nightmill-event"}')
    assert not is_result(str(tmp_path / "event.json"))
