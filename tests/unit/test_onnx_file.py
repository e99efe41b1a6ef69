"""ONNX files of a stranger: data in other files, foreign operators, damage."""

import struct
from pathlib import Path

import pytest

pytest.importorskip("onnx")

import numpy as np
import onnx
from networks import of_feature, of_triplet
from onnx import TensorProto, helper

from pipeline.scores.domain import Model
from pipeline.scores.engines import load_engine
from pipeline.scores.onnx_messages import MESSAGES
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
        refused(path, "not an ONNX model|is cut short")
    for size in range(0, len(content), 7):
        path.write_bytes(content[:size])
        refused(path, "")


def test_onnx_that_is_all_there_loads(tmp_path):
    load_engine("onnxruntime", of_triplet(tmp_path / "t.onnx"), TRIPLET)
    one = Model(version="1", path="m", inputs=["features"], features=["magpsf"])
    load_engine("onnxruntime", of_feature(tmp_path / "f.onnx"), one)


def with_function(tmp_path: Path, domain: str, name: str, call: str) -> Path:
    """Write a network whose only node is `call` of a domain that defines a function `name`."""
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(domain, 1)]
    body = [helper.make_node("Identity", ["a"], ["b"])]
    function = helper.make_function(domain, name, ["a"], ["b"], body, opsets[:1])
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph([helper.make_node(call, ["x"], ["y"], domain=domain)], "g", [x], [y])
    model = helper.make_model(graph, opset_imports=opsets, functions=[function], ir_version=9)
    path = tmp_path / "function.onnx"
    path.write_bytes(model.SerializeToString())
    return path


ONE = Model(version="1", path="m", inputs=["features"], features=["magpsf"])


def test_onnx_whose_operator_is_a_function_of_its_own(tmp_path):
    engine = load_engine("onnxruntime", with_function(tmp_path, "own", "F", "F"), ONE)
    assert engine.predict([np.array([[0.25]], np.float32)]) == [0.25]
    refused(with_function(tmp_path, "own", "F", "G"), "operator 'G' is of 'own', not one of ONNX")


@pytest.mark.parametrize(
    "domain",
    ["com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc", "ai.onnx.preview.training"],
)
@pytest.mark.parametrize("name", ["Foo", "Gelu"])
def test_onnx_that_opens_a_domain_of_the_runtime(tmp_path, domain, name):
    """A function that nobody calls does not allow what the runtime has under its domain."""
    path = with_function(tmp_path, domain, name, "Gelu")
    refused(path, f"function '{name}' is of '{domain}', whose operators are ONNX Runtime's own")


def test_onnx_with_another_file_in_a_functions_default(tmp_path, monkeypatch):
    """attribute_proto of a FunctionProto, of which ONNX Runtime takes the tensor."""
    monkeypatch.chdir(tmp_path)
    Path("secret.bin").write_bytes(struct.pack("4f", 1, 2, 3, 4))
    path = with_function(tmp_path, "own", "F", "F")
    model = onnx.load(path)
    default = model.functions[0].attribute_proto.add(name="v", type=onnx.AttributeProto.TENSOR)
    default.t.CopyFrom(external_tensor(tmp_path))
    path.write_bytes(model.SerializeToString())
    refused(path, "tensor 'weights' lies in another file")


def test_onnx_with_a_field_that_onnx_does_not_define(tmp_path):
    content = of_triplet(tmp_path / "m.onnx").read_bytes()
    path = tmp_path / "later.onnx"
    number = 99
    key = number << 3
    length, group = bytes([key & 127 | 128 | 2, key >> 7]), bytes([key & 127 | 128 | 3, key >> 7])
    end = bytes([key & 127 | 128 | 4, key >> 7])
    for more in (length + b"\x03abc", group + end):
        path.write_bytes(content + more)
        refused(path, "field 99 of Model is not one of ONNX 1.23")


def test_every_field_of_onnx_is_known():
    """Those with a length, by the descriptors of the package onnx; messages are not opaque
    where a tensor or an operator may be in them."""
    ours = {"TrainingInfo": "Training", "SparseTensor": "Sparse"}
    theirs = onnx.onnx_ml_pb2.DESCRIPTOR.message_types_by_name
    names = {n: ours.get(n.removesuffix("Proto"), n.removesuffix("Proto")) for n in theirs}
    seen, waiting = set(), ["ModelProto"]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        known = {number: kind.strip("*") for number, kind in MESSAGES[names[name]].values()}
        for field in theirs[name].fields:
            has_length = field.is_repeated or field.message_type or field.type in (9, 12)
            if not has_length:
                continue
            assert field.number in known, (name, field.name)
            if known[field.number] in MESSAGES:
                assert names[field.message_type.name] == known[field.number]
                waiting.append(field.message_type.name)
            elif field.message_type is not None and field.message_type.name in theirs:
                assert not holds_tensors(field.message_type), (name, field.name)
    assert {names[n] for n in seen} == set(MESSAGES)


def holds_tensors(message) -> bool:
    waiting, seen = [message], set()
    while waiting:
        if (message := waiting.pop()).full_name in seen:
            continue
        seen.add(message.full_name)
        waiting += [f.message_type for f in message.fields if f.message_type]
    return bool(seen & {"onnx.TensorProto", "onnx.NodeProto"})
