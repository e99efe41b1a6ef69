"""Event files: realtime messages and the project's own, good and bad."""

import json
import pickle

import icetray
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.events.directions import to_icrs
from pipeline.events.event import FIRST_MJD, LAST_MJD, PULSE_DTYPE, Event, Seed, first_pulses
from pipeline.events.files import read_event, read_truth, write_event
from pipeline.events.geometry import IC86, IC86_LIKE
from pipeline.events.icecube.i3objects import decode_header, decode_particle
from pipeline.events.icecube.superdst import apply_mask, decode_mask, decode_superdst


def pulse(string, om, time, charge=1.0, hlc=True):
    return (string, om, 10.0 * string, 0.0, -17.0 * om, time, charge, hlc)


def event(pulses=None, **changes):
    rows = [pulse(1, 1, 100.0, 2.0), pulse(1, 1, 50.0, 0.5, False), pulse(2, 7, 80.0)]
    settings = {
        "run_id": 1,
        "event_id": 5,
        "event_type": "track",
        "mjd": 60000.25,
        "is_real": False,
        "pulses": np.array(rows if pulses is None else pulses, PULSE_DTYPE),
        "seed": Seed(1.0, 2.0, 3.0, 4.0, 0.5, 0.25),
    }
    return Event(**settings | changes)


# SuperDST and masks ---------------------------------------------------------------------

charges = st.integers(0, 200_000)
pulses = st.tuples(st.integers(0, 200_000), charges, st.integers(0, 15))
readout = st.tuples(
    st.integers(0, 86),
    st.integers(1, 60),
    st.integers(0, 1),
    st.lists(pulses, min_size=1, max_size=4),
)
ice_top = st.tuples(
    st.integers(1, 81),
    st.integers(61, 64),
    st.integers(0, 1),
    st.lists(
        st.tuples(st.integers(0, 9000), st.integers(0, 2**14 - 1), st.just(2)),
        min_size=1,
        max_size=1,
    ),
)


@given(st.lists(readout | ice_top, max_size=20))
@settings(max_examples=60)
def test_superdst_round_trip(readouts):
    decoded = decode_superdst(icetray.superdst(readouts)[1])
    expected, start = [], -512.0
    for string, om, hlc, codes in readouts:
        start += codes[0][0]
        time = start
        for i, (delta, charge, width) in enumerate(codes):
            time += delta if i else 0
            linear, log = charge * 0.05 + 0.025, 10 ** (charge * 9 / (2**14 - 1) - 2)
            pe = linear if om <= 60 else log
            expected.append((string, om, time, pe, 2.0**width, 7 if hlc else 2))
    expected = np.array(expected, decoded.dtype)
    expected = expected[np.lexsort((expected["time"], expected["om"], expected["string"]))]
    assert decoded.tolist() == expected.tolist()


@given(st.binary(max_size=60))
@settings(max_examples=60)
def test_any_bytes_for_a_superdst(data):
    content = icetray.prefix("I3SuperDST", 1) + bytes(4) + data
    try:
        decode_superdst(content)
    except ValueError as error:
        assert "I3SuperDST" in str(error)


def test_superdst_of_another_version():
    content = icetray.superdst([])[1].replace(b"I3SuperDST\x01\x01", b"I3SuperDST\x01\x00")
    with pytest.raises(ValueError, match="I3SuperDST of version 0, expected"):
        decode_superdst(content)


@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=20), min_size=1, max_size=12), st.data()
)
@settings(max_examples=30)
def test_mask_selects_what_it_says(chosen, data):
    doms = [data.draw(st.booleans()) for _ in chosen]
    elements = [c for c, dom in zip(chosen, doms, strict=True) if dom]
    source, where, which = decode_mask(icetray.mask("X", doms, elements)[1])
    pulses = np.array(
        [pulse(s, 1, t) for s, c in enumerate(chosen) for t in range(len(c))], PULSE_DTYPE
    )
    kept = apply_mask(pulses, where, which)
    expected = [
        (s, t)
        for s, (c, dom) in enumerate(zip(chosen, doms, strict=True))
        for t, keep in enumerate(c)
        if keep and dom
    ]
    assert source == "X"
    assert list(zip(kept["string"].tolist(), kept["time"].tolist(), strict=True)) == expected


