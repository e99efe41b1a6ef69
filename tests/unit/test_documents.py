"""Whole packets as documents, against fastavro."""

import copy
import io
import json
import math

import fastavro
import numpy as np
import packets
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from nights import ZTF, build_index, write_folder
from packets import container, packet

from pipeline.alerts.batch import Shard
from pipeline.io.arrow_records import ArrowRecords
from pipeline.io.avro import parse_schema
from pipeline.io.avro_program import compile_schema
from pipeline.io.nested import nested
from pipeline.io.records import decode

POINT = {
    "type": "record",
    "name": "point",
    "fields": [
        {"name": "x", "type": ["null", "float"]},
        {"name": "tags", "type": ["null", {"type": "array", "items": "string"}]},
    ],
}
KIND = {"type": "enum", "name": "kind", "symbols": ["A", "B"]}
TIME = {"type": "long", "logicalType": "timestamp-micros"}
SCHEMA = {
    "type": "record",
    "name": "thing",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "flag", "type": ["null", "boolean"]},
        {"name": "kind", "type": KIND},
        {"name": "number", "type": ["null", "int", "double"]},
        {"name": "point", "type": ["null", POINT]},
        {"name": "points", "type": [{"type": "array", "items": "point"}, "null"]},
        {"name": "grid", "type": {"type": "array", "items": {"type": "array", "items": "int"}}},
        {"name": "unlike", "type": ["null", "int", "string"]},
        {"name": "words", "type": {"type": "map", "values": "string"}},
        {"name": "raw", "type": "bytes"},
        {"name": "time", "type": ["null", TIME]},
        {"name": "timed", "type": ["null", "double", TIME]},
        {"name": "times", "type": {"type": "array", "items": TIME}},
        {"name": "last", "type": "string"},
    ],
}
PARSED = fastavro.parse_schema(SCHEMA)
FLOATS = st.floats(width=32)
INT = st.integers(-(2**31), 2**31 - 1)
POINTS = st.fixed_dictionaries(
    {"x": st.none() | FLOATS, "tags": st.none() | st.lists(st.text(max_size=3), max_size=3)}
)
THINGS = st.fixed_dictionaries(
    {
        "id": st.integers(-(2**63), 2**63 - 1),
        "flag": st.none() | st.booleans(),
        "kind": st.sampled_from("AB"),
        "number": st.none() | INT | st.floats(),
        "point": st.none() | POINTS,
        "points": st.none() | st.lists(POINTS, max_size=4),
        "grid": st.lists(st.lists(INT, max_size=3), max_size=3),
        "unlike": st.none() | INT | st.text(max_size=2),
        "words": st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=2),
        "raw": st.binary(max_size=3),
        "time": st.none() | INT,
        "timed": st.none() | st.floats(),
        "times": st.lists(INT, max_size=2),
        "last": st.text(max_size=4),
    }
)
LEFT_OUT = ["raw", "time", "timed", "times", "unlike", "words"]


def records_of(things):
    stream, stops = io.BytesIO(), []
    for thing in things:
        fastavro.schemaless_writer(stream, PARSED, thing)
        stops.append(stream.tell())
    program = compile_schema(parse_schema(json.dumps(SCHEMA).encode()))
    data = np.frombuffer(stream.getvalue(), dtype=np.uint8)
    found, status = decode(program, data, [0, *stops[:-1]], stops)
    assert not status.any()
    return found, stream.getvalue(), stops


def read_by_fastavro(content, stops):
    stream = io.BytesIO(content)
    things = [fastavro.schemaless_reader(stream, PARSED, None) for _ in stops]
    for thing in things:
        for name in LEFT_OUT:
            del thing[name]
    return things


def same(ours, theirs, in_list=False):
    """Whether values are equal: NaN is NaN, but null in a list's items."""
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[k], theirs[k], in_list) for k in ours)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(
            same(a, b, True) for a, b in zip(ours, theirs, strict=True)
        )
    if isinstance(theirs, float) and math.isnan(theirs):
        return ours is None if in_list else math.isnan(ours)
    return ours == theirs


@settings(max_examples=60, deadline=None)
@given(st.lists(THINGS, min_size=1, max_size=5))
def test_records_hold_what_fastavro_reads(things):
    records, content, stops = records_of(things)
    made = nested(records)
    assert sorted(made.left_out) == LEFT_OUT
    made.array.validate(full=True)
    for ours, theirs in zip(made.array.to_pylist(), read_by_fastavro(content, stops), strict=True):
        assert same(ours, theirs), (ours, theirs)


