"""Conversion of networks to ONNX, so that scoring needs no TensorFlow."""

import hashlib
import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.io.atomic import atomic_path
from pipeline.io.messages import first_line
from pipeline.scores.engines import Engine, TensorflowEngine, load_engine
from pipeline.scores.network import Network
from pipeline.scores.originals import Original
from pipeline.scores.signature import ModelError, expected_shapes

if TYPE_CHECKING:
    from onnx import ModelProto

TOLERANCE = 1e-5
"""Largest difference allowed between a score of the original and of the conversion."""
OPSET = 18
PARITY_INPUTS = 64
"""Random alerts the two are compared on, beside the extreme ones."""


class ConversionError(ModelError):
    """A network that cannot be converted, or not faithfully."""


def convert_model(source: str | Path, target: str | Path, model: Network) -> float:
    """Convert a network to ONNX and compare it with the original.

    The file written says what it was made from, by what, and how well it agrees
    (``metadata_props``). It is the same, byte for byte, from the same source and versions.

    Parameters
    ----------
    source : str or Path
        Keras .h5 or .keras file, SavedModel folder, or an .onnx file, which is checked
        and copied as it is.
    target : str or Path
        The .onnx file to write; not touched if the conversion fails.
    model : Network
        The network's configuration.

    Returns
    -------
    float
        The largest difference found between scores of the two; 0 for .onnx.

    Raises
    ------
    ConversionError
        If the conversion fails, or a score differs by more than `TOLERANCE`.
    ModelError
        If the source is no model, or takes or gives something else than configured.
    ImportError
        If TensorFlow is needed and not installed.
    OSError
        If a file cannot be read or written.
    """
    source = Path(source)
    if source.suffix == ".onnx":
        load_engine("onnxruntime", source, model)
        with atomic_path(target) as temporary:
            temporary.write_bytes(source.read_bytes())
        return 0.0
    engine = load_engine("tensorflow", source, model)
    assert isinstance(engine, TensorflowEngine)
    network = _to_onnx(source, engine.original)
    with atomic_path(target) as temporary:
        temporary.write_bytes(network.SerializeToString(deterministic=True))
        parity = _parity(source, engine, temporary, model)
        _describe(network, source, engine.original, parity)
        temporary.write_bytes(network.SerializeToString(deterministic=True))
    return parity


def _to_onnx(source: Path, original: Original) -> "ModelProto":
    import onnx  # noqa: PLC0415
    import tf2onnx  # noqa: PLC0415

    signature = original.call.input_signature
    try:
        network, _ = tf2onnx.convert.from_function(original.call, signature, opset=OPSET)
    except Exception as error:  # tf2onnx raises what it met
        raise ConversionError(
            f"{source}: cannot be converted to ONNX: {first_line(error)}"
        ) from error
    operations = {(n.op_type, n.domain) for n in network.graph.node}
    if unknown := sorted(o for o, domain in operations if not onnx.defs.has(o, domain)):
        raise ConversionError(f"{source}: ONNX has no {', '.join(unknown)}")
    _canonical(network)
    return network


def _canonical(network: "ModelProto") -> None:
    """Rename what lies inside by its place and sort what has no order.

    tf2onnx numbers its tensors in the order of Python sets, which changes from run to run.
    """
    graph = network.graph
    graph.doc_string = ""  # a number that counts the process's functions
    if any(a.HasField("g") or a.graphs for node in graph.node for a in node.attribute):
        return  # loops and branches refer to names outside of them: left as they are
    outside = {v.name for v in (*graph.input, *graph.output)}
    names: dict[str, str] = {}
    for i, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{i}"
        for place, tensors in (("in", node.input), ("out", node.output)):
            for k, tensor in enumerate(tensors):
                if tensor and tensor not in outside:
                    tensors[k] = names.setdefault(tensor, f"{node.name}/{place}{k}")
        attributes = sorted(node.attribute, key=lambda a: a.name)
        del node.attribute[:]
        node.attribute.extend(attributes)
    constants = [c for c in graph.initializer if c.name in names]
    del graph.initializer[:], graph.value_info[:]
    for constant in constants:
        constant.name = names[constant.name]
    graph.initializer.extend(sorted(constants, key=lambda c: c.name))
    for value in (*graph.input, *graph.output):
        for k, length in enumerate(value.type.tensor_type.shape.dim):
            if length.dim_param:
                length.dim_param = f"n{k}"


def _parity(source: Path, engine: Engine, converted: Path, model: Network) -> float:
    """Return the largest difference between scores of original and conversion."""
    inputs = parity_inputs(model)
    expected = engine.predict(inputs)
    try:
        found = load_engine("onnxruntime", converted, model).predict(inputs)
    except ModelError as error:
        raise ConversionError(f"{source}: ONNX Runtime cannot use its conversion") from error
    if not np.array_equal(np.isfinite(expected), np.isfinite(found)):
        raise ConversionError(f"{source}: the conversion gives NaN where the original does not")
    parity = float(np.nanmax(np.abs(expected - found), initial=0.0))
    if not parity <= TOLERANCE:
        raise ConversionError(f"{source}: scores of the conversion differ by {parity:.1e}")
    return parity


def parity_inputs(model: Network) -> list[np.ndarray]:
    """Return inputs to compare on: random ones from a fixed seed, and extreme ones.

    Triplets are noise with or without a star, of unit norm; then empty, flat, a single
    pixel, and padding. Features run over the scales they have in alerts; then all zero,
    all one, and the −999 that stands for "no such star".
    """
    rng = np.random.default_rng(20180201)
    made = []
    extreme: list[np.ndarray]
    for shape in expected_shapes(model):
        if len(shape) == 1:
            scales = 10.0 ** rng.uniform(-2, 2, shape)
            random = rng.normal(size=(PARITY_INPUTS, *shape)) * scales
            extreme = [np.full(shape, value) for value in (0.0, 1.0, -999.0, 100.0)]
        else:
            random = rng.normal(size=(PARITY_INPUTS, *shape))
            middle = shape[0] // 2
            random[::2, middle - 1 : middle + 2, middle - 1 : middle + 2] += 30
            random /= np.linalg.norm(random, axis=(1, 2), keepdims=True)
            pixel = np.zeros(shape)
            pixel[middle, middle] = 1
            extreme = [np.zeros(shape), np.full(shape, 1 / shape[0]), pixel, np.full(shape, 1e-9)]
        made.append(np.concatenate([random, extreme]).astype(np.float32))
    return made


def _describe(network: "ModelProto", source: Path, original: Original, parity: float) -> None:
    packages = ("tensorflow", "tf2onnx", "onnx", "onnxruntime")
    facts = {
        "source_sha256": model_hash(source),
        "source_format": original.keras,
        "parity": f"{parity:.2e}",
    }
    for package in packages:
        facts[package] = _version(package)
    for key, value in facts.items():
        network.metadata_props.add(key=key, value=value)


def _version(package: str) -> str:
    for name in (package, f"{package}-cpu"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "unknown"


def model_hash(source: str | Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents of a folder's files."""
    source = Path(source)
    if source.is_file():
        return hashlib.sha256(source.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(source)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
