"""Little files that claim much: a row or two of `rejected`, and a bounded memory."""

import io
import json
import zlib

import fastavro
import numpy as np
import pytest
from nights import run, write_folder
from packets import PARSED, SCHEMA, container, packet, record_type

from pipeline.alerts import packets as reader
from pipeline.io import records as records_module
from pipeline.io.avro import _HEADER, MAX_BLOCK_RECORDS, parse_schema
from pipeline.io.avro_program import compile_schema
from pipeline.io.records import DamagedRecord, check, decode, decode_in_parts

GOOD = [packet(c, f"ZTF18aaaaa{c:02d}", ra=float(c)) for c in range(1, 9)]


def block_file(schema: dict, count: int, data: bytes) -> bytes:
    """Return a container of one deflate block that claims `count` records."""
    stream = io.BytesIO()
    fastavro.writer(stream, schema, [], codec="deflate")
    header = stream.getvalue()
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packed.compress(data) + packed.flush()
    stream = io.BytesIO()
    for number in (count, len(block)):
        fastavro.schemaless_writer(stream, "long", number)
    return header + stream.getvalue() + block + header[-16:]


ONE_BYTE = record_type("r", [("candid", "long")])
NUMBERS = ("jd", "ra", "dec", "fid", "magpsf")
CANDIDATE = record_type("c", [(n, ["null", "double"]) for n in NUMBERS])
MEASURED = {"jd": 1.0, "ra": 2.0, "dec": 3.0, "fid": 1.0, "magpsf": 18.0}
TINY = record_type("r", [("candid", "long"), ("objectId", "string"), ("candidate", CANDIDATE)])


@pytest.mark.parametrize(
    ("schema", "count", "reason"),
    [
        (ONE_BYTE, 1_000_000, "claims 1000000 records, more than 65536"),
        (TINY, 1_000_000, "claims 1000000 records, more than 65536"),
        (ONE_BYTE, 60_000, "has no field candidate.jd (60000 records)"),
    ],
)
def test_a_kilobyte_that_claims_many_records(tmp_path, schema, count, reason):
    folder = write_folder(tmp_path / "night", {"good.avro": container(GOOD)})
    content = block_file(schema, count, bytes(count))
    assert len(content) < 2_000
    (folder / "bomb.avro").write_bytes(content)
    tables, total = run(tmp_path, folder)
    assert (total["read"], total["alerts"], total["rejected"]) == (9, 8, 1)
    assert reason in tables["rejected"]["reason"][0].as_py()


def test_the_largest_number_of_records_of_a_block(tmp_path):
    """Writers need not be alike: 65,536 small packets in a block are packets."""
    record = {"candid": 0, "objectId": "a", "candidate": MEASURED}
    stream = io.BytesIO()
    for candid in range(1000, 1000 + MAX_BLOCK_RECORDS):
        fastavro.schemaless_writer(stream, TINY, {**record, "candid": candid})
    path = tmp_path / "night.avro"
    path.write_bytes(block_file(TINY, MAX_BLOCK_RECORDS, stream.getvalue()))
    _, total = run(tmp_path, path)
    assert (total["alerts"], total["rejected"]) == (MAX_BLOCK_RECORDS, 0)


def wide_items(width: int) -> dict:
    """Return a packet's schema with an array whose items take a byte, or `width` values."""
    wide = record_type("wide", [(f"f{i}", "int") for i in range(width)])
    item = record_type("item", [("value", ["null", wide])])
    fields = [*TINY["fields"], {"name": "items", "type": {"type": "array", "items": item}}]
    return {**TINY, "fields": fields}


def wide_packet(width: int, items: int) -> tuple[dict, bytes]:
    schema = wide_items(width)
    base = {"objectId": "a", "candidate": MEASURED}
    record = {"candid": 77, **base, "items": [{"value": None}] * items}
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema, record)
    return schema, stream.getvalue()


