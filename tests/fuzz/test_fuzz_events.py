"""Event files: realtime messages (JSON, pickles, frames) and the project's own JSON."""

import base64
import io
import json
import pickle
import random
import struct
import zlib

import icetray
import numpy as np
import pytest
from limits import bounded
from mutate import mutants_of
from test_skymaps_events import event

from pipeline.events.event import PULSE_DTYPE
from pipeline.events.files import read_event, read_truth, write_event
from pipeline.events.geometry import IC86_LIKE, read_geometry
from pipeline.events.icecube.plain_pickle import load_plain
from pipeline.skymaps.scan.rounds import Scan

NUMBERS = [0, -1, 1, 1.7, 1e30, 1e400, -1e400, float("nan"), 2**31, 2**63, 10**400, 1e9, -0.0]
VALUES = [*NUMBERS, None, True, False, "", "no", "1.7", [], {}, [[]], {"": 0}, "\ud800", "9" * 5000]


def messages():
    fit = icetray.particle(1.0, 2.0, 3.0, 4.0, 0.5, 0.25)
    extra = {"OnlineL2_SplineMPE": fit, "AlertShortFollowupMsg": icetray.text('{"hese": {}}')}
    new = icetray.message(**extra)
    old = icetray.message(HESE_llhratio=("I3Double", b""), HESE_SPEFit2=fit)
    return [new, {"value": {"data": old["value"]["data"]["frames"]}}]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "event.json"
    write_event(event(), path, {"zenith": 1.0, "azimuth": 2.0})
    return json.loads(path.read_text())


def check(path):
    """Read a file as a scan does; what is taken must be fit for one, what is not is told."""
    with bounded(path.name, seconds=10, megabytes=700):
        try:
            read, _ = read_event(path, IC86_LIKE), read_truth(path)
        except ValueError as error:
            words = str(error)
            assert words.startswith(f"{path}: ")
            assert len(words) < 1000
            assert len(words) > len(str(path)) + 8
            return None
    assert read.pulses.dtype == PULSE_DTYPE
    assert len(read.pulses)
    assert all(np.isfinite(read.pulses[k]).all() for k in ("x", "y", "z", "time", "charge"))
    assert np.isfinite(read.seed.vertex).all()
    Scan(read, "dummy", ())
    return read


def test_fuzz_events(mutants, tmp_path, own):
    """Plain bytes of all three forms."""
    new, old = messages()
    seeds = [json.dumps(m).encode() for m in (new, old, own)]
    seeds += [pickle.dumps(new, protocol) for protocol in (0, 2, 4)]
    for number, mutant in enumerate(mutants("events", seeds)):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(mutant.data)
        try:
            check(path)
        except BaseException as error:
            error.add_note(mutant.name)
            raise
        path.unlink()


def paths_of(value, at=()):
    """Yield the place of each value in parsed JSON."""
    yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths_of(inner, (*at, key))


def spoilt(message, rng):
    """Return a copy with a few values replaced, removed, or doubled."""
    message = json.loads(json.dumps(message))
    for _ in range(rng.choice((1, 1, 2, 4))):
        *way, last = rng.choice([p for p in paths_of(message) if p])
        parent = message
        for key in way:
            parent = parent[key]
        what = rng.random()
        if what < 0.15:
            del parent[last]
        elif what < 0.3 and isinstance(parent, list):
            parent.insert(last, parent[last])
        else:
            parent[last] = rng.choice(VALUES)
    return message


def strictly(message):
    """Read the project's own format by hand, as docs/skymaps.md tells: an independent reader."""

    def number(x, low=-1e309, high=1e309):
        assert type(x) in (int, float) and low <= x <= high and abs(x) <= 1.7976931348623157e308
        return x

    def whole(x, low, high):
        assert type(x) is int and low <= x <= high
        return x

    def flag(x):
        assert type(x) is bool
        return x

    def direction(d):
        number(d["zenith"], 0, np.pi), number(d["azimuth"], -2 * np.pi, 2 * np.pi)

    assert type(message) is dict and message["format"] == "nightmill-event"
    assert type(message["version"]) is int and message["version"] == 1
    real = flag(message["is_real"])
    run = whole(message["run_id"], 100_000 if real else 0, 999_999 if real else 2**32 - 1)
    whole(message["event_id"], 0, 2**32 - 1), number(message["mjd"], 41684, 88068.99999999999)
    word = message["event_type"]
    assert type(word) is str and 0 < len(word) <= 64 and word.isascii()
    assert all(c.isalnum() or c in "_-" for c in word)
    seed = message["seed"]
    assert set(seed) <= {"x", "y", "z", "t", "zenith", "azimuth", "fit"}
    for name in "xyzt":
        number(seed[name])
    if seed.get("zenith") is not None or seed.get("azimuth") is not None:
        direction(seed)
    if message.get("truth") is not None:
        direction(message["truth"])
    doms = {}
    columns = [message["geometry"][k] for k in ("string", "om", "x", "y", "z")]
    assert all(type(c) is list for c in columns) and len({len(c) for c in columns}) == 1
    for string, om, *where in zip(*columns, strict=True):
        key = whole(string, -(2**15), 2**15 - 1), whole(om, -(2**15), 2**15 - 1)
        assert key not in doms
        doms[key] = [number(x) for x in where]
    columns = [message["pulses"][k] for k in ("string", "om", "time", "charge", "hlc")]
    assert all(type(c) is list for c in columns) and len({len(c) for c in columns}) == 1
    rows = []
    for string, om, time, charge, hlc in zip(*columns, strict=True):
        key = whole(string, -(2**15), 2**15 - 1), whole(om, -(2**15), 2**15 - 1)
        rows.append((*key, *doms[key], number(time), number(charge), flag(hlc)))
    assert rows and len(set(rows)) == len(rows)
    return run, sorted(rows)


