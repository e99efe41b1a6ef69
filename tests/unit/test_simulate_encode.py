"""The compiled AVRO encoder writes what fastavro writes."""

import io
from itertools import islice

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.simulate.encode import compile_encoder, varint
from pipeline.simulate.stream import packet_stream
from pipeline.simulate.ztf import packets

SCHEMA = {
    "type": "record",
    "name": "a.outer",
    "fields": [
        {"name": "number", "type": "long"},
        {"name": "some", "type": ["null", "float"]},
        {"name": "text", "type": ["null", "string"]},
        {"name": "data", "type": "bytes"},
        {
            "name": "inner",
            "type": {
                "type": "record",
                "name": "inner",
                "namespace": "a",
                "fields": [{"name": "x", "type": "double"}, {"name": "n", "type": "int"}],
            },
        },
        {"name": "more", "type": ["null", {"type": "array", "items": "a.inner"}]},
    ],
}
INNER = st.fixed_dictionaries(
    {"x": st.floats(allow_nan=False), "n": st.integers(-(2**31), 2**31 - 1)}
)
RECORDS = st.fixed_dictionaries(
    {
        "number": st.integers(-(2**63), 2**63 - 1),
        "some": st.none() | st.floats(width=32, allow_nan=False),
        "text": st.none() | st.text(),
        "data": st.binary(),
        "inner": INNER,
        "more": st.none() | st.lists(INNER, max_size=3),
    }
)


def by_fastavro(schema, record):
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(schema), record)
    return buffer.getvalue()


@given(RECORDS)
@settings(max_examples=100, deadline=None)
def test_any_record_is_encoded_as_by_fastavro(record):
    assert compile_encoder(SCHEMA)(record) == by_fastavro(SCHEMA, record)


@pytest.mark.parametrize("nullable_candid", [False, True])
def test_packets_are_encoded_as_by_fastavro(nullable_candid):
    schema = packets.schema(nullable_candid)
    for packet in islice(packet_stream(1, "20240115", defects=0.5), 15):
        if packet.defect == "no_candid" and not nullable_candid:
            continue
        encoded = packets.encode_record(packet.record, nullable_candid)
        assert encoded == by_fastavro(schema, packet.record)


@given(st.integers(-(2**63), 2**63 - 1))
@settings(max_examples=50, deadline=None)
def test_varint_is_avros(value):
    assert varint(value) == by_fastavro("long", value)


def test_an_unknown_type_is_an_error():
    with pytest.raises(ValueError, match="no encoder for the AVRO type 'decimal'"):
        compile_encoder({"type": "array", "items": "decimal"})


def test_units_are_in_the_docs_of_the_schema():
    fields = packets.schema()["fields"][4]["type"]["fields"]
    docs = {field["name"]: field["doc"] for field in fields}
    assert docs["ra"].endswith("[deg]")
    assert docs["magpsf"].endswith("[mag]")
    assert docs["jd"].endswith("[days]")
