"""ONNX files: refused where a network is not all in its file, or not all ONNX.

A tensor of an ONNX file may lie in another file, whose name it gives; an operator may be of a
domain that only somebody's library knows. Read by protobuf, which comes with ONNX Runtime
(the package onnx does not), as far as the messages with such fields go.

Source of the field numbers: onnx.proto3 of ONNX 1.16.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from pipeline.scores.signature import ModelError

DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}
"""Of the operators that ONNX itself defines."""
_EXTERNAL = 1
_ORT_FORMAT = b"ORTM"
# message → field → (number, message or scalar type); a star: repeated
_MESSAGES = {
    "Model": {"graph": (7, "Graph"), "training": (20, "*Training"), "functions": (25, "*Function")},
    "Training": {"initialization": (1, "Graph"), "algorithm": (2, "Graph")},
    "Graph": {"nodes": (1, "*Node"), "initializers": (5, "*Tensor"), "sparse": (15, "*Sparse")},
    "Function": {"nodes": (7, "*Node"), "domain": (10, "string")},
    "Node": {"op_type": (4, "string"), "attributes": (5, "*Attribute"), "domain": (7, "string")},
    "Attribute": {
        "tensor": (5, "Tensor"),
        "graph": (6, "Graph"),
        "tensors": (10, "*Tensor"),
        "graphs": (11, "*Graph"),
        "sparse": (22, "Sparse"),
        "sparses": (23, "*Sparse"),
    },
    "Sparse": {"values": (1, "Tensor"), "indices": (2, "Tensor")},
    "Tensor": {"name": (8, "bytes"), "external": (13, "*bytes"), "location": (14, "int32")},
}


def check_onnx(path: object, content: bytes) -> None:
    """Raise unless a network lies in its file as a whole and has ONNX's own operators alone.

    Parameters
    ----------
    path : str or Path
        Named in the errors.
    content : bytes
        The file.

    Raises
    ------
    ModelError
        If it is no ONNX model, refers to other files, or has operators of other domains.
    """
    model = _model_class()()
    try:
        if content[4:8] == _ORT_FORMAT:  # ONNX Runtime's own, which it would recognise
            raise DecodeError("no protobuf")
        model.ParseFromString(content)
    except DecodeError as error:
        raise ModelError(f"{path}: not an ONNX model, or damaged") from error
    domains = DOMAINS | {function.domain for function in model.functions}
    for message in _messages(model):
        kind = message.DESCRIPTOR.name
        if kind == "Tensor" and (message.location == _EXTERNAL or message.external):
            name = message.name.decode("utf-8", "replace")[:80]
            raise ModelError(
                f"{path}: tensor {name!r} lies in another file: save the model as one file"
            )
        if kind == "Node" and message.domain not in domains:
            raise ModelError(
                f"{path}: operator {message.op_type[:80]!r} is of {message.domain[:80]!r}, "
                "not one of ONNX itself"
            )


def _messages(message: Message) -> Iterator[Any]:
    """Yield a message and all that it holds."""
    waiting = [message]
    while waiting:
        message = waiting.pop()
        yield message
        for field, value in message.ListFields():
            if field.message_type is not None:
                waiting += value if field.is_repeated else [value]


@cache
def _model_class() -> type[Message]:
    scalar = {
        "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
        "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
        "int32": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
    }
    file = descriptor_pb2.FileDescriptorProto(name="nightmill_onnx.proto", package="nightmill")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            added = message.field.add(name=field, number=number, label=3 if kind[0] == "*" else 1)
            if kind.strip("*") in scalar:
                added.type = scalar[kind.strip("*")]
            else:
                added.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
                added.type_name = f".nightmill.{kind.strip('*')}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("nightmill.Model"))
