"""Model files: loaded or refused in one line, in bounded time; what is loaded runs no code."""

import io
import json
import random
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from limits import bounded
from mutate import Mutant

pytest.importorskip("h5py")
pytest.importorskip("onnx")

import h5py
import onnx
from keras_files import DENSE, as_h5, as_keras, layer, sequential
from networks import of_both, of_feature
from onnx import TensorProto, helper

from pipeline.scores import keras_files
from pipeline.scores.domain import Model
from pipeline.scores.engines import load_engine
from pipeline.scores.keras_allowed import CLASSES
from pipeline.scores.keras_config import parse_config
from pipeline.scores.keras_files import checked_copy
from pipeline.scores.signature import ModelError

MODEL = Model(version="1", path="m", inputs=["features"], features=["magpsf"])
NETWORK = sequential(
    layer("InputLayer", batch_input_shape=[None, 1]),
    layer(
        "Dense",
        units=3,
        activation="relu",
        kernel_initializer={"class_name": "Zeros", "config": {}},
    ),
    sequential(layer("Dropout", rate=0.5), layer("TimeDistributed", layer=DENSE)),
    layer("Bidirectional", layer=layer("GRU", units=2, recurrent_activation="sigmoid")),
)
HOSTILE = [
    layer("Lambda", function=["4wAAAA==", None, None], function_type="lambda"),
    {"class_name": "__lambda__", "config": {"value": "4wAAAA=="}},
    layer("TFOpLambda", function="io.write_file"),
    {"class_name": "function", "config": "system", "module": "os", "registered_name": "system"},
    {"class_name": "Popen", "config": {"args": "id"}, "module": "subprocess"},
    {"class_name": "Dense", "config": {}, "registered_name": "mine>Dense"},
    layer("TFSMLayer", filepath="/tmp/model"),
    layer("StringLookup", vocabulary="/etc/passwd"),
]
EVENTS = ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect")


def nodes(node: object) -> Iterator[dict | list]:
    if isinstance(node, dict | list):
        yield node
        for value in node.values() if isinstance(node, dict) else node:
            yield from nodes(value)


def with_hostile(rng: random.Random) -> str:
    """Return the network's JSON with a hostile node somewhere, escaped and spaced at random."""
    config = json.loads(json.dumps(NETWORK))
    places = [p for p in nodes(config) if p is not config]
    place, node = rng.choice(places), rng.choice(HOSTILE)
    for _ in range(rng.randrange(4)):
        node = rng.choice([[node], {"layer": node}, layer("TimeDistributed", layer=node)])
    if isinstance(place, list):
        place.insert(rng.randrange(len(place) + 1), node)
    else:
        place[rng.choice(["layer", "activation", "config", "cell", "x", "build_config"])] = node
    text = json.dumps(
        config, indent=rng.choice([None, 0, 3]), separators=rng.choice([None, (" ,", " : ")])
    )
    word = rng.choice(["Lambda", "__lambda__", "class_name", "module", "system", "config"])
    at = rng.randrange(len(word))
    escaped = f"{word[:at]}\\u{ord(word[at]):04x}{word[at + 1 :]}"
    return text.replace(f'"{word}"', f'"{escaped}"') if rng.random() < 0.5 else text


def test_fuzz_models_hostile_nodes(request):
    """Wherever a hostile node stands and however it is spelt, it is refused."""
    cases, seed = (request.config.getoption(f"--fuzz-{n}") for n in ("cases", "seed"))
    for case in range(cases):
        text = with_hostile(random.Random(f"hostile:{seed}:{case}"))
        with pytest.raises(ModelError, match=r"^m: its configuration "):
            parse_config("m", text)


