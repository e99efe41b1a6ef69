"""Train the demonstration's real/bogus model on simulated stamps.

It shows how a model is made and used; for real alerts there are better ones.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from pipeline.io.atomic import atomic_path

HELD_OUT = 0.2
BATCH = 64

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Training:
    """What came out of a training."""

    trained_on: int
    held_out: int
    auc: float  # of the held-out part


def train_realbogus(
    triplets: np.ndarray, labels: np.ndarray, output: Path, *, seed: int, epochs: int
) -> Training:
    """Train a small convolutional network and write it as Keras 2 HDF5.

    Parameters
    ----------
    triplets : ndarray of float32, shape (n, 63, 63, 3)
        Science, template and difference, normalised as for any other model; in the order
        of the stream, so that no object is in both parts. All-NaN rows are left out.
    labels : ndarray of float, shape (n,)
        1 for real, 0 for bogus.
    output : Path
        The .h5 file.
    seed : int
        Of initial weights, order and augmentation: the same seed gives the same weights
        on the same machine and version of TensorFlow.
    epochs : int
        Passes over the data.

    Returns
    -------
    Training
        With the area under the ROC curve of the last fifth, which it was not trained on.

    Raises
    ------
    ValueError
        If one of the parts has real or bogus alerts only.
    """
    import tensorflow as tf  # noqa: PLC0415 - slow, and absent where nothing is trained
    import tf_keras  # noqa: PLC0415

    usable = np.flatnonzero(np.isfinite(triplets[:, 0, 0]).all(axis=1))
    labels = np.asarray(labels, np.float32)
    train, test = np.split(usable, [int(len(usable) * (1 - HELD_OUT))])
    for part in (train, test):
        if len(np.unique(labels[part])) < 2:
            raise ValueError(f"{len(usable)} triplets are too few: a part has one class only")

    tf_keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    model = _network(tf_keras)
    batches = -(-len(train) // BATCH)
    rate = tf_keras.optimizers.schedules.CosineDecay(2e-3, epochs * batches)
    model.compile(tf_keras.optimizers.Adam(rate), loss="binary_crossentropy")
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        losses = [
            model.train_on_batch(_turn(triplets[batch], rng), labels[batch])
            for batch in np.array_split(rng.permutation(train), batches)
        ]
        logger.info("epoch %d of %d: loss %.4f", epoch + 1, epochs, np.mean(losses))
    scores = model.predict(triplets[test], batch_size=256, verbose=0)[:, 0]
    with atomic_path(output) as path:
        model.save(path, save_format="h5", include_optimizer=False)
    return Training(len(train), len(test), area_under_roc(labels[test], scores))


def area_under_roc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the chance that a real alert scores higher than a bogus one.

    From the sum of ranks (Hanley & McNeil 1982, Radiology 143, 29); ties count half.

    >>> area_under_roc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    real = np.asarray(labels) > 0.5
    n, m = real.sum(), (~real).sum()
    return float((rankdata(scores)[real].sum() - n * (n + 1) / 2) / (n * m))


def _network(keras: Any) -> Any:
    # Names of our own: those that Keras makes up count the models of the process.
    layers = keras.layers
    stack: list[Any] = [
        keras.Input((63, 63, 3), name="triplet"),
        # Normalised pixels vary by 1e-4 only: a slow average would not forget its start, 1.
        layers.BatchNormalization(momentum=0.9, name="scale"),
    ]
    for i, (filters, side) in enumerate(((8, 5), (16, 3), (32, 3)), 1):
        stack += [
            layers.Conv2D(filters, side, activation="relu", name=f"convolution_{i}"),
            layers.MaxPooling2D(name=f"pool_{i}"),
        ]
    stack += [
        layers.Flatten(name="flat"),
        layers.Dropout(0.3, name="dropout"),
        layers.Dense(24, activation="relu", name="dense"),
        layers.Dense(1, activation="sigmoid", name="realbogus"),
    ]
    return keras.Sequential(stack, name="realbogus_network")


def _turn(triplets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return all images turned by right angles and mirrored at random: the sky has no up."""
    turned = np.empty_like(triplets)
    turn, mirror = rng.integers(4, size=len(triplets)), rng.random(len(triplets)) < 0.5
    for k in range(4):
        for flip in (False, True):
            chosen = (turn == k) & (mirror == flip)
            image = np.rot90(triplets[chosen], k, axes=(1, 2))
            turned[chosen] = image[:, ::-1] if flip else image
    return turned
