"""The messages of an ONNX file, described for protobuf as far as a check needs them.

Every field with a length is listed, so that one that is not listed may be refused: whatever
is in it, nobody looked at it. What can hold no tensor and no operator is opaque bytes.

Source of the field numbers: onnx.proto3 of ONNX 1.23.
"""

from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

_OPAQUE = "*bytes"
# message → field → (number, message or scalar type); a star: repeated
MESSAGES = {
    "Model": {
        "graph": (7, "Graph"),
        "training": (20, "*Training"),
        "functions": (25, "*Function"),
        "producer_name": (2, _OPAQUE),
        "producer_version": (3, _OPAQUE),
        "model_domain": (4, _OPAQUE),
        "doc_string": (6, _OPAQUE),
        "opset_import": (8, _OPAQUE),
        "metadata_props": (14, _OPAQUE),
        "configuration": (26, _OPAQUE),
    },
    "Training": {
        "initialization": (1, "Graph"),
        "algorithm": (2, "Graph"),
        "initialization_binding": (3, _OPAQUE),
        "update_binding": (4, _OPAQUE),
    },
    "Graph": {
        "nodes": (1, "*Node"),
        "initializers": (5, "*Tensor"),
        "sparse": (15, "*Sparse"),
        "name": (2, _OPAQUE),
        "doc_string": (10, _OPAQUE),
        "input": (11, _OPAQUE),
        "output": (12, _OPAQUE),
        "value_info": (13, _OPAQUE),
        "quantization_annotation": (14, _OPAQUE),
        "metadata_props": (16, _OPAQUE),
    },
    "Function": {
        "nodes": (7, "*Node"),
        "attributes": (11, "*Attribute"),
        "name": (1, "string"),
        "domain": (10, "string"),
        "overload": (13, "string"),
        "input": (4, _OPAQUE),
        "output": (5, _OPAQUE),
        "attribute_names": (6, _OPAQUE),
        "doc_string": (8, _OPAQUE),
        "opset_import": (9, _OPAQUE),
        "value_info": (12, _OPAQUE),
        "metadata_props": (14, _OPAQUE),
    },
    "Node": {
        "attributes": (5, "*Attribute"),
        "op_type": (4, "string"),
        "domain": (7, "string"),
        "overload": (8, "string"),
        "input": (1, _OPAQUE),
        "output": (2, _OPAQUE),
        "name": (3, _OPAQUE),
        "doc_string": (6, _OPAQUE),
        "metadata_props": (9, _OPAQUE),
        "device_configurations": (10, _OPAQUE),
    },
    "Attribute": {
        "tensor": (5, "Tensor"),
        "graph": (6, "Graph"),
        "tensors": (10, "*Tensor"),
        "graphs": (11, "*Graph"),
        "sparse": (22, "Sparse"),
        "sparses": (23, "*Sparse"),
        "name": (1, _OPAQUE),
        "s": (4, _OPAQUE),
        "floats": (7, _OPAQUE),
        "ints": (8, _OPAQUE),
        "strings": (9, _OPAQUE),
        "doc_string": (13, _OPAQUE),
        "tp": (14, _OPAQUE),
        "type_protos": (15, _OPAQUE),
        "ref_attr_name": (21, _OPAQUE),
    },
    "Sparse": {"values": (1, "Tensor"), "indices": (2, "Tensor"), "dims": (3, _OPAQUE)},
    "Tensor": {
        "name": (8, "bytes"),
        "external": (13, "*bytes"),
        "location": (14, "int32"),
        "dims": (1, _OPAQUE),
        "segment": (3, _OPAQUE),
        "float_data": (4, _OPAQUE),
        "int32_data": (5, _OPAQUE),
        "string_data": (6, _OPAQUE),
        "int64_data": (7, _OPAQUE),
        "raw_data": (9, _OPAQUE),
        "double_data": (10, _OPAQUE),
        "uint64_data": (11, _OPAQUE),
        "doc_string": (12, _OPAQUE),
        "metadata_props": (16, _OPAQUE),
    },
}
_SCALARS = {
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
    "int32": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
}


@cache
def model_class() -> type[Message]:
    """Return the class of a whole model."""
    file = descriptor_pb2.FileDescriptorProto(name="nightmill_onnx.proto", package="nightmill")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            added = message.field.add(name=field, number=number, label=3 if kind[0] == "*" else 1)
            if kind.strip("*") in _SCALARS:
                added.type = _SCALARS[kind.strip("*")]
            else:
                added.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
                added.type_name = f".nightmill.{kind.strip('*')}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("nightmill.Model"))
