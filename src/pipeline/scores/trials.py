"""What `nightmill check` looks at in ``models``: whether each file is a network that can be run."""

from functools import partial
from pathlib import Path

from pipeline.contract.request import Request
from pipeline.contract.trial import Trials, tried
from pipeline.scores.domain import Model
from pipeline.scores.engines import load_engine
from pipeline.scores.keras_files import checked_copy


def trials(request: Request) -> Trials:
    """Yield what is found of each model."""
    for name, model in request.config.models.items():
        where = f"models.{name}: {model.path}"
        yield tried(where, partial(_look, model))


def _look(model: Model) -> str:
    path = Path(model.path)
    if not path.exists():
        raise FileNotFoundError("not there")
    if path.is_dir():
        return "a SavedModel"  # nothing of it is run before it is converted
    if path.suffix == ".onnx":
        load_engine("onnxruntime", path, model.network)
        return "an ONNX model that takes what is configured"
    with checked_copy(path) as file:
        return f"a network of Keras {file.version}"
