"""Pickles of plain values: read as Python reads them, and nothing else is."""

import os
import pickle
import struct
import time

import icetray
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import bounded

from pipeline.events.files import read_event
from pipeline.events.icecube.frames import FRAME_CLASSES, decode_frame
from pipeline.events.icecube.plain_pickle import MAX_STEPS, Instance, load_plain

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values, st.integers(3, pickle.HIGHEST_PROTOCOL))
@settings(max_examples=150)
def test_plain_values_as_python_reads_them(value, protocol):
    assert load_plain(pickle.dumps(value, protocol)) == value


@given(st.recursive(scalars, lambda inner: st.lists(inner, max_size=4)), st.integers(0, 2))
@settings(max_examples=50)
def test_old_protocols(value, protocol):
    assert load_plain(pickle.dumps(value, protocol)) == value


def test_bytes_of_protocol_2():
    data = pickle.dumps([b"\xff\x00", b"abc"], protocol=2)  # through _codecs.encode
    assert load_plain(data, FRAME_CLASSES) == [b"\xff\x00", b"abc"]
    with pytest.raises(ValueError, match=r"it wants _codecs\.encode"):
        load_plain(data)


def test_shared_values_are_shared():
    one = {"a": [1]}
    read = load_plain(pickle.dumps([one, one]))
    assert read == [one, one]
    assert read[0] is read[1]


class Hostile:
    """Runs a command when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_no_class_and_no_function(tmp_path):
    proof = tmp_path / "proof"
    for data in (pickle.dumps(Hostile(proof)), icetray.pickled_frame(b""), b"", b"\x80", b"."):
        with pytest.raises(ValueError, match="pickle refused"):
            load_plain(data)
    assert not proof.exists()
    frame = load_plain(icetray.pickled_frame(b"x"), FRAME_CLASSES)
    assert frame == Instance(("icecube.icetray", "I3Frame"), ({}, b"x"))


COLLIDING = [i * (2**61 - 1) for i in range(1, 30_000)]
"""All have the same hash."""
BOMBS = {
    "memo of 2**32": b"Nr\xff\xff\xff\xff.",
    "memo of 2**28": b"}r\xff\xff\xff\x0f.",
    "memo by text": b"Np4294967295\n.",
    "text of 4 GB": b"X\xff\xff\xff\xffabc.",
    "bytes of 2**63": b"\x8e" + b"\xff" * 7 + b"\x7fabc.",
    "frame of 2**60": b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"N.",
    "opcodes": b"]" + b"N0" * 10_000_000 + b".",
    "marks": b"(" * 20_000_000 + b".",
    "lists": b"]" * 20_000_000 + b".",
    "numbers that collide": pickle.dumps(dict.fromkeys(COLLIDING, 0)),
    "tuples of tuples as a key": b"}" + b")q\x00h\x00\x86" * 60 + b"Ns.",
    "lists of lists": b"]" + b"q\x00h\x00h\x00l" * 3000,
    "number of a million digits": b"I" + b"9" * 1_000_000 + b"\n.",
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_costs_little(tmp_path, data):
    path = tmp_path / "bomb.pkl"
    path.write_bytes(data)
    start = time.process_time()
    with (
        bounded("bomb", seconds=10, megabytes=300),
        pytest.raises(ValueError, match=rf"^{path}: ") as caught,
    ):
        read_event(path)
    assert time.process_time() - start < 3
    assert len(str(caught.value)) < 600
    with bounded("in a frame", seconds=10, megabytes=300), pytest.raises(ValueError):
        decode_frame(icetray.encode(data))


def test_an_encoded_text_is_not_multiplied():
    text = b"X" + struct.pack("<I", 10**6) + b"a" * 10**6 + b"q\x01"
    again = b"h\x00h\x01X\x06\0\0\0latin1\x86R"
    data = b"]c_codecs\nencode\nq\x00" + text + again * 1500 + b"."
    with bounded("copies", seconds=10, megabytes=200), pytest.raises(ValueError, match="again"):
        load_plain(data, FRAME_CLASSES)


def test_the_number_of_steps_is_bounded():
    assert len(load_plain(pickle.dumps([0] * (MAX_STEPS - 100)))) == MAX_STEPS - 100
    with pytest.raises(ValueError, match=f"more than {MAX_STEPS} opcodes"):
        load_plain(pickle.dumps([0] * MAX_STEPS))