def test_fuzz_own_events(request, tmp_path, own):
    """Values of the project's own format, against an independent reader of it."""
    cases, seed = (request.config.getoption(f"--fuzz-{name}") for name in ("cases", "seed"))
    taken, path = 0, tmp_path / "event.json"
    for case in range(cases):
        message = spoilt(own, random.Random(f"own:{seed}:{case}"))
        path.write_text(json.dumps(message))
        try:
            expected = strictly(json.loads(path.read_text()))
        except (AssertionError, KeyError, TypeError, OverflowError):
            expected = None
        read = check(path)
        assert (read is None) == (expected is None), (case, message)
        if read is not None:
            taken += 1
            assert (read.run_id, sorted(read.pulses.tolist())) == expected, case
    assert taken or cases < 100


def content_of(encoded):
    """Undo a frame's layers down to its objects, each a name, a type and its bytes."""
    blob = pickle.loads(
        zlib.decompress(base64.b64decode(encoded))
        .replace(b"cicecube.icetray\nI3Frame\n)\x81", b"")
        .removesuffix(b"b.")
        + b"."
    )[1]
    objects, at = {}, 15
    for _ in range(struct.unpack_from("<I", blob, 11)[0]):
        parts = []
        for _ in range(3):
            (length,) = struct.unpack_from("<I", blob, at)
            parts.append(blob[at + 4 : at + 4 + length])
            at += 4 + length
        objects[parts[0].decode()] = (parts[1].decode(), parts[2])
    return objects


def test_fuzz_frames(request, tmp_path):
    """What is in frames: objects mutated, then packed again with a right checksum."""
    cases, seed = (request.config.getoption(f"--fuzz-{name}") for name in ("cases", "seed"))
    message = messages()[0]
    frames = {stream: content_of(text) for stream, text in message["value"]["data"]["frames"]}
    contents = [content for objects in frames.values() for _, content in objects.values()]
    taken, path = 0, tmp_path / "event.json"
    for case, mutant in enumerate(mutants_of("frames", [b""], cases, seed)):
        rng = random.Random(f"frames:{seed}:{case}")
        spoiled = {stream: dict(objects) for stream, objects in frames.items()}
        for _ in range(rng.choice((1, 1, 2))):
            objects = spoiled[rng.choice("QP")]
            name = rng.choice(list(objects))
            kind, content = objects[name]
            if rng.random() < 0.1:
                objects[name] = rng.choice(list(objects.values()))
            elif rng.random() < 0.05:
                del objects[name]
            else:
                inner = mutants_of(f"object:{case}", [content, content, *contents], 1, seed)
                objects[name] = kind, next(inner).data
            if not objects:
                break
        text = {stream: icetray.frame(stream, objects) for stream, objects in spoiled.items()}
        if rng.random() < 0.2:  # the layer above: the blob or the pickle itself, packed again
            stream = rng.choice("QP")
            pickled = zlib.decompress(base64.b64decode(text[stream][1]))
            inner = next(mutants_of(f"pickle:{case}", [pickled], 1, seed)).data
            text[stream][1] = icetray.encode(inner)
        spelled = {"value": {"data": {"frames": list(text.values())}}}
        path.write_text(json.dumps(spelled))
        try:
            taken += check(path) is not None
        except BaseException as error:
            error.add_note(mutant.name)
            raise
    assert taken or cases < 100


class Plain(pickle._Unpickler):
    """Python's own reader of pickles, in Python: its memo is a dictionary, and it calls nothing."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name}")


def test_fuzz_pickles(mutants):
    """Plain values are those that Python's own reader gives, wherever both take a pickle."""
    old = messages()[1]
    deep = [{"a": (1, 2.5, None, True, b"x", "é"), "b": [[], {}, ()]}, 2**70, -1, "text" * 80]
    seeds = [pickle.dumps(v, p) for v in (deep, old) for p in (0, 1, 2, 3, 4, 5)]
    both = 0

    for mutant in mutants("pickles", seeds):
        with bounded(mutant.name, seconds=10, megabytes=500):
            try:
                ours = load_plain(mutant.data)
            except ValueError as error:
                assert str(error).startswith("pickle refused: ")
                continue
        try:
            theirs = Plain(io.BytesIO(mutant.data), encoding="latin-1").load()
        except Exception:
            continue
        both += 1
        assert repr(ours) == repr(theirs), mutant.name
    assert both


def test_fuzz_geometry(mutants, tmp_path):
    """Geometries, against a reader by hand."""
    rows = ["string,om,x,y,z", "1,1,-256.14,-521.08,496.03", "1,2,-256.14,-521.08,479.01"]
    seeds = ["\n".join([*rows, "86,60,10.97,6.72,-499.98,1"]).encode(), "\n".join(rows).encode()]
    seeds.append(b"z,om,string,rde,y,x\n1.5,1,-3,1.0,2e1,.5\n")
    for mutant in mutants("geometry", seeds):
        path = tmp_path / "geometry.csv"
        path.write_bytes(mutant.data)
        with bounded(mutant.name):
            try:
                doms = read_geometry(path)
            except ValueError as error:
                assert str(error).startswith(f"{path}: ")
                assert len(str(error)) < 1000
                continue
        lines = mutant.data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        if '"' in lines:
            continue
        names, *rows = [line.split(",") for line in lines.split("\n") if line]
        expected = [
            tuple(float(row[names.index(name)]) for name in ("string", "om", "x", "y", "z"))
            for row in rows
        ]
        assert sorted(doms.tolist()) == sorted(expected), mutant.name
