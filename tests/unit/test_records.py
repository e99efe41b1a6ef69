"""Records become columns with the values that fastavro reads."""

import io
import math

import fastavro
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.io.arrow_records import ArrowRecords
from pipeline.io.avro import AvroError
from pipeline.io.avro_kernel import OK, STATUS, boundaries
from pipeline.io.avro_program import MAX_BLOCK_VALUES, compile_schema
from pipeline.io.records import decode

ITEM = {
    "type": "record",
    "name": "item",
    "fields": [
        {"name": "jd", "type": "double"},
        {"name": "fid", "type": ["null", "int"]},
        {"name": "flags", "type": {"type": "array", "items": "long"}},
    ],
}
LONG_ARRAY = {"type": "array", "items": "long"}
BAND = {"type": "enum", "name": "b", "symbols": ["g", "r"]}
SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "packet",
        "fields": [
            {"name": "candid", "type": "long"},
            {"name": "objectId", "type": ["string", "null"]},
            {"name": "ok", "type": "boolean"},
            {
                "name": "candidate",
                "type": [
                    "null",
                    {
                        "type": "record",
                        "name": "candidate",
                        "fields": [
                            {"name": "mag", "type": ["null", "float"]},
                            {"name": "band", "type": BAND},
                            {"name": "hash", "type": {"type": "fixed", "name": "f", "size": 3}},
                        ],
                    },
                ],
            },
            {"name": "history", "type": ["null", {"type": "array", "items": ITEM}]},
            {"name": "extra", "type": {"type": "map", "values": "double"}},
            {"name": "stamp", "type": ["null", "bytes"]},
        ],
    },
    {},
    expand=True,
)  # fmt: skip
PROGRAM = compile_schema(SCHEMA)

LONGS = st.integers(-(2**63), 2**63 - 1)
DOUBLES = st.floats(allow_nan=False)
ITEMS = st.fixed_dictionaries(
    {
        "jd": DOUBLES,
        "fid": st.none() | st.integers(-(2**31), 2**31 - 1),
        "flags": st.lists(LONGS, max_size=3),
    }
)
CANDIDATES = st.fixed_dictionaries(
    {
        "mag": st.none() | st.floats(width=32, allow_nan=False),
        "band": st.sampled_from(["g", "r"]),
        "hash": st.binary(min_size=3, max_size=3),
    }
)
RECORDS = st.fixed_dictionaries(
    {
        "candid": LONGS,
        "objectId": st.none() | st.text(max_size=8),
        "ok": st.booleans(),
        "candidate": st.none() | CANDIDATES,
        "history": st.none() | st.lists(ITEMS, max_size=4),
        "extra": st.dictionaries(st.text(max_size=3), DOUBLES, max_size=3),
        "stamp": st.none() | st.binary(max_size=20),
    }
)


def encode(records):
    """Return the bytes of records one behind the other, and where each begins and ends."""
    stream, stops = io.BytesIO(), []
    for record in records:
        fastavro.schemaless_writer(stream, SCHEMA, record)
        stops.append(stream.tell())
    data = np.frombuffer(stream.getvalue(), dtype=np.uint8)
    return data, np.array([0, *stops[:-1]])[: len(stops)], np.array(stops)


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=6))
def test_columns_are_what_fastavro_reads(records):
    data, starts, stops = encode(records)
    found, status = decode(PROGRAM, data, starts, stops)
    assert not status.any()
    assert found.num_rows == len(records)
    for path in ("candid", "objectId", "ok", "stamp"):
        assert found.column(path).to_pylist() == [r[path] for r in records]
    for name in ("mag", "band", "hash"):
        expected = [r["candidate"] and r["candidate"][name] for r in records]
        assert found.column(f"candidate.{name}").to_pylist() == expected
    items = [(i, item) for i, r in enumerate(records) for item in r["history"] or []]
    history = found.child("history")
    assert history.parents.tolist() == [i for i, _ in items]
    assert history.column("jd").to_pylist() == [item["jd"] for _, item in items]
    assert history.column("fid").to_pylist() == [item["fid"] for _, item in items]
    flags = history.child("flags")
    assert flags.parents.tolist() == [i for i, (_, item) in enumerate(items) for _ in item["flags"]]
    assert flags.column("").to_pylist() == [f for _, item in items for f in item["flags"]]
    extra = found.child("extra")
    pairs = [pair for r in records for pair in r["extra"].items()]
    assert (
        list(zip(extra.column("key").to_pylist(), extra.column("").to_pylist(), strict=True))
        == pairs
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=4), st.data())
def test_damage_never_reaches_neighbours(records, data):
    """Whatever bytes a record is made of: it is good or has a status; others are read."""
    content, starts, stops = encode(records)
    content = content.copy()
    at = data.draw(st.integers(0, stops[0] - 1))
    length = data.draw(st.integers(1, 10))
    noise = data.draw(st.binary(min_size=length, max_size=length))
    end = min(at + length, int(stops[0]))
    content[at:end] = np.frombuffer(noise, np.uint8)[: end - at]
    found, status = decode(PROGRAM, content, starts, stops)
    assert (status[1:] == OK).all()
    assert status[0] == OK or int(status[0]) in STATUS
    assert found.num_rows == (status == OK).sum()
    assert (
        found.column("candid").to_pylist()[-len(records) + 1 :]
        == [r["candid"] for r in records[1:]]
        or len(records) == 1
    )
    for path in found.paths:
        found.column(path)


