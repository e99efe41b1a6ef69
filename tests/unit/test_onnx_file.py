"""ONNX files of a stranger: data in other files, foreign operators, damage."""

import struct
from pathlib import Path

import pytest

pytest.importorskip("onnx")

import onnx
from networks import of_feature, of_triplet
from onnx import TensorProto, helper

from pipeline.scores.domain import Model
from pipeline.scores.engines import load_engine
from pipeline.scores.signature import ModelError

TRIPLET = Model(version="1", path="m")


def refused(path: Path, message: str) -> None:
    with pytest.raises(ModelError, match=f"{path}: {message}") as caught:
        load_engine("onnxruntime", path, TRIPLET)
    assert "\n" not in str(caught.value)


def external_tensor(path: Path, name: str = "secret.bin") -> TensorProto:
    tensor = helper.make_tensor("weights", TensorProto.FLOAT, [4], [0.0] * 4)
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=name)
    return tensor


def test_onnx_with_data_in_another_file(tmp_path, monkeypatch):
    """ONNX Runtime would take the file from the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("secret.bin").write_bytes(struct.pack("4f", 1, 2, 3, 4))
    message = "tensor 'weights' lies in another file: save the model as one file"
    for place in ("initializer", "constant", "branch", "function"):
        model = onnx.load(of_triplet(tmp_path / "m.onnx"))
        tensor = external_tensor(tmp_path)
        constant = helper.make_node("Constant", [], ["c"], value=tensor)
        if place == "initializer":
            model.graph.initializer.append(tensor)
        elif place == "constant":
            model.graph.node.append(constant)
        elif place == "branch":
            branch = helper.make_graph([constant], "b", [], [])
            model.graph.node.append(helper.make_node("If", ["x"], ["y"], then_branch=branch))
        else:
            opsets = [helper.make_opsetid("", 18)]
            model.functions.append(helper.make_function("own", "f", [], ["c"], [constant], opsets))
        path = tmp_path / f"{place}.onnx"
        path.write_bytes(model.SerializeToString())
        refused(path, message)


def test_onnx_with_operators_of_somebodys_library(tmp_path):
    model = onnx.load(of_triplet(tmp_path / "m.onnx"))
    model.graph.node[0].domain = "com.example"
    path = tmp_path / "other.onnx"
    path.write_bytes(model.SerializeToString())
    refused(path, "operator 'ReduceMax' is of 'com.example', not one of ONNX itself")


def test_onnx_runtimes_own_format_and_damage(tmp_path):
    content = of_triplet(tmp_path / "m.onnx").read_bytes()
    path = tmp_path / "bad.onnx"
    for damaged in (content[:4] + b"ORTM" + content[8:], content[:-9], b"\xff" * 50):
        path.write_bytes(damaged)
        refused(path, "not an ONNX model")
    for size in range(0, len(content), 7):
        path.write_bytes(content[:size])
        refused(path, "")


def test_onnx_that_is_all_there_loads(tmp_path):
    load_engine("onnxruntime", of_triplet(tmp_path / "t.onnx"), TRIPLET)
    one = Model(version="1", path="m", inputs=["features"], features=["magpsf"])
    load_engine("onnxruntime", of_feature(tmp_path / "f.onnx"), one)