def test_mask_of_other_pulses_is_refused():
    _, doms, elements = decode_mask(icetray.mask("X", [True, True], [[True], [True]])[1])
    with pytest.raises(ValueError, match="other pulses"):
        apply_mask(np.array([pulse(1, 1, 0.0)], PULSE_DTYPE), doms, elements)


def test_header_and_particle():
    header = decode_header(icetray.header(138_000, 42, 2020, 10**10 * 86_400)[1])
    assert (header.run_id, header.event_id, header.mjd) == (138_000, 42, 58850.0)  # 2 January
    fit = decode_particle(icetray.particle(1.0, 2.0, 3.0, 4.0, 0.5, 0.25)[1])
    assert (fit.x, fit.y, fit.z, fit.time, fit.zenith, fit.azimuth) == (1, 2, 3, 4, 0.5, 0.25)


# Realtime messages ----------------------------------------------------------------------


def write(tmp_path, message, name="event.json"):
    path = tmp_path / name
    path.write_bytes(
        pickle.dumps(message) if name.endswith(".pkl") else json.dumps(message).encode()
    )
    return path


def test_message(tmp_path):
    fit = icetray.particle(1.0, 2.0, 3.0, 4.0, 0.5, 0.25)
    path = write(tmp_path, icetray.message(HESE_llhratio=("I3Double", b""), HESE_SPEFit2=fit))
    read = read_event(path, IC86_LIKE)
    assert (read.run_id, read.event_id, read.event_type, read.is_real) == (
        138_000,
        77,
        "HESE",
        True,
    )
    assert read.seed == Seed(1.0, 2.0, 3.0, 4.0, 0.5, 0.25)
    assert read.pulses["time"].tolist() == [488.0, 518.0, 2988.0]
    assert read.pulses["charge"] == pytest.approx([1.025, 0.225, 3.525])
    assert read.pulses["hlc"].tolist() == [True, True, False]


@pytest.mark.parametrize("form", ["event.json", "event.pkl"])
def test_old_list_of_frames(tmp_path, form):
    message = icetray.message()
    message["value"] = {"data": message["value"]["data"]["frames"]}
    read = read_event(write(tmp_path, message, form), IC86_LIKE)
    assert len(read.pulses) == 3
    assert read.seed.zenith is None  # no fit: the middle of the first pulses
    assert read.seed.t == 488.0


def test_a_failed_fit_is_no_seed(tmp_path):
    bad = icetray.particle(1.0, 2.0, 3.0, 4.0, 0.5, 0.25, status=20)
    nowhere = icetray.particle(1.0, 2.0, 3.0, 4.0, 9.0, 0.25)  # no zenith is 9 rad
    good = icetray.particle(5.0, 2.0, 3.0, 4.0, 0.5, 0.25)
    fits = {"OnlineL2_SplineMPE": bad, "OnlineL2_BestFit": nowhere, "HESE_SPEFitSingle": good}
    path = write(tmp_path, icetray.message(**fits))
    assert read_event(path, IC86_LIKE).seed.x == 5.0


def test_the_seed_knows_its_fit(tmp_path):
    fit = icetray.particle(1.0, 2.0, 3.0, 4.0, 0.5, 0.25)
    read = read_event(write(tmp_path, icetray.message(OnlineL2_SplineMPE=fit)), IC86_LIKE)
    assert read.seed.fit == "OnlineL2_SplineMPE"
    assert read_event(write(tmp_path, icetray.message()), IC86_LIKE).seed.fit is None
    write_event(read, tmp_path / "own.json")
    assert read_event(tmp_path / "own.json").seed.fit == "OnlineL2_SplineMPE"


def corrupt(message, position, text):
    message["value"]["data"]["frames"][position][1] = text
    return message


