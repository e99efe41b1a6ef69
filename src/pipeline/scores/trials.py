"""What `nightmill check` looks at in ``models``: whether each file is a network that can be run."""

from functools import partial
from pathlib import Path

from pipeline.contract.address import is_to_come, written
from pipeline.contract.request import Request
from pipeline.contract.trial import Trials, tried
from pipeline.scores.cut_short import check_saved_model, check_whole
from pipeline.scores.domain import MODEL, Model
from pipeline.scores.engines import load_engine
from pipeline.scores.keras_files import checked_copy
from pipeline.scores.originals import NO_TENSORFLOW, has_tensorflow


def trials(request: Request) -> Trials:
    """Yield what is found of each model."""
    for name, model in request.config.models.items():
        if not is_to_come(model.path):
            where = f"models.{name}: {written(model.path)}"
            yield tried(where, partial(_look, name, model, request.config.engine))


def _look(name: str, model: Model, engine: str) -> str:
    path = Path(model.path)
    if not path.exists():
        raise FileNotFoundError("not there")
    if path.is_file():
        check_whole(path, path.read_bytes())
    if (path.suffix != ".onnx" or engine == "tensorflow") and not has_tensorflow():
        converted = Path(MODEL.format(model=name))
        if engine == "tensorflow" or not _newer(converted, path):
            raise ImportError(NO_TENSORFLOW)
        return f"converted already: {converted}"
    if path.is_dir():
        check_saved_model(path)
        return "a SavedModel"  # nothing of it is run before it is converted
    if path.suffix == ".onnx":
        load_engine("onnxruntime", path, model.network)
        return "an ONNX model that takes what is configured"
    with checked_copy(path) as file:
        return f"a network of Keras {file.version}"


def _newer(converted: Path, path: Path) -> bool:
    return converted.exists() and converted.stat().st_mtime >= path.stat().st_mtime
