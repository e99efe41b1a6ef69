"""Conversion: every format a network comes in, and what is refused, with nothing written."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("tf_keras")

from networks import of_triplet

from pipeline.scores.convert import ConversionError, convert_model, parity_inputs
from pipeline.scores.domain import Model
from pipeline.scores.engines import load_engine
from pipeline.scores.originals import import_tensorflow
from pipeline.scores.signature import ModelError

FEATURES = ["magpsf", "fwhm", "scorr"]


def configured(path: Path, *inputs: str) -> Model:
    more = {"features": FEATURES} if "features" in inputs else {}
    return Model(version="1", path=str(path), inputs=list(inputs), trusted=path.is_dir(), **more)


def network(keras, outputs: int = 1, activation: str = "sigmoid"):
    """Build a network like ACAI's, small, with weights from a seed."""
    layers = keras.layers
    keras.utils.set_random_seed(7)
    features = keras.Input((3,), name="features")
    triplet = keras.Input((63, 63, 3), name="triplets")
    x = layers.SeparableConv2D(4, 3, activation="relu")(triplet)
    x = layers.MaxPooling2D(4)(layers.Dropout(0.5)(x))
    x = layers.GlobalAveragePooling2D()(layers.BatchNormalization()(x))
    x = layers.Concatenate()([layers.Dense(4, activation="relu")(features), x])
    return keras.Model([features, triplet], layers.Dense(outputs, activation=activation)(x))


@pytest.fixture(scope="module")
def tf():
    return import_tensorflow("tests")


@pytest.fixture(scope="module")
def files(tf, tmp_path_factory) -> dict[str, Path]:
    """Save one network in every format."""
    import keras
    import tf_keras

    folder = tmp_path_factory.mktemp("networks")
    old, new = network(tf_keras), network(keras)
    old.save(folder / "keras2.h5")
    old.save(folder / "keras2.keras")
    old.save(folder / "keras2_saved")
    new.save(folder / "keras3.h5")
    new.save(folder / "keras3.keras")
    new.export(folder / "keras3_saved", verbose=False)
    return {path.name: path for path in folder.iterdir()}


