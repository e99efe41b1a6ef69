"""Networks in the files of their authors, run by TensorFlow. Slow to import: on demand only.

Keras 3 cannot read the Keras 2 files of braai and ACAI, tf_keras cannot read those of
Keras 3: the version in the file decides which one loads it.
"""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from pipeline.io.messages import first_line
from pipeline.io.regular import check_regular
from pipeline.io.stderr import stderr_to_log
from pipeline.scores.cut_short import check_saved_model
from pipeline.scores.keras_files import KerasFile, checked_copy
from pipeline.scores.network import UNTRUSTED, Network
from pipeline.scores.signature import ModelError, check_shapes, expected_shapes

_SERVING = "serving_default"

NO_TENSORFLOW = (
    "to convert it takes TensorFlow, which is not installed: pip install 'nightmill[tensorflow]', "
    "or give a converted model (.onnx)"
)


def has_tensorflow() -> bool:
    """Return whether TensorFlow is installed; it takes seconds to import."""
    return all(find_spec(name) is not None for name in ("tensorflow", "tf_keras"))


class Traced(Protocol):
    """A ``tf.function`` traced once."""

    @property
    def input_signature(self) -> Any:
        """The shapes, types and names of its inputs, as TensorFlow has them."""

    def __call__(self, *inputs: Any) -> Any:
        """Return the network's output."""


@dataclass(frozen=True)
class Original:
    """A network as TensorFlow runs it.

    Attributes
    ----------
    call : Traced
        From its inputs (float32 tensors, batch first, in the order of the configuration)
        to its output; traced for batches of any length,
        the inputs named as in the configuration.
    keras : str
        What wrote the file: "keras 2.3.0-tf", or "SavedModel".
    """

    call: Traced
    keras: str


@functools.cache
def import_tensorflow(needed_for: object) -> ModuleType:
    """Import TensorFlow, set up for scores that can be compared.

    Parameters
    ----------
    needed_for : object
        Named in the error.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with stderr_to_log():  # what it does with oneDNN, and that there is no GPU
            import tensorflow as tf  # noqa: PLC0415
            import tf_keras  # noqa: F401, PLC0415
    except ImportError as error:
        raise ImportError(f"{needed_for}: {NO_TENSORFLOW}") from error
    # On recent GPUs TensorFlow rounds to 10 bits before multiplying: scores differ by 1e-3.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    return tf


def load_original(path: str | Path, model: Network) -> Original:
    """Load a Keras .h5 or .keras file or a SavedModel folder.

    Parameters
    ----------
    path : str or Path
        The file or folder.
    model : Network
        Its configuration: what it takes, in order.

    Raises
    ------
    ModelError
        If it is no model, or takes something else than configured; if it is a Keras file
        that may run code or refers to other files (`pipeline.scores.keras_files`), or a
        SavedModel that is not configured as trusted.
    ImportError
        If TensorFlow is not installed.
    OSError
        If the file is not there or cannot be read.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such model")
    if path.is_dir() and not model.trusted:
        raise ModelError(f"{path}: {UNTRUSTED}")
    if path.is_dir():
        check_saved_model(path)
    else:
        check_regular(path)
    tf = import_tensorflow(path)
    if path.is_dir():
        return _load_saved_model(tf, path, model)
    with checked_copy(path) as file:
        network, version = _load_keras(path, file), file.version
    check_shapes(path, [tuple(i.shape) for i in network.inputs], model)

    def call(*inputs: Any) -> Any:
        return network(list(inputs) if len(inputs) > 1 else inputs[0], training=False)

    return Original(_traced(tf, call, model), f"keras {version}")


def _load_keras(path: Path, file: KerasFile) -> Any:
    import keras  # noqa: PLC0415
    import tf_keras  # noqa: PLC0415

    library = keras if file.major >= 3 else tf_keras
    try:
        return library.models.load_model(file.copy, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises what its layers met
        reason = first_line(error)
        raise ModelError(
            f"{path}: Keras {file.version} model that cannot be loaded: {reason}"
        ) from error


def _load_saved_model(tf: ModuleType, path: Path, model: Network) -> Original:
    """Load the serving signature; its inputs have names, no order: shapes tell them apart."""
    try:
        loaded = tf.saved_model.load(str(path))
        specs = loaded.signatures[_SERVING].structured_input_signature[1]
    except Exception as error:  # TensorFlow raises what its parsers met
        raise ModelError(f"{path}: not a SavedModel folder with a serving signature") from error
    ranks = [len(shape) + 1 for shape in expected_shapes(model)]
    names = [n for rank in ranks for n in specs if specs[n].shape.rank == rank]
    if len(names) < len(specs):
        names = list(specs)
    check_shapes(path, [tuple(specs[n].shape) for n in names], model)

    def call(*inputs: Any) -> Any:
        # From `loaded`, whose variables live as long as it does.
        outputs = loaded.signatures[_SERVING](**dict(zip(names, inputs, strict=True)))
        if len(outputs) != 1:
            raise ModelError(f"{path}: the model gives {len(outputs)} outputs, not one score")
        return next(iter(outputs.values()))

    return Original(_traced(tf, call, model), "SavedModel")


def _traced(tf: ModuleType, call: Callable[..., Any], model: Network) -> Traced:
    signature = [
        tf.TensorSpec((None, *shape), tf.float32, name)
        for name, shape in zip(model.inputs, expected_shapes(model), strict=True)
    ]
    return tf.function(call, input_signature=signature)