HEADER_ONLY = icetray.frame("P", {"I3EventHeader": icetray.header(138_000, 1)})
BAD_MESSAGES = {
    "no frames": ({"value": {"data": {}}}, "no frames"),
    "value is a number": ({"value": 3}, "no frames"),
    "not an event": ({"a": 1}, "neither a realtime message"),
    "frame is no pair": ({"value": {"data": ["Q"]}}, "no pair"),
    "no P": ({"value": {"data": [icetray.frame("Q", {})]}}, "no P frame"),
    "base64": (corrupt(icetray.message(), 0, "??"), "frame Q: wrong base64"),
    "checksum": (
        corrupt(
            icetray.message(),
            1,
            icetray.encode(icetray.pickled_frame(icetray.blob("P", {})[:-1] + b"x")),
        ),
        "frame P: I3Frame of stream P: checksum is wrong",
    ),
    "stream is no letter": ({"value": {"data": [[["Q"], ""]]}}, "no pair of stream"),
    "year 12345": (icetray.message(I3EventHeader=icetray.header(138_000, 1, 12345)), "year 12345"),
    "year 2200": (icetray.message(I3EventHeader=icetray.header(138_000, 1, 2200)), "mjd 12"),
    "summary is no JSON": (
        icetray.message(AlertShortFollowupMsg=icetray.text("[" * 10**5)),
        "AlertShortFollowupMsg: no JSON",
    ),
    "no pulse mask": (icetray.message(p_frame=HEADER_ONLY), "none of SplitInIcePulses"),
    "no header": (icetray.message(p_frame=icetray.frame("P", {})), "no I3EventHeader"),
    "no pulses": (icetray.message([]), "no pulses"),
    "unknown DOM": (icetray.message([(87, 3, 1, [(9, 9, 1)])]), r"geometry: DOM \(87, 3\), 1"),
    "run too low": (icetray.message(run_id=99_999), r"run 99999: a real event's lies in \[100000"),
    "run too high": (icetray.message(run_id=1_000_000), "run 1000000"),
}  # fmt: skip


@pytest.mark.parametrize(("message", "words"), BAD_MESSAGES.values(), ids=BAD_MESSAGES.keys())
def test_bad_message(tmp_path, message, words):
    path = write(tmp_path, message)
    with pytest.raises(ValueError, match=words) as caught:
        read_event(path, IC86_LIKE)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_truncated_and_missing_files(tmp_path):
    path = write(tmp_path, icetray.message())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"event.json: neither JSON nor a pickle"):
        read_event(path, IC86_LIKE)
    with pytest.raises(FileNotFoundError, match=r"other.json: no such event file"):
        read_event(tmp_path / "other.json", IC86_LIKE)
    without = read_event(write(tmp_path, icetray.message()))  # IceCube's own geometry
    assert without.pulses.tolist() == read_event(tmp_path / "event.json", IC86).pulses.tolist()


# The open format ------------------------------------------------------------------------


