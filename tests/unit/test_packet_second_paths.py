"""Packets that keep their candid elsewhere, and schemas in several files."""

import io
import json

import fastavro
import pytest
from nights import build_index, run, write_folder
from packets import SCHEMA, container, packet

from pipeline.alerts.alerts_table import alerts_table, unlisted_fields
from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.registry import get_survey

PACKETS = [packet(c, f"ZTF18aaaaa{c:02d}", ra=float(c)) for c in range(1, 5)]


def without(schema, *names):
    return {**schema, "fields": [f for f in schema["fields"] if f["name"] not in names]}


def without_measured(*names):
    """Return `SCHEMA` whose candidate lacks some fields."""
    fields = [
        {**f, "type": without(f["type"], *names)} if f["name"] == "candidate" else f
        for f in SCHEMA["fields"]
    ]
    return {**SCHEMA, "fields": fields}


def written(schema, packets):
    stream = io.BytesIO()
    fastavro.writer(stream, fastavro.parse_schema(schema), packets)
    return stream.getvalue()


def test_candid_in_the_candidate_alone(tmp_path):
    """So ALeRCE stores ZTF's packets."""
    content = written(without(SCHEMA, "candid"), PACKETS)
    folder = write_folder(tmp_path / "night", {"a.avro": content})
    tables, total = run(tmp_path, folder, 2)
    assert (total["alerts"], total["rejected"]) == (4, 0)
    plain = write_folder(tmp_path / "plain", {"a.avro": container(PACKETS)})
    (tmp_path / "other").mkdir()
    expected, _ = run(tmp_path / "other", plain, 2)
    assert tables["alerts"] == expected["alerts"]
    assert tables["history"] == expected["history"]


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        (without(SCHEMA, "candid", "candidate"), "candid or candidate.candid"),
        (without(SCHEMA, "candidate"), "candidate.jd"),
        (without_measured("fid", "magpsf"), "candidate.fid"),  # of a radio survey
        (without_measured("magpsf"), "candidate.magpsf"),
    ],
)
def test_a_field_that_is_missing_is_named(tmp_path, schema, field):
    content = written(schema, PACKETS)
    folder = write_folder(tmp_path / "night", {"a.avro": content, "b.avro": container(PACKETS)})
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (4, 1)
    (reason,) = tables["rejected"]["reason"].to_pylist()
    assert reason == f"not a packet of ztf: the schema has no field {field} (4 records)"


SOURCE = {
    "type": "record", "name": "lsst.v7_9.diaSource", "fields": [
        {"name": "diaSourceId", "type": "long"},
        {"name": "diaObjectId", "type": ["null", "long"], "default": None},
        {"name": "midpointMjdTai", "type": "double"},
        {"name": "ra", "type": "double"},
        {"name": "dec", "type": "double"},
        {"name": "psfFlux", "type": ["null", "float"], "default": None},
        {"name": "band", "type": ["null", "string"], "default": None},
    ],
}  # fmt: skip
ALERT = {
    "type": "record", "name": "alert", "namespace": "lsst.v7_9", "fields": [
        {"name": "alertId", "type": "long"},
        {"name": "diaSource", "type": "lsst.v7_9.diaSource"},
        {"name": "prvDiaSources", "default": None, "type": [
            "null", {"type": "array", "items": "lsst.v7_9.diaSource"}
        ]},
    ],
}  # fmt: skip
ROW = {
    "diaSourceId": 25409118864932952, "diaObjectId": 7, "midpointMjdTai": 60000.0, "ra": 10.0,
    "dec": -5.0, "psfFlux": 127.25,
}  # fmt: skip
LSST = get_survey("lsst")


def framed(folder, number):
    """Write one packet of the schema above, framed with a number."""
    stream = io.BytesIO()
    whole = fastavro.parse_schema([SOURCE, ALERT])
    record = {"alertId": 1, "diaSource": ROW, "prvDiaSources": [{**ROW, "diaSourceId": 6}]}
    fastavro.schemaless_writer(stream, whole[1], record)
    path = folder / "packet.avro"
    path.write_bytes(b"\0" + number.to_bytes(4, "big") + stream.getvalue())
    return path


def index(tmp_path, files):
    schemas = write_folder(tmp_path / "schemas", files)
    path = framed(tmp_path, 709)
    found = tmp_path / "index.parquet"
    build_index(path, LSST, found, tmp_path / "spool.bin", schemas)
    return Shard.load(found, 0, 1)


def test_a_raw_schema_with_references(tmp_path):
    """As Rubin's repository has them; and without the diaSourceId that came with schema 8."""
    files = {"709.avsc": json.dumps(ALERT), "lsst.v7_9.diaSource.avsc": json.dumps(SOURCE)}
    shard = index(tmp_path, {name: text.encode() for name, text in files.items()})
    assert shard.rejected.num_rows == 0
    ((records, _),) = shard.records()
    table, reasons = alerts_table(records, LSST)
    assert reasons == [None]
    (row,) = table.to_pylist()
    assert row["candid"] == ROW["diaSourceId"]
    assert row["object_id"] == "7"
    assert (row["ra"], row["dec"], row["psfFlux"]) == (10.0, -5.0, 127.25)
    assert records.child("prvDiaSources").column("diaSourceId").to_pylist() == [6]
    assert unlisted_fields(records, LSST) == ["alertId"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "schema 709.avsc is not in the schemas folder"),
        (
            {"709.avsc": json.dumps(ALERT)},
            "schema 709.avsc refers to 'lsst.v7_9.diaSource', and lsst.v7_9.diaSource.avsc is not",
        ),
        ({"709.avsc": "{"}, "schema 709.avsc is no AVRO schema"),
        ({"709.avsc": '{"type": "record", "name": "a", "fields": [1]}'}, "is no AVRO schema"),
        ({"709.avsc": '"../secret"'}, "schema 709.avsc "),
        (
            {"709.avsc": json.dumps(ALERT), "lsst.v7_9.diaSource.avsc": "\xff"},
            "schema 709.avsc is no AVRO schema",
        ),
        (
            {"709.avsc": '{"type": "array", "items": "a"}', "a.avsc": '["null", "a"]'},
            "not an AVRO schema: a",
        ),
        ({"709.avsc": '{"type": "record", "name": "a", "fields": 1}'}, "no list of objects"),
    ],
)
def test_schemas_that_cannot_be_resolved(tmp_path, files, reason):
    shard = index(tmp_path, {name: text.encode("latin-1") for name, text in files.items()})
    assert shard.packets.num_rows == 0
    (found,) = shard.rejected["reason"].to_pylist()
    assert reason in found
