"""ONNX files: refused where a network is not all in its file, or not all ONNX.

A tensor of an ONNX file may lie in another file, whose name it gives; an operator may be of a
domain that only somebody's library knows. Read by protobuf, which comes with ONNX Runtime
(the package onnx does not), as far as the messages with such fields go.
"""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from pipeline.scores.cut_short import check_whole
from pipeline.scores.onnx_messages import model_class
from pipeline.scores.signature import ModelError

DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}
"""Of the operators that ONNX itself defines."""
RUNTIMES_OWN = ("com.microsoft", "com.ms", "ai.onnx.", "org.pytorch")
"""How the other domains begin that ONNX Runtime 1.2x has operators in: a file defines none."""
_EXTERNAL = 1
_ORT_FORMAT = b"ORTM"
# Types of a field in protobuf's encoding that has a length or an end, and so room for messages.
_LENGTH, _GROUP = 2, 3


def check_onnx(path: object, content: bytes) -> None:
    """Raise unless a network lies in its file as a whole and has ONNX's own operators alone.

    Operators that are functions defined in the file itself are looked at as such, in domains
    that are not ONNX Runtime's own.

    Parameters
    ----------
    path : str or Path
        Named in the errors.
    content : bytes
        The file.

    Raises
    ------
    ModelError
        If it is no ONNX model, refers to other files, has operators of other domains, or
        fields that ONNX does not define and so nobody looked at.
    """
    check_whole(path, content)
    model: Any = model_class()()  # made at run time: no type checker knows its fields
    try:
        if content[4:8] == _ORT_FORMAT:  # ONNX Runtime's own, which it would recognise
            raise DecodeError("no protobuf")
        model.ParseFromString(content)
    except DecodeError as error:
        raise ModelError(f"{path}: not an ONNX model, or damaged") from error
    defined = {(f.domain, f.name, f.overload) for f in model.functions}
    for domain, name, _ in sorted(defined):
        if domain not in DOMAINS and domain.startswith(RUNTIMES_OWN):
            raise ModelError(
                f"{path}: function {name[:80]!r} is of {domain[:80]!r}, "
                "whose operators are ONNX Runtime's own"
            )
    for message in _messages(model):
        kind = message.DESCRIPTOR.name
        # The stub of protobuf lacks its iterator.
        for field in UnknownFieldSet(message):  # type: ignore[attr-defined]
            if field.wire_type in (_LENGTH, _GROUP):
                raise ModelError(
                    f"{path}: field {field.field_number} of {kind} is not one of ONNX 1.23: "
                    "what it holds is not known"
                )
        if kind == "Tensor" and (message.location == _EXTERNAL or message.external):
            name = message.name.decode("utf-8", "replace")[:80]
            raise ModelError(
                f"{path}: tensor {name!r} lies in another file: save the model as one file"
            )
        if kind == "Node" and message.domain not in DOMAINS:
            if (message.domain, message.op_type, message.overload) in defined:
                continue
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
