"""Keras files of a stranger: other files, bombs, damage; what is loaded is what was checked."""

import json
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("h5py")

import h5py
from keras_files import ADAM, DENSE, INPUT, LAMBDA, as_h5, as_keras, layer, plain, sequential
from plans import check_config

from pipeline.contract.section import ConfigError
from pipeline.plan.load import load_config
from pipeline.scores.convert import convert_model
from pipeline.scores.domain import Model
from pipeline.scores.engines import load_engine
from pipeline.scores.keras_files import checked_copy
from pipeline.scores.signature import ModelError

TRIPLET = Model(version="1", path="m")


@pytest.mark.parametrize("write", [as_h5, as_keras])
def test_the_loader_gets_what_was_checked(write, tmp_path):
    """A copy, which later changes of the file do not reach, with the JSON as we write it."""
    path = write(tmp_path / "model", {**sequential(DENSE), "compile_config": ADAM})
    with checked_copy(path) as file:
        path.write_bytes(b"something else")
        assert file.major == (2 if write is as_h5 else 3)
        if write is as_h5:
            with h5py.File(file.copy) as copied:
                text = copied.attrs["model_config"]
        else:
            with zipfile.ZipFile(file.copy) as copied:
                text = copied.read("config.json")
        assert json.loads(text) == sequential(DENSE)
    assert not file.copy.exists()


@pytest.mark.parametrize("version", ["", "three", "9" * 5000 + ".0", 3, None])
def test_an_unknown_version_of_keras(version, tmp_path):
    path = as_keras(tmp_path / "m.keras", sequential(DENSE), version)
    with pytest.raises(ModelError, match="by an unknown version of Keras"), checked_copy(path):
        pass


def external_link(file):
    file["model_weights/x"] = h5py.ExternalLink("/etc/other.h5", "/secret")


def soft_link(file):
    file["model_weights/x"] = h5py.SoftLink("/nowhere")


def external_data(file):
    file["model_weights"].create_dataset("x", (8,), "u1", external=[("/etc/passwd", 0, 8)])


def virtual(file):
    layout = h5py.VirtualLayout((8,), "u1")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "secret", (8,))
    file["model_weights"].create_virtual_dataset("x", layout)


def bomb(file):
    file["model_weights"].create_dataset("x", (10**12,), "f4", chunks=(10**6,), compression="gzip")


def text(file):
    file["model_weights"]["x"] = "text"


HOSTILE = {
    external_link: "'/model_weights/x' is a link to another place or file",
    soft_link: "'/model_weights/x' is a link to another place or file",
    external_data: "the data of '/model_weights/x' lie in another file",
    virtual: "the data of '/model_weights/x' lie in another file",
    bomb: "its weights claim more than [0-9]+ bytes",
    text: "'/model_weights/x' holds object, not numbers",
}


@pytest.mark.parametrize("kind", ["h5", "keras"])
@pytest.mark.parametrize(
    ("change", "message"), HOSTILE.items(), ids=lambda x: getattr(x, "__name__", "")
)
def test_weights_that_are_not_in_the_file(change, message, kind, tmp_path):
    path = as_h5(tmp_path / "m.h5", sequential(DENSE))
    with h5py.File(path, "r+") as file:
        change(file)
    if kind == "keras":
        weights = path.read_bytes()
        path = tmp_path / "m.keras"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
            archive.writestr("config.json", plain(sequential(DENSE)))
            archive.writestr("model.weights.h5", weights)
    with pytest.raises(ModelError, match=f"{path}: {message}"), checked_copy(path):
        pass


def test_groups_in_a_circle(tmp_path):
    path = as_h5(tmp_path / "m.h5", sequential(DENSE))
    with h5py.File(path, "r+") as file:
        file["model_weights/again"] = file["model_weights"]
    with checked_copy(path):
        pass


@pytest.mark.parametrize(
    "name", ["assets/vocabulary.txt", "../../etc/cron.d/x", "model.weights.npz"]
)
def test_members_beyond_the_expected(name, tmp_path):
    path = as_keras(tmp_path / "m.keras", sequential(DENSE), **{name: b"x"})
    with (
        pytest.raises(ModelError, match=f"has '{name}': expected metadata.json"),
        checked_copy(path),
    ):
        pass


def test_a_member_twice(tmp_path):
    path = as_keras(tmp_path / "m.keras", sequential(DENSE))
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", plain(sequential(LAMBDA)))
    with pytest.raises(ModelError, match="has a member twice"), checked_copy(path):
        pass


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_bomb(name, tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in ("metadata.json", "config.json", "model.weights.h5"):
            content = b'{"keras_version": "3.0"}' if member[0] == "m" else b"{}"
            archive.writestr(member, bytes(50_000_000) if member == name else content)
    with pytest.raises(ModelError, match=f"{name} unpacks to more than"), checked_copy(path):
        pass


@pytest.mark.parametrize("write", [as_h5, as_keras])
def test_damage(write, tmp_path):
    path = write(tmp_path / "m", sequential(DENSE))
    content = path.read_bytes()
    for size in range(0, len(content), 97):
        path.write_bytes(content[:size])
        with pytest.raises(ModelError, match=f"{path}: "), checked_copy(path):
            pass


@pytest.mark.parametrize("write", [as_h5, as_keras])
@pytest.mark.parametrize("version", ["2.21.0", "3.15.1"])
def test_a_function_that_python_would_import_is_not_called(write, version, tmp_path):
    pytest.importorskip("tf_keras")
    make = {"class_name": "function", "config": "mkdir", "module": "os", "registered_name": "mkdir"}
    path = write(tmp_path / "m", sequential(INPUT, layer("Activation", activation=make)), version)
    with pytest.raises(ModelError, match="from the module 'os', not from Keras"):
        load_engine("tensorflow", path, TRIPLET)


@pytest.mark.parametrize("spelling", ['"class_name" : "Lambda"', r'"class_name": "\u004cambda"'])
def test_code_of_a_layer_is_not_run_however_it_is_spelt(spelling, tmp_path):
    tf_keras = pytest.importorskip("tf_keras")
    marker = str(tmp_path / "was_run")
    code = tf_keras.layers.Lambda(lambda x: (open(marker, "w").close(), x[:, 0, 0, :1])[1])
    path = tmp_path / "code.h5"
    tf_keras.Sequential([tf_keras.Input((63, 63, 3)), code]).save(path)
    Path(marker).unlink(missing_ok=True)
    with h5py.File(path, "r+") as file:
        text = file.attrs["model_config"]
        file.attrs["model_config"] = text.replace('"class_name": "Lambda"', spelling)
        assert spelling in file.attrs["model_config"]
    with pytest.raises(ModelError, match="Python code in a model file is not run"):
        load_engine("tensorflow", path, TRIPLET)
    assert not Path(marker).exists()


def test_a_saved_model_must_be_trusted(tmp_path):
    (tmp_path / "saved").mkdir()
    path = tmp_path / "saved"
    with pytest.raises(ModelError, match=f"{path}: a SavedModel folder is a program.*trusted"):
        convert_model(path, tmp_path / "m.onnx", TRIPLET)
    entry = {"version": "1", "path": str(path)}
    with pytest.raises(ConfigError, match=f"models.m.path: {path}: a SavedModel folder is a prog"):
        check_config(load_config({"models": {"m": entry}}), [])
    check_config(load_config({"models": {"m": {**entry, "trusted": True}}}), [])