def test_arrays_that_ask_for_149_gib(tmp_path):
    schema, data = wide_packet(29_000, 690_000)
    assert len(data) < 700_000
    folder = write_folder(tmp_path / "night", {"good.avro": container(GOOD)})
    for number, name in ((1, "one.avro"), (2, "two.avro")):
        (folder / name).write_bytes(block_file(schema, number, data * number))
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (8, 2)
    many = "its arrays' items × fields are more values than a packet may have"
    assert sorted(tables["rejected"]["reason"].to_pylist()) == [many, f"{many} (2 records)"]


def test_a_wide_packet_below_the_bound_is_read(tmp_path):
    schema, data = wide_packet(1000, 2000)
    path = tmp_path / "night.avro"
    path.write_bytes(block_file(schema, 1, data))
    _, total = run(tmp_path, path)
    assert (total["alerts"], total["rejected"]) == (1, 0)


def encoded(packets):
    stream, stops = io.BytesIO(), []
    for record in packets:
        fastavro.schemaless_writer(stream, PARSED, record)
        stops.append(stream.tell())
    data = np.frombuffer(stream.getvalue(), dtype=np.uint8)
    return data, np.array([0, *stops[:-1]]), np.array(stops)


@pytest.mark.parametrize("values", [1, 200, 10**9])
@pytest.mark.parametrize("scanned", [1, 3, 1024])
def test_parts_hold_what_the_whole_holds(monkeypatch, values, scanned):
    program = compile_schema(parse_schema(json.dumps(SCHEMA).encode()))
    monkeypatch.setattr(records_module, "_DECODED_VALUES", values)
    monkeypatch.setattr(records_module, "_SCANNED", scanned)
    data, starts, stops = encoded(GOOD)
    whole, _ = decode(program, data, starts, stops)
    parts = list(decode_in_parts(program, data, starts, stops))
    assert [i for _, p in parts for i in range(p.start, p.stop)] == list(range(len(GOOD)))
    for name in whole.paths:
        found = [value for part, _ in parts for value in part.column(name).to_pylist()]
        assert found == whole.column(name).to_pylist()
    jds = [v for part, _ in parts for v in part.child("prv_candidates").column("jd").to_pylist()]
    assert jds == whole.child("prv_candidates").column("jd").to_pylist()
    assert not check(program, data, starts, stops).any()
    with pytest.raises(DamagedRecord, match="record 7: truncated record"):
        list(decode_in_parts(program, data, starts, stops - np.array([0] * 7 + [1])))


def test_batches_are_cut_by_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "WINDOW_BYTES", 2_000)
    path = tmp_path / "night.avro"
    path.write_bytes(container(GOOD))
    tables, _ = run(tmp_path, path)
    monkeypatch.undo()
    (tmp_path / "other").mkdir()
    expected, _ = run(tmp_path / "other", path)
    assert tables["alerts"] == expected["alerts"]
    assert tables["history"] == expected["history"]


def test_a_reason_is_a_line_and_no_schema(tmp_path):
    """fastavro's message for a field without a name holds all of the field."""
    nameless = {"type": record_type("inner", [(f"f{i}", "int") for i in range(500)])}
    content = container(GOOD[:1])
    schema = {**PARSED, "fields": [*PARSED["fields"], nameless]}
    text = json.dumps({k: v for k, v in schema.items() if not k.startswith("__")}).encode()
    header = {"magic": b"Obj\x01", "meta": {"avro.schema": text}, "sync": content[-16:]}
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, _HEADER, header)
    folder = write_folder(tmp_path / "night", {"good.avro": container(GOOD)})
    at = content.index(content[-16:]) + 16
    (folder / "bad.avro").write_bytes(stream.getvalue() + content[at:])
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (8, 1)
    (reason,) = tables["rejected"]["reason"].to_pylist()
    assert "Record field is missing 'name'" in reason
    assert len(reason) < 600
