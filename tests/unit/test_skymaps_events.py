"""Event files: realtime messages and the project's own, good and bad."""

import json
import pickle

import icetray
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.skymaps.event import PULSE_DTYPE, Event, Seed, first_pulses
from pipeline.skymaps.event_files import read_event, read_truth, write_event
from pipeline.skymaps.geometry import IC86_LIKE
from pipeline.skymaps.i3objects import decode_header, decode_particle
from pipeline.skymaps.superdst import apply_mask, decode_mask, decode_superdst


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
    good = icetray.particle(5.0, 2.0, 3.0, 4.0, 0.5, 0.25)
    path = write(tmp_path, icetray.message(OnlineL2_SplineMPE=bad, HESE_SPEFitSingle=good))
    assert read_event(path, IC86_LIKE).seed.x == 5.0


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
    with pytest.raises(ValueError, match=r"set skymaps.geometry"):
        read_event(write(tmp_path, icetray.message()))


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
        (lambda m: m.pop("seed"), "no 'seed'"),
        (lambda m: m["pulses"].pop("hlc"), "no 'hlc'"),
        (lambda m: m["pulses"]["time"].pop(), "differ in length"),
        (lambda m: m["pulses"]["time"].__setitem__(0, None), "finite"),
        (lambda m: m["pulses"]["string"].__setitem__(0, 9), r"not in the geometry: DOM \(9, 1\)"),
        (lambda m: m.update(version=2), "version 2, expected 1"),
        (lambda m: m.update(run_id="x"), "invalid literal"),
        (lambda m: m.update(seed=[1]), "wrong kind"),
        (lambda m: m.update(event_type="../x"), "letters, digits"),
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
    with pytest.raises(ValueError, match=words):
        read_event(path)


def test_first_pulses():
    first = first_pulses(event())
    assert first[["string", "om", "time", "charge"]].tolist() == [(1, 1, 100, 2), (2, 7, 80, 1)]
    both = first_pulses(event(), hlc_only=False)
    assert both[["string", "time", "charge"]].tolist() == [(1, 50.0, 2.5), (2, 80.0, 1.0)]
    assert len(first_pulses(event(pulses=[pulse(1, 1, 1.0, hlc=False)]))) == 0