@settings(max_examples=50, deadline=None)
@given(RECORDS)
def test_every_truncation_is_noticed(record):
    data, _, stops = encode([record])
    for length in range(int(stops[0])):
        _, status = decode(PROGRAM, data[:length], [0], [length])
        assert STATUS[int(status[0])] == "truncated record" or "length" in STATUS[int(status[0])]
    longer = np.append(data, np.uint8(0))
    _, status = decode(PROGRAM, longer, [0], [longer.size])
    assert STATUS[int(status[0])] == "record is longer than its schema says"


@settings(max_examples=50, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=5))
def test_boundaries(records):
    data, _, stops = encode(records)
    found, state = boundaries(PROGRAM.code, data, len(records), PROGRAM.widths, MAX_BLOCK_VALUES)
    assert (found.tolist(), state) == (stops.tolist(), 0)
    cut, state = boundaries(PROGRAM.code, data[:-1], len(records), PROGRAM.widths, MAX_BLOCK_VALUES)
    assert cut.tolist() == stops[:-1].tolist()
    assert state != 0


def test_negative_block_counts():
    """A writer may give a block's size in bytes with a negative count."""
    schema = fastavro.parse_schema(
        {"type": "record", "name": "r", "fields": [{"name": "a", "type": LONG_ARRAY}]},
        {}, expand=True,
    )  # fmt: skip
    data = np.array([3, 4, 2, 4, 2, 6, 0], np.uint8)  # −2 items in 2 bytes: 1, 2; then 1: 3
    found, status = decode(compile_schema(schema), data, [0], [7])
    assert status.tolist() == [OK]
    assert found.child("a").column("").to_pylist() == [1, 2, 3]


def test_invalid_utf8_is_kept_readable():
    record = {
        "candid": 1, "objectId": "abc", "ok": True, "candidate": None, "history": None,
        "extra": {}, "stamp": None,
    }  # fmt: skip
    data, starts, stops = encode([record])
    data = np.frombuffer(data.tobytes().replace(b"abc", b"a\xffc"), np.uint8)
    found, _ = decode(PROGRAM, data, starts, stops)
    assert found.column("objectId").to_pylist() == ["a�c"]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("long", "must be a record"),
        ({"type": "record", "name": "r", "fields": [{"name": "a", "type": "r"}]}, "recursive"),
    ],
)
def test_schemas_that_no_packet_has(schema, message):
    with pytest.raises(AvroError, match=message):
        compile_schema(schema)


def test_prefix_of_a_record():
    record = {
        "candid": 7, "objectId": "x", "ok": True, "candidate": None, "history": None,
        "extra": {"a": 1.0}, "stamp": b"123",
    }  # fmt: skip
    data, starts, stops = encode([record])
    program = compile_schema(SCHEMA, ["objectId", "candid", "absent"])
    found, status = decode(program, data, starts, stops, exact=False)
    assert status.tolist() == [OK]
    assert found.paths == ["candid", "objectId"]
    with pytest.raises(AvroError, match="no field nothing"):
        compile_schema(SCHEMA, ["nothing"])


def test_arrow_rows_answer_the_same_questions():
    rows = [
        {"candid": 1, "candidate": {"mag": 1.5}, "history": [{"jd": 1.0}, {"jd": 2.0}]},
        {"candid": 2, "candidate": None, "history": None},
        {"candid": 3, "candidate": {"mag": None}, "history": [{"jd": 3.0}]},
    ]
    found = ArrowRecords.of_table(pa.Table.from_pylist(rows))
    assert found.paths == ["candid", "candidate.mag"]
    assert found.column("candidate.mag").to_pylist() == [1.5, None, None]
    assert found.column("candidate") is None
    assert found.column("nothing.mag") is None
    history = found.child("history")
    assert history.parents.tolist() == [0, 0, 2]
    assert math.isclose(sum(history.column("jd").to_pylist()), 6.0)
    assert found.child("candid") is None