FORMATS = ["keras2.h5", "keras2.keras", "keras2_saved", "keras3.h5", "keras3.keras", "keras3_saved"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_converts_and_both_engines_agree(name, files, tmp_path):
    model = configured(files[name], "features", "triplet")
    target = tmp_path / "made" / "network.onnx"
    parity = convert_model(files[name], target, model)
    assert parity <= 1e-5
    inputs = parity_inputs(model)
    original = load_engine("tensorflow", files[name], model).predict(inputs)
    found = load_engine("onnxruntime", target, model).predict(inputs)
    assert original.std() > 0.05
    assert original.dtype == found.dtype == np.float64
    np.testing.assert_allclose(found, original, rtol=0, atol=1e-5)


def test_the_file_says_what_it_was_made_from_and_is_reproducible(files, tmp_path):
    model = configured(files["keras2.h5"], "features", "triplet")
    for name in ("one.onnx", "two.onnx"):
        convert_model(files["keras2.h5"], tmp_path / name, model)
    one = (tmp_path / "one.onnx").read_bytes()
    assert one == (tmp_path / "two.onnx").read_bytes()
    facts = ort.InferenceSession(one).get_modelmeta().custom_metadata_map
    assert len(facts["source_sha256"]) == 64
    assert float(facts["parity"]) <= 1e-5
    assert facts["source_format"].startswith("keras 2.")
    assert set(facts) >= {"tensorflow", "tf2onnx", "onnx", "onnxruntime"}


def test_onnx_passes_through(tmp_path):
    source = of_triplet(tmp_path / "source.onnx")
    assert convert_model(source, tmp_path / "made.onnx", configured(source, "triplet")) == 0
    assert (tmp_path / "made.onnx").read_bytes() == source.read_bytes()


def refuse(source: Path, tmp_path: Path, error: type, message: str, *inputs: str) -> None:
    target = tmp_path / "target" / "made.onnx"
    with pytest.raises(error, match=message) as caught:
        convert_model(source, target, configured(source, *(inputs or ("triplet",))))
    assert str(source) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not target.parent.exists() or not list(target.parent.iterdir())


@pytest.mark.parametrize("name", ["text.h5", "text.keras", "text.onnx", "text.bin"])
def test_a_file_that_is_no_model(name, tf, tmp_path):
    (tmp_path / name).write_text("no model")
    refuse(tmp_path / name, tmp_path, ModelError, "not a Keras model|not an ONNX model")


def test_a_folder_that_is_no_model_and_a_missing_file(tf, tmp_path):
    (tmp_path / "empty").mkdir()
    refuse(tmp_path / "empty", tmp_path, ModelError, "not a SavedModel folder")
    refuse(tmp_path / "absent.h5", tmp_path, FileNotFoundError, "no such model")


def test_weights_alone_are_no_model(tf, tmp_path):
    import tf_keras

    network(tf_keras).save_weights(tmp_path / "weights.h5")
    refuse(tmp_path / "weights.h5", tmp_path, ModelError, "not a Keras model")


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_code_in_a_model_is_not_run(suffix, tf, tmp_path):
    import tf_keras

    marker = str(tmp_path / "was_run")
    layer = tf_keras.layers.Lambda(lambda x: (open(marker, "w").close(), x)[1])
    path = tmp_path / f"code.{suffix}"
    tf_keras.Sequential([tf_keras.Input((63, 63, 3)), layer]).save(path)
    Path(marker).unlink(missing_ok=True)
    refuse(path, tmp_path, ModelError, "Lambda layer")
    assert not Path(marker).exists()


def test_inputs_other_than_configured(files, tmp_path):
    takes = r"takes \(nx3\), \(nx63x63x3\), but its configured inputs are triplet"
    refuse(files["keras2.h5"], tmp_path, ModelError, takes)
    refuse(files["keras3.keras"], tmp_path, ModelError, "takes", "triplet", "features")
    refuse(files["keras3_saved"], tmp_path, ModelError, "takes", "features")


def test_two_numbers_an_alert(tf, tmp_path):
    import tf_keras

    network(tf_keras, outputs=2).save(tmp_path / "pair.h5")
    refuse(tmp_path / "pair.h5", tmp_path, ModelError, "gives", "features", "triplet")


def test_a_conversion_that_is_not_faithful(tf, tmp_path):
    """Scores of 1e6 agree to 1e-7 of themselves at best: not to 1e-5."""
    import tf_keras

    large = network(tf_keras, activation="linear")
    large.set_weights([1000 * weights for weights in large.get_weights()])
    large.save(tmp_path / "large.h5")
    refuse(tmp_path / "large.h5", tmp_path, ConversionError, "differ by", "features", "triplet")


def test_an_operation_that_onnx_does_not_have(tf, tmp_path):
    module = tf.Module()
    spec = tf.TensorSpec((None, 3), tf.float32, "features")

    @tf.function(input_signature=[spec])
    def serve(features):
        return {"score": tf.linalg.svd(features[:, :, None], compute_uv=False)}

    tf.saved_model.save(module, str(tmp_path / "svd"), signatures={"serving_default": serve})
    refuse(tmp_path / "svd", tmp_path, ConversionError, "ONNX has no Svd", "features")


def test_without_tensorflow_the_error_says_what_to_install(files):
    code = (
        "import sys; sys.modules['tensorflow'] = sys.modules['h5py'] = None\n"
        "from pipeline.scores.domain import Model\n"
        "from pipeline.scores.convert import convert_model\n"
        f"model = Model(version='1', path={str(files['keras2.h5'])!r})\n"
        "convert_model(model.path, 'never.onnx', model)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith(f"ImportError: {files['keras2.h5']}: to convert it takes TensorFlow, ")
    assert "pip install 'nightmill[tensorflow]'" in said