def test_fuzz_models_configurations(mutants):
    """A mutated configuration is refused, or names nothing but what is known."""
    seeds = [json.dumps(NETWORK).encode(), json.dumps(NETWORK, indent=1).encode()]
    passed = 0
    for mutant in mutants("models.config", seeds):
        with bounded(mutant.name):
            try:
                config = parse_config("m", mutant.data)
            except ModelError as error:
                assert str(error).startswith("m: its configuration ")
                continue
        passed += 1
        assert json.loads(mutant.data) == config
        for node in nodes(config):
            if isinstance(node, dict) and "class_name" in node:
                assert node["class_name"] in CLASSES | {"function", "__keras_tensor__"}, mutant.name
    assert passed


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, list[bytes]]:
    """Return small files of each kind; two of Keras' with weights."""
    folder = tmp_path_factory.mktemp("seeds")
    small = sequential(layer("InputLayer", batch_input_shape=[None, 1]), DENSE)
    old = as_h5(folder / "a.h5", small)
    with h5py.File(old, "r+") as file:
        weights(file["model_weights"])
    inner = io.BytesIO()
    with h5py.File(inner, "w") as file:
        file["layers/dense/vars/0"] = np.ones((1, 1), np.float32)
        file["layers/dense/vars/1"] = np.zeros(1, np.float32)
    new = as_keras(folder / "a.keras", small)
    with zipfile.ZipFile(folder / "b.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", json.dumps(small))
        archive.writestr("model.weights.h5", inner.getvalue())
    external = onnx.load(of_feature(folder / "f.onnx"))
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], [0.0])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="x")
    external.graph.initializer.append(tensor)
    onnxs = [of_both(folder / "b.onnx").read_bytes(), (folder / "f.onnx").read_bytes()]
    return {
        "keras": [old.read_bytes(), new.read_bytes(), (folder / "b.keras").read_bytes()],
        "onnx": [*onnxs, external.SerializeToString()],
    }


def weights(group) -> None:
    group.attrs["layer_names"] = [b"dense"]
    dense = group.create_group("dense")
    dense.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
    dense["dense/kernel:0"] = np.ones((1, 1), np.float32)
    dense["dense/bias:0"] = np.zeros(1, np.float32)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Give the list of what a network must not do while it is loaded, as it does it."""
    seen: list[str] = []
    _watchers.append(seen)
    try:
        yield seen
    finally:
        _watchers.remove(seen)


_watchers: list[list[str]] = []


def _audit(event: str, arguments: tuple) -> None:
    for seen in _watchers:
        if event.startswith(EVENTS):
            seen.append(f"{event} {arguments}")


sys.addaudithook(_audit)


def test_fuzz_models_keras_files(mutants, files, tmp_path, monkeypatch):
    """Damaged .h5 and .keras files; the first of those that pass are loaded, too."""
    monkeypatch.setattr(keras_files, "LOOK_SECONDS", 2.0)
    passing: list[Path] = []
    path = tmp_path / "mutant"
    for mutant in mutants("models", files["keras"]):
        path.write_bytes(mutant.data)
        with bounded(mutant.name):
            try:
                with checked_copy(path):
                    pass
            except ModelError as error:
                assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
                continue
        if len(passing) < 10:
            passing.append(tmp_path / f"{len(passing)}")
            passing[-1].write_bytes(mutant.data)
    assert passing
    pytest.importorskip("tf_keras")
    for path in passing:
        with watched() as seen, bounded(str(path), seconds=60, megabytes=2000):
            try:
                load_engine("tensorflow", path, MODEL)
            except ModelError as error:
                assert str(error).startswith(f"{path}: ")
        assert not seen


def test_fuzz_models_onnx(mutants, files, tmp_path):
    path = tmp_path / "mutant.onnx"
    loaded = 0
    whole = Mutant("a whole file", files["onnx"][1])
    for mutant in (whole, *mutants("models.onnx", files["onnx"])):
        path.write_bytes(mutant.data)
        with bounded(mutant.name), watched() as seen:
            try:
                load_engine("onnxruntime", path, MODEL)
                loaded += 1
            except ModelError as error:
                assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
        assert not seen
    assert loaded