def test_own_format_round_trip(tmp_path):
    path = tmp_path / "event.json"
    write_event(event(), path, {"zenith": 1.0, "azimuth": 2.0})
    read = read_event(path)
    ordered = np.sort(event().pulses, order=["string", "om", "time"])
    assert read.pulses.tolist() == ordered.tolist()
    assert (read.run_id, read.mjd, read.is_real, read.seed) == (1, 60000.25, False, event().seed)
    assert read_truth(path) == {"zenith": 1.0, "azimuth": 2.0}
    write_event(event(seed=Seed(1.0, 2.0, 3.0, 4.0)), path)
    assert read_event(path).seed.zenith is None
    assert read_truth(path) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.pop("seed"), "seed: Field required"),
        (lambda m: m["pulses"].pop("hlc"), "pulses.hlc: Field required"),
        (lambda m: m["pulses"]["time"].pop(), "pulses: the columns differ in length: .*'time': 2"),
        (lambda m: m["pulses"]["time"].__setitem__(0, None), "pulses.time.0: .*number .found None"),
        (lambda m: m["pulses"]["time"].__setitem__(1, True), "pulses.time.1: .*number .found True"),
        (lambda m: m["pulses"]["time"].__setitem__(0, 1e400), "pulses.time.0: .*finite"),
        (lambda m: m["pulses"]["charge"].__setitem__(2, "1.7"), r"pulses.charge.2: .*found '1.7'"),
        (lambda m: m["pulses"]["string"].__setitem__(0, 9), r"not in the geometry: DOM \(9, 1\)"),
        (lambda m: m["pulses"]["string"].__setitem__(0, "1.7"), "pulses.string.0: .*valid integer"),
        (lambda m: m["pulses"]["om"].__setitem__(0, 1.7), "pulses.om.0: .*valid integer"),
        (lambda m: m["pulses"]["om"].__setitem__(0, 1e30), "pulses.om.0: .*integer .found 1e.30"),
        (lambda m: m["pulses"]["om"].__setitem__(0, 10**30), "pulses.om.0: .*less than 32768"),
        (lambda m: m["pulses"]["hlc"].__setitem__(0, "no"), "pulses.hlc.0: .*boolean .found 'no'"),
        (lambda m: m["pulses"]["hlc"].__setitem__(0, 1), "pulses.hlc.0: .*boolean .found 1"),
        (lambda m: [c.append(c[0]) for c in m["pulses"].values()], r"pulses: DOM \(1, 1\).* twice"),
        (lambda m: [c.append(c[0]) for c in m["geometry"].values()], r"DOM \(1, 1\) is listed"),
        (lambda m: m["geometry"]["z"].__setitem__(0, float("nan")), "geometry.z.0: .*finite"),
        (lambda m: m.update(version=2), r"version: .*less than or equal to 1 \(found 2"),
        (lambda m: m.update(version=True), r"version: .*valid integer \(found True"),
        (lambda m: m.update(run_id="x"), "run_id: .*valid integer .found 'x'"),
        (lambda m: m.update(run_id=1e400), "run_id: .*valid integer .found inf"),
        (lambda m: m.update(event_id=-1), "event_id: .*greater than or equal to 0"),
        (lambda m: m.update(event_id=2**32), "event_id: .*less than or equal to 4294967295"),
        (lambda m: m.update(mjd=1e9), "mjd: .*less than 88069 .found 1000000000.0"),
        (lambda m: m.update(mjd=0), "mjd: .*greater than or equal to 41684"),
        (lambda m: m.update(mjd=10**400), "mjd: "),
        (lambda m: m.update(is_real=0), "is_real: .*boolean .found 0"),
        (lambda m: m.update(seed=[1]), r"seed: .*found \[1\]"),
        (lambda m: m["seed"].update(x=float("nan")), "seed.x: .*finite number .found nan"),
        (lambda m: m["seed"].update(zenith=90.0), "seed.zenith: .*less than or equal to 3.14"),
        (lambda m: m["seed"].update(zenit=1.0), "seed.zenit: Extra"),
        (lambda m: m["seed"].pop("azimuth"), "seed: zenith and azimuth go together"),
        (lambda m: m.update(truth=1), "truth: .*found 1"),
        (lambda m: m.update(truth={"zenith": 1.0}), "truth.azimuth: Field required"),
        (lambda m: m.update(truth={"zenith": 1.0, "azimuth": "2"}), "truth.azimuth: .*found '2'"),
        (lambda m: m.update(event_type="../x"), "letters, digits"),
        (lambda m: m.update(event_type="x" * 300), "at most 64"),
        (lambda m: m.update(is_real=True), "run 1: a real event"),
        (lambda m: m.update(pulses={k: [] for k in m["pulses"]}), "no pulses"),
    ],
)  # fmt: skip
def test_bad_own_format(tmp_path, change, words):
    path = tmp_path / "event.json"
    write_event(event(), path)
    message = json.loads(path.read_text())
    change(message)
    path.write_text(json.dumps(message))
    with pytest.raises(ValueError, match=rf"^{path}: .*{words}") as caught:
        read_event(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(path))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"format":' * 100_000, "[" + "9" * 5000])
def test_json_that_python_cannot_parse(tmp_path, text):
    path = tmp_path / "event.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"^{path}: neither JSON nor a pickle of it"):
        read_event(path)


@pytest.mark.parametrize("mjd", [FIRST_MJD, np.nextafter(LAST_MJD, 0.0)])
def test_the_sky_is_known_at_both_ends_of_time(mjd):
    ra, dec = to_icrs(1.0, 0.25, event(mjd=mjd).mjd)
    assert 0 <= ra < 360
    assert dec == pytest.approx(np.degrees(1.0) - 90, abs=0.7)  # precession of a century


def test_first_pulses():
    first = first_pulses(event())
    assert first[["string", "om", "time", "charge"]].tolist() == [(1, 1, 100, 2), (2, 7, 80, 1)]
    both = first_pulses(event(), hlc_only=False)
    assert both[["string", "time", "charge"]].tolist() == [(1, 50.0, 2.5), (2, 80.0, 1.0)]
    assert len(first_pulses(event(pulses=[pulse(1, 1, 1.0, hlc=False)]))) == 0
