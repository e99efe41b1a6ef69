"""Events, coordinates and the choice of pixels against IceCube's own values."""

import json
import shutil

import healpy
import numpy as np
import pytest

from pipeline.events.directions import to_icrs
from pipeline.events.files import read_event
from pipeline.events.geometry import IC86, read_geometry
from pipeline.events.icecube.i3objects import decode_double, decode_particle, decode_position
from pipeline.events.icecube.plain_pickle import load_plain
from pipeline.events.icecube.realtime import event_pulses, message_frames
from pipeline.sky import healpix
from pipeline.sky.maps.read import read_map
from pipeline.sky.nsides import Level, parse_nsides
from pipeline.skymaps.scan.pixels import choose, disc, expected_pixels
from pipeline.skymaps.scan.results import PIXEL_DTYPE, Failure, Part, State
from pipeline.skymaps.scanner.products import products_of_result

pytestmark = pytest.mark.real

BRONZE = "run00136662-evt000035405932-BRONZE"
DECODED = ("138632_31747601.json", "hese_event_00.json", f"{BRONZE}.pkl")
EVENTS = (*DECODED, "hese_event_01.json", "hese_event_02.json")


@pytest.fixture
def reference(shared):
    return lambda name: json.loads((shared / "reference/icecube" / name).read_text())


def message(path):
    return load_plain(path.read_bytes()) if path.suffix == ".pkl" else json.loads(path.read_text())


@pytest.mark.parametrize("name", DECODED)
def test_decoded_pulses_and_fits(shared, reference, name):
    frames = message_frames(message(shared / "data/icecube/events" / name))
    expected = reference(f"{name.rsplit('.', 1)[0]}.decoded.json")
    pulses = np.array([tuple(row) for row in expected["pulses"]["data"]])
    ours = np.array([tuple(row) for row in event_pulses(frames).tolist()])
    assert np.array_equal(ours[:, [0, 1, 2, 4, 5]], pulses[:, [0, 1, 2, 4, 5]])
    assert np.allclose(ours[:, 3], pulses[:, 3], rtol=1e-14, atol=0)
    objects = frames["P"].objects
    for fit, values in expected["seeds"].items():
        decoded = decode_particle(objects[fit][1])
        for key in ("x", "y", "z", "time", "zenith", "azimuth"):
            assert getattr(decoded, key) == values[key]
    for key, values in expected["vertex"].items():
        assert list(decode_position(objects[key][1])) == values
    for key, value in expected["scalars"].items():
        assert decode_double(objects[key][1]) == value


@pytest.mark.parametrize("name", EVENTS)
def test_events(shared, reference, name):
    event = read_event(
        shared / "data/icecube/events" / name, shared / "data/icecube/ic86_geometry.csv"
    )
    assert event.is_real and event.seed.zenith is not None
    assert len(event.pulses) > 400 and 0.2 < event.pulses["hlc"].mean() < 1
    assert np.abs(event.pulses["z"]).max() < 520
    if name in DECODED:
        expected = reference(f"{name.rsplit('.', 1)[0]}.decoded.json")
        assert (event.run_id, event.event_id) == (expected["run_id"], expected["event_id"])
        assert event.mjd == expected["mjd"]
    types = {"1": "neutrino", "h": "HESE", "r": "neutrino"}
    assert event.event_type == types[name[0]]


def test_the_geometry_that_ships_is_the_public_one(shared):
    public = read_geometry(shared / "data/icecube/ic86_geometry.csv")
    assert read_geometry(IC86).tolist() == public.tolist()


def test_damaged_real_events(shared, tmp_path):
    source = shared / "data/icecube/events/138632_31747601.json"
    geometry = tmp_path / "geometry.csv"
    shutil.copy(shared / "data/icecube/ic86_geometry.csv", geometry)
    path = tmp_path / "event.json"
    path.write_bytes(source.read_bytes()[:300_000])
    with pytest.raises(ValueError, match=r"event.json: neither JSON"):
        read_event(path, geometry)
    content = message(source)
    frames = content["value"]["data"]["frames"]
    frames[3][1] = frames[4][1]
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"event.json: the Q frame|the P frame has no"):
        read_event(path, geometry)
    lines = [line for line in geometry.read_text().splitlines() if not line.startswith("1,38,")]
    geometry.write_text("\n".join(lines) + "\n")
    with pytest.raises(ValueError, match=r"not in the geometry: DOM \(1, 38\), 1 in all"):
        read_event(source, geometry)


def test_coordinates(reference):
    for row in reference("coordinates_reference.json"):
        ra, dec = to_icrs(row["zenith"], row["azimuth"], row["mjd"])
        assert ra == pytest.approx(row["ra_deg"], abs=1e-4)
        assert dec == pytest.approx(row["dec_deg"], abs=1e-4)


# Pixels ---------------------------------------------------------------------------------


