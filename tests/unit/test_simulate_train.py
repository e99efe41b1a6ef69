"""The training of the demonstration's model, and the model itself."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest

from pipeline.scores import jobs
from pipeline.scores.triplets import make_triplets
from pipeline.simulate.stream import training_stamps
from pipeline.simulate.train import area_under_roc, train_realbogus

ROOT = Path(__file__).parents[2]
tf_keras = pytest.importorskip("tf_keras")


def spots(number, seed):
    """Return noise, with a spot in the middle of the difference for every other one."""
    rng = np.random.default_rng(seed)
    triplets = rng.normal(0, 0.01, (number, 63, 63, 3)).astype(np.float32)
    labels = np.arange(number) % 2
    triplets[labels == 1, 30:33, 30:33, 2] += 0.2
    return triplets, labels


def test_training_is_reproducible_and_its_weights_load(tmp_path):
    triplets, labels = spots(100, 1)
    triplets[7] = np.nan  # an unusable stamp
    results = [
        train_realbogus(triplets, labels, tmp_path / name, seed=3, epochs=1)
        for name in ("a.h5", "b.h5")
    ]
    assert results[0] == results[1]
    assert (results[0].trained_on, results[0].held_out) == (79, 20)
    digests = {hashlib.sha256((tmp_path / n).read_bytes()).digest() for n in ("a.h5", "b.h5")}
    assert len(digests) == 1
    model = tf_keras.models.load_model(tmp_path / "a.h5", compile=False)
    model.save(tmp_path / "a.keras")
    again = tf_keras.models.load_model(tmp_path / "a.keras", compile=False)
    scores = [m.predict(triplets[:5], verbose=0) for m in (model, again)]
    assert scores[0].shape == (5, 1)
    assert (scores[0] == scores[1]).all()


def test_the_rule_trains_on_simulated_stamps(tmp_path):
    training = jobs.train_realbogus(80, 5, 1, str(tmp_path / "m.h5"))
    assert training.trained_on + training.held_out == 80
    assert (tmp_path / "m.h5").stat().st_size > 0


def test_too_few_of_a_class_is_an_error(tmp_path):
    triplets, labels = spots(20, 1)
    with pytest.raises(ValueError, match="too few"):
        train_realbogus(triplets, np.ones_like(labels), tmp_path / "m.h5", seed=1, epochs=1)
    assert not any(tmp_path.iterdir())


def test_area_under_the_curve():
    labels = np.array([0, 0, 1, 1])
    assert area_under_roc(labels, np.array([1, 2, 3, 4])) == 1
    assert area_under_roc(labels, np.array([4, 3, 2, 1])) == 0
    assert area_under_roc(labels, np.ones(4)) == 0.5


def test_the_committed_model_tells_real_from_bogus():
    path = ROOT / "demo" / "models" / "realbogus.h5"
    assert path.stat().st_size < 300_000
    model = tf_keras.models.load_model(path, compile=False)
    *stamps, labels = training_stamps(400, 20240707, "20240707")  # another seed and night
    triplets, reasons, _ = make_triplets(*stamps)
    assert not any(reasons)
    scores = model.predict(triplets, verbose=0)[:, 0]
    assert area_under_roc(labels, scores) > 0.98


def test_the_demonstration_runs_a_conversion_of_it():
    """So it needs no TensorFlow: ``make demo LIGHT=1``."""
    models = ROOT / "demo" / "models"
    made = onnx.load(models / "realbogus.onnx")
    of = {entry.key: entry.value for entry in made.metadata_props}
    assert of["source_sha256"] == hashlib.sha256((models / "realbogus.h5").read_bytes()).hexdigest()
    assert float(of["parity"]) < 1e-5
    assert "demo/models/realbogus.onnx" in (ROOT / "demo" / "config.yaml").read_text()
