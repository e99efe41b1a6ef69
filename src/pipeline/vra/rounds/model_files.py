"""A round's model on disk: skops for scikit-learn, ONNX for everybody, and that both agree."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.vra.rounds.allowed import BOOSTED
from pipeline.vra.rounds.boosted_onnx import OPSET, TREES_OPSET, boosted_onnx
from pipeline.vra.rounds.classifiers import Matrix, probability

SKOPS, ONNX = "model.skops", "model.onnx"
AGREE = 1e-6
"""By how much a probability of ONNX may differ from scikit-learn's."""
MOST_APART = 1e-5
"""Share of the pool that may differ by more: a float32 that lies on a threshold; one alert may."""


class Parity(NamedTuple):
    """How ONNX compares with scikit-learn on the pool.

    Attributes
    ----------
    rows : int
    apart : int
        Rows that differ by more than `AGREE`.
    largest : float
        Difference of all others.
    """

    rows: int
    apart: int
    largest: float


def write_model(model: Any, folder: Path, x: Matrix) -> Parity:
    """Write a fitted classifier in both formats.

    Parameters
    ----------
    model : object
        Of `pipeline.vra.rounds.classifiers.fit`.
    folder : Path
    x : ndarray of float32, shape (n, k)
        On which both are compared.

    Raises
    ------
    ValueError
        If they do not agree.
    """
    import skops.io  # noqa: PLC0415 - closing a round alone pays for it

    skops.io.dump(model, folder / SKOPS)
    content = _onnx(model, x.shape[1]).SerializeToString()
    (folder / ONNX).write_bytes(content)
    found = parity(probability(model, x), _run(content, x))
    check_parity(found)
    return found


def check_parity(found: Parity) -> None:
    """Look whether ONNX agrees with scikit-learn.

    Raises
    ------
    ValueError
        If more rows differ than a float32 on a threshold explains.
    """
    if found.apart > max(1, MOST_APART * found.rows):
        raise ValueError(
            f"the model as ONNX differs from scikit-learn's own for {found.apart} of "
            f"{found.rows} alerts of the pool: another classifier is needed (vra.rounds.classifier)"
        )


def parity(one: NDArray[np.float64], other: NDArray[np.float64]) -> Parity:
    """Compare probabilities.

    >>> parity(np.array([0.2, 0.5]), np.array([0.2, 0.9]))
    Parity(rows=2, apart=1, largest=0.0)
    """
    differ = np.abs(one - other)
    apart = differ > AGREE
    return Parity(one.size, int(apart.sum()), float(differ[~apart].max(initial=0.0)))


def score(path: Path, x: Matrix) -> NDArray[np.float64]:
    """Return the probability of class 1 of each row by a model in ONNX, shape (n,).

    Raises
    ------
    ValueError
        If it is no such model; the message names the file.
    """
    try:
        return _run(path.read_bytes(), x)
    except (RuntimeError, ValueError, IndexError) as error:
        words = " ".join(str(error).split())
        raise ValueError(
            f"{path}: is no model of {x.shape[1]} features in ONNX: {words}"
        ) from error


def _run(content: bytes, x: Matrix) -> NDArray[np.float64]:
    import onnxruntime as ort  # noqa: PLC0415 - planning reads names alone

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        found = session.run(None, {given.name: x})[-1] if len(x) else np.zeros((0, 2))
    except Exception as error:  # ONNX Runtime's own classes have no common one but this
        raise ValueError(str(error)) from error
    return np.asarray(found[:, 1], np.float64)


def _onnx(model: Any, features: int) -> Any:
    if type(model).__name__ == BOOSTED:
        return boosted_onnx(model, features)
    from skl2onnx import to_onnx  # noqa: PLC0415
    from skl2onnx.common.data_types import FloatTensorType  # noqa: PLC0415

    return to_onnx(
        model,
        initial_types=[("features", FloatTensorType([None, features]))],
        options={id(model): {"zipmap": False}},
        target_opset={"": OPSET, "ai.onnx.ml": TREES_OPSET},
    )