def test_progressions(reference):
    for row in reference("nside_progression.json"):
        text = " ".join(f"{nside}:{extension}" for nside, extension in row["input"])
        if not row["valid"]:
            with pytest.raises(ValueError, match="nsides"):
                parse_nsides(text)
            continue
        levels = parse_nsides(text)
        assert [list(level) for level in levels] == row["input"]
        expected = row["estimated_total_recos"]["nposvar=1,pointed=False"]
        assert expected_pixels(levels) == {int(nside): n for nside, n in expected.items()}


def test_pixels_around(reference):
    for row in reference("pixels_around.json"):
        around = healpix.pixel_to_vec(row["center_nside"], row["center_pix"])
        assert disc(row["request_nside"], around, row["num"]).tolist() == row["pixels"]


def test_children(reference):
    for row in reference("upgrade_ring_children.json"):
        children = healpix.children(row["from_nside"], row["pix"], nside_out=row["to_nside"])
        assert sorted(children.tolist()) == row["children"]


def test_synthetic_scans(reference):
    """Every round and all pixels.

    The second scan is symmetric about the equator: its llh has pairs of equal minima, north
    and south. The reference went on with the southern one; the rule is the lowest index, the
    northern. A tilt of 1e-9 decides for the south, and then all pixels are the reference's.
    """
    for case in reference("synthetic_scans.json"):
        levels = tuple(Level(*pair) for pair in case["nsides"])
        centre = np.array(case["center"]) / np.linalg.norm(case["center"])
        state, rounds = State(), []
        while chosen := choose(levels, state):
            rounds.append({str(nside): len(index) for nside, index in chosen.items()})
            parts = []
            for nside, index in chosen.items():
                there = healpix.pixel_to_vec(nside, index)
                away = np.arccos((there @ centre).clip(-1, 1))
                rows = np.zeros(len(index), PIXEL_DTYPE)
                rows["nside"], rows["index"] = nside, index
                rows["llh"] = (
                    1000
                    + 0.5 * (np.degrees(away) / case["sigma_deg"]) ** 2
                    + case["ripple"] * np.sin(40 * away)
                    + 1e-9 * there[:, 2]
                )
                parts.append(Part(rows))
            state.add(parts)
        assert rounds == case["rounds"]
        best = state.best()
        assert [best["nside"], best["index"]] == case["best"]
        for nside, pixels in case["pixels"].items():
            done = state.done(int(nside))
            assert (len(done) if isinstance(pixels, int) else done.tolist()) == pixels


def test_replay_of_a_real_scan(shared, reference):
    """BRONZE: all rounds, and at nside 64 exactly the pixels that IceCube scanned."""
    replay = reference(f"replay_{BRONZE}.json")
    folder = shared / "data/icecube/results"
    shipped = np.load(folder / f"{BRONZE}-8_64_512.npz")
    levels, state = parse_nsides(replay["nsides"]), State()
    for expected in replay["rounds"]:
        chosen = choose(levels, state)
        assert {str(n): index.tolist() for n, index in chosen.items()} == expected["chosen"]
        parts = []
        for nside, index in chosen.items():
            known = shipped[f"nside-{nside}"]
            known = known[np.isin(known["index"], index)]
            rows = np.zeros(len(known), PIXEL_DTYPE)
            rows["nside"], rows["index"], rows["llh"] = nside, known["index"], known["llh"]
            lost = np.setdiff1d(index, known["index"])
            parts.append(Part(rows, [Failure(nside, int(i), "not shipped") for i in lost]))
        state.add(parts)
        best = state.best()
        assert [best["nside"], best["index"]] == expected["global_min_after"]
    assert choose(levels, state) == {}
    scanned = np.loadtxt(
        shared / "reference/icecube" / f"{BRONZE}_nside64_pixels_scanned.csv", skiprows=1
    )
    assert state.done(64).tolist() == sorted(scanned.astype(int).tolist())


def test_a_real_result_of_the_scanner(shared, tmp_path):
    """BRONZE by the Skymap Scanner itself, mirrored as the file is; skyreader cannot read it."""
    path = shared / "data/icecube/results/run00136662-evt000035405932-BRONZE-8_64_512.npz"
    products_of_result("BRONZE", path, tmp_path, reco="millipede")
    contours = json.loads((tmp_path / "contours.json").read_text())
    with np.load(path, allow_pickle=False) as content:
        rows = content["nside-512"]
        assert contours["llh"] == min(content[name]["llh"].min() for name in content.files)
    best = rows["index"][np.argmin(rows["llh"])]
    there = healpy.pix2ang(512, best, lonlat=True)
    assert [contours["ra_deg"], contours["dec_deg"]] == pytest.approx(there)
    assert (contours["ra_deg"], -contours["dec_deg"]) == pytest.approx((47.20, -3.28), abs=0.01)
    assert "declination perhaps mirrored" in (tmp_path / "circular.txt").read_text()
    ours = read_map(tmp_path / "skymap.multiorder.fits")
    for name, level in (("50", 0.5), ("90", 0.9)):
        area = contours["contours"][name]["area"]
        assert ours.region(level).area == pytest.approx(area, rel=1e-9)
