"""Engines: one way to call a network, whatever runs it."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import onnxruntime as ort

from pipeline.io.regular import check_regular
from pipeline.scores.network import Network
from pipeline.scores.onnx_file import check_onnx
from pipeline.scores.originals import import_tensorflow, load_original
from pipeline.scores.signature import ModelError, check_shapes, expected_shapes

ONNX_BATCH = 8
"""Alerts in a call of ONNX Runtime, always: what lies between the layers stays in the cache."""
SESSIONS = 16
"""Networks that a process keeps for its next shard, by their content: a session of one takes it
2 ms to make, as much as to score four alerts, and some MB."""
TENSORFLOW_BATCH = 128
"""Alerts in a call of TensorFlow: its overhead of some 0.5 ms is paid once a call."""

EngineKind = Literal["onnxruntime", "tensorflow"]


class Engine(Protocol):
    """What `load_engine` returns."""

    def call(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the scores of some alerts by one call of the network; see `predict`."""

    def predict(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the scores of N alerts.

        Parameters
        ----------
        inputs : sequence of numpy.ndarray, float32, shapes (N, …)
            In the order of the model's configuration.

        Returns
        -------
        numpy.ndarray, float64, shape (N,)

        Raises
        ------
        ModelError
            If the network does not give one number an alert.
        """


def load_engine(kind: EngineKind, path: str | Path, model: Network) -> Engine:
    """Load a network and check it against its configuration.

    Parameters
    ----------
    kind : {"onnxruntime", "tensorflow"}
        ONNX Runtime takes what `pipeline.scores.convert` wrote, TensorFlow the originals.
    path : str or Path
        The file, or the folder of a SavedModel.
    model : Network
        Its configuration.

    Raises
    ------
    ModelError
        If the file is no such model, or takes or gives something else than configured.
    ImportError
        If TensorFlow is needed and not installed.
    OSError
        If the file is not there or cannot be read.
    """
    engines: dict[str, Callable[[str | Path, Network], Engine]] = {
        "onnxruntime": OnnxEngine,
        "tensorflow": TensorflowEngine,
    }
    engine = engines[kind](path, model)
    engine.call([np.zeros((1, *shape), np.float32) for shape in expected_shapes(model)])
    return engine


class OnnxEngine:
    """ONNX Runtime on one thread, `ONNX_BATCH` alerts at a time.

    Six models of an alert take 0.54 ms one by one, 0.47 by eight, 0.60 by 32. The last batch is
    filled up with zeros: matrices of another height may be summed in another order, and so a
    score does not depend on its neighbours, nor on how a night was cut, by a single bit.
    """

    def __init__(self, path: str | Path, model: Network) -> None:
        self.path = Path(path)
        check_regular(self.path)
        content = self.path.read_bytes()
        check_onnx(path, content)
        try:
            self.session = _session(content)
            inputs = self.session.get_inputs()
            shapes, names = [i.shape for i in inputs], [i.name for i in inputs]  # may be no UTF-8
        except Exception as error:  # its exceptions have no common public class
            raise ModelError(f"{path}: not an ONNX model that ONNX Runtime can load") from error
        check_shapes(path, shapes, model)
        if wrong := {i.type for i in inputs} - {"tensor(float)"}:
            raise ModelError(f"{path}: inputs must be float32, not {', '.join(sorted(wrong))}")
        self.names = names

    def call(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """See `Engine`."""
        try:
            outputs = self.session.run(None, dict(zip(self.names, inputs, strict=True)))
        except Exception as error:  # its exceptions have no common public class
            raise ModelError(f"{self.path}: ONNX Runtime cannot run it") from error
        return _one_each(outputs, len(inputs[0]), self.path)

    def predict(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """See `Engine`."""
        count = len(inputs[0])
        scores = np.empty(count)
        for start in range(0, count, ONNX_BATCH):
            batch = slice(start, start + ONNX_BATCH)
            scores[batch] = self.call([_filled_up(x[batch]) for x in inputs])[: count - start]
        return scores


@lru_cache(SESSIONS)
def _session(content: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    # Shards run in parallel, one process a core: threads would only disturb them.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Given bytes, it would take them for a format of its own if they look like it.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class TensorflowEngine:
    """TensorFlow on a CPU or, where it sees one, a GPU.

    A score changes by up to 1e-6 with what else is in its batch.
    """

    def __init__(self, path: str | Path, model: Network) -> None:
        self.path = Path(path)
        self.tensorflow = import_tensorflow(path)
        self.original = load_original(path, model)

    def call(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """See `Engine`."""
        tensors = [self.tensorflow.constant(x) for x in inputs]
        outputs = self.tensorflow.nest.flatten(self.original.call(*tensors))
        return _one_each([o.numpy() for o in outputs], len(inputs[0]), self.path)

    def predict(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """See `Engine`."""
        starts = range(0, len(inputs[0]), TENSORFLOW_BATCH)
        batches = [self.call([x[i : i + TENSORFLOW_BATCH] for x in inputs]) for i in starts]
        return np.concatenate([np.empty(0), *batches])


def _filled_up(batch: np.ndarray) -> np.ndarray:
    """Return a batch of `ONNX_BATCH` alerts, those that are missing as zeros."""
    if len(batch) == ONNX_BATCH:
        return batch
    whole = np.zeros((ONNX_BATCH, *batch.shape[1:]), batch.dtype)
    whole[: len(batch)] = batch
    return whole


def _one_each(outputs: list[np.ndarray], count: int, path: Path) -> np.ndarray:
    """Return the scores if there is one for each of `count` alerts."""
    if len(outputs) != 1 or np.size(outputs[0]) != count:
        shapes = ", ".join(str(np.shape(o)) for o in outputs)
        raise ModelError(f"{path}: the model gives {shapes} for {count} alerts, not one score each")
    return np.reshape(outputs[0], count)
