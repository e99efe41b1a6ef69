"""IceTray frames: whatever is in them, only pulses and numbers come out."""

import os
import pickle
import struct
import zlib

import icetray
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.events.icecube.frames import crc32c, decode_frame, parse_blob

OBJECTS = {"A": ("I3Double", b"\x00\x01"), "Bé": ("I3String", b"")}


def test_frame_round_trip():
    decoded = decode_frame(icetray.frame("Q", OBJECTS)[1])
    assert decoded.stream == "Q"
    assert decoded.objects == OBJECTS


def test_frame_pickled_by_python_2():
    # Python 2 wrote the blob as a byte string, which Python 3 reads as text
    content = icetray.blob("P", OBJECTS)
    pickled = b"cicecube.icetray\nI3Frame\n)\x81(}T" + struct.pack("<i", len(content)) + content
    assert decode_frame(icetray.encode(b"\x80\x02" + pickled + b"tb.")).objects == OBJECTS


def test_crc_is_castagnoli_without_inversion():
    # RFC 3720's CRC-32C of "123456789" is e3069283; undo its initial value and inversion:
    # the CRC is linear, so the two differ by the CRC of the initial value alone.
    initial = 0xFFFFFFFF
    for _ in range(9 * 8):
        initial = (initial >> 1) ^ (0x82F63B78 if initial & 1 else 0)
    assert crc32c(b"123456789") == 0xE3069283 ^ 0xFFFFFFFF ^ initial


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda b: b[:-4] + b"\0\0\0\0", "checksum"),
        (lambda b: b[:30] + bytes([b[30] ^ 1]) + b[31:], "checksum"),
        (lambda b: b[:20], "cut short"),
        (lambda b: b"[i4]" + b[4:], "no I3Frame"),
        (lambda b: b[:4] + b"\x05" + b[5:], "version 6"),
        (lambda b: b"", "cut short"),
    ],
)
def test_damaged_blob(damage, words):
    with pytest.raises(ValueError, match=words):
        parse_blob(damage(icetray.blob("Q", OBJECTS)))


@given(st.binary(max_size=200))
@settings(max_examples=50)
def test_any_bytes_for_a_blob(data):
    with pytest.raises(ValueError, match="I3Frame"):
        parse_blob(b"[i3]\x06\0\0\0\0\0" + data)


@given(st.binary(max_size=100))
@settings(max_examples=50)
def test_any_bytes_for_a_pickle(data):
    with pytest.raises(ValueError, match=r"pickle|I3Frame"):
        decode_frame(icetray.encode(data))


def test_wrong_base64():
    with pytest.raises(ValueError, match="base64"):
        decode_frame("eNq!!")
    with pytest.raises(ValueError, match="base64"):
        decode_frame(None)


def test_wrong_zlib_and_zip_bomb():
    with pytest.raises(ValueError, match="zlib"):
        decode_frame("AAAA")
    encoded = icetray.frame("Q", OBJECTS)[1]
    with pytest.raises(ValueError, match="cut short"):
        decode_frame(encoded[:-8])
    bomb = icetray.base64.b64encode(zlib.compress(bytes(10**6))).decode()
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        decode_frame(bomb, 1000)


class Hostile:
    """Runs a command when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


HOSTILE = {
    "os.system": lambda path: pickle.dumps(Hostile(path)),
    "nested in the state": lambda path: icetray.pickled_frame({"x": [Hostile(path)]}),
    "builtins.eval": lambda path: b"cbuiltins\neval\n(Vopen(%r,'w')\ntR." % str(path).encode(),
    "dotted name": lambda path: b"\x80\x04\x8c\x0ficecube.icetray\x8c\x10I3Frame.__init__\x93.",
    "subclasses": lambda path: b"cbuiltins\ngetattr\n(cicecube.icetray\nI3Frame\nV__base__\ntR.",
    "other codec": lambda path: b"c_codecs\nencode\n(Vabc\nVzlib_codec\ntR.",
    "another class": lambda path: b"cicecube.dataclasses\nI3Particle\n)\x81.",
    "frame called": lambda path: b"cicecube.icetray\nI3Frame\n(Vabc\ntR.",
    "state twice": lambda path: b"cicecube.icetray\nI3Frame\n)\x81}b}b.",
    "no frame at all": lambda path: pickle.dumps([1, 2]),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_pickle_is_refused_and_does_nothing(make, tmp_path):
    proof = tmp_path / "proof"
    with pytest.raises(ValueError, match="pickle"):
        decode_frame(icetray.encode(make(proof)))
    assert not proof.exists()
