"""Tiny networks in ONNX, for tests that need an engine but no science."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper


def write_network(path: Path, inputs: dict[str, list], nodes: list[tuple], type_: int = 1) -> Path:
    """Write a network of nodes (operator, inputs, output, attributes); its output is "score"."""
    graph = helper.make_graph(
        [helper.make_node(op, ins, [out], **more) for op, ins, out, more in nodes],
        "test",
        [helper.make_tensor_value_info(n, type_, ["batch", *shape]) for n, shape in inputs.items()],
        [helper.make_tensor_value_info("score", type_, None)],
        [helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3])],
    )
    opsets = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def of_triplet(path: Path) -> Path:
    """Write a network that gives the largest pixel."""
    node = ("ReduceMax", ["triplet", "axes"], "score", {"keepdims": 0})
    return write_network(path, {"triplet": [63, 63, 3]}, [node])


def of_feature(path: Path, operator: str = "Identity") -> Path:
    """Write a network that gives its only feature, or a function of it."""
    return write_network(path, {"features": [1]}, [(operator, ["features"], "score", {})])


def of_both(path: Path) -> Path:
    """Write a network that gives its only feature plus the largest pixel."""
    nodes = [
        ("ReduceMax", ["triplet", "axes"], "largest", {"keepdims": 0}),
        ("Flatten", ["largest"], "column", {"axis": 1}),
        ("Add", ["features", "column"], "score", {}),
    ]
    return write_network(path, {"features": [1], "triplet": [63, 63, 3]}, nodes)