def test_few_types():
    records, _, _ = records_of([packet_like(1)])
    types = {field.name: field for field in nested(records).array.type}

    def some(name, type_):
        return pa.field(name, type_)

    def always(name, type_):
        return pa.field(name, type_, nullable=False)

    tags = pa.list_(always("item", pa.string()))
    point = pa.struct([some("x", pa.float64()), some("tags", tags)])
    numbers = pa.list_(always("item", pa.int32()))
    assert list(types.values()) == [
        always("id", pa.int64()),
        some("flag", pa.bool_()),
        always("kind", pa.string()),
        some("number", pa.float64()),
        some("point", point),
        always("last", pa.string()),
        some("points", pa.list_(always("item", point))),
        always("grid", pa.list_(always("item", numbers))),
    ]


def packet_like(number):
    return {
        "id": number, "flag": None, "kind": "A", "number": 0.5, "point": None, "points": [],
        "grid": [[1], []], "unlike": "x", "words": {}, "raw": b"", "last": "z",
        "time": 1, "timed": None, "times": [],
    }  # fmt: skip


def test_a_union_of_whole_numbers_that_no_double_has_is_left_out():
    schema = {**SCHEMA, "fields": [{"name": "n", "type": ["long", "double"]}]}
    program = compile_schema(parse_schema(json.dumps(schema).encode()))
    stream = io.BytesIO()
    parsed = fastavro.parse_schema(schema)
    fastavro.schemaless_writer(stream, parsed, {"n": 2**60 + 1})
    data = np.frombuffer(stream.getvalue(), dtype=np.uint8)
    records, _ = decode(program, data, [0], [data.size])
    assert nested(records).left_out == ["n"]


def test_rows_of_parquet_in_the_same_types():
    rows = pa.table(
        {
            "candid": pa.array([1, 2], pa.int32()),
            "candidate": [{"m": np.float32(0.8)}, None],
            "prv": [[{"a": float("nan")}, {"a": 1.0}], None],
            "raw": [b"x", b"y"],
            "big": pa.array([2**63, 1], pa.uint64()),
            "time": pa.array([1, None], pa.timestamp("us")),
            "days": pa.array([[1], None], pa.list_(pa.date32())),
        }
    )
    made = nested(ArrowRecords.of_table(rows), skip=["stamp"])
    assert made.left_out == ["raw", "big", "time", "days"]
    assert made.array.to_pylist() == [
        {"candid": 1, "candidate": {"m": float(np.float32(0.8))}, "prv": [{"a": None}, {"a": 1.0}]},
        {"candid": 2, "candidate": None, "prv": None},
    ]


def test_a_shard_s_documents_by_schema(tmp_path):
    """Of a night with two versions of the schema and a packet that cannot be used."""
    new = [packet(c) for c in (1, 2)]
    old = copy.deepcopy(packets.SCHEMA)
    old["fields"] = [f for f in old["fields"] if f["name"] != "fp_hists"]
    stream = io.BytesIO()
    fastavro.writer(stream, fastavro.parse_schema(old), [packet(3), packet(4, ra=999.0)])
    contents = {"new.avro": container(new), "old.avro": stream.getvalue()}
    index = tmp_path / "index.parquet"
    build_index(write_folder(tmp_path / "night", contents), ZTF, index, tmp_path / "spool")
    (batch,) = Shard.load(index, 0, 1).batches(ZTF)
    found = {tuple(d.table["candid"].to_pylist()): d.table for d in batch.documents}
    assert found.keys() == {(1, 2), (3,)}
    assert found[1, 2]["fp_hists"].to_pylist() == [None, None]
    assert "fp_hists" not in found[3,].schema.names
    for table in found.values():
        assert not {"cutoutScience", "cutoutTemplate"} & set(table.schema.names)
    (row,) = found[3,].to_pylist()
    assert (row["_id"], row["objectId"]) == (3, "ZTF18aaaaaaa")
    assert row["candidate"] == {**packet(3)["candidate"], "magzpsci": 26.0} | {
        k: float(np.float32(packet(3)["candidate"][k])) for k in ("sigmapsf", "magpsf")
    }
    assert row["coordinates"]["radec_geojson"]["coordinates"] == [-170.0, -5.0]
    assert row["coordinates"]["radec_str"] == ["00:40:00.0000", "-05:00:00.000"]
