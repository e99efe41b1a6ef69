"""Schemas to come: what a survey may change in its packets, and what it may not, said clearly.

Rubin's simulated packets are written by fastavro in schemas that are changed at random; what
we decode is compared with what fastavro reads.
"""

import copy
import io
from itertools import islice

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nights import build_index

from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.registry import get_survey
from pipeline.simulate.lsst.schema import schema
from pipeline.simulate.lsst.stream import packet_stream

LSST = get_survey("lsst")
VERSION = "10.0"
RECORDS = ("alert", "diaSource", "diaForcedSource", "diaObject", "ssSource")
PROMOTED = {"int": "long", "float": "double"}
NEW = {"type": ["null", "double"], "default": None}


def decode(kinds, folder):
    """Index and decode a file; return alerts, history, reasons of rejections, unlisted fields."""
    index = folder / "index.parquet"
    build_index(kinds, LSST, index, folder / "spool.bin")
    shard = Shard.load(index, 0, 1)
    batches = list(shard.batches(LSST))
    reasons = shard.rejected["reason"].to_pylist()
    reasons += [reason for b in batches for reason in b.rejected["reason"].to_pylist()]
    alerts = [row for b in batches for row in b.alerts.to_pylist()]
    history = [row for b in batches for row in b.history.to_pylist()]
    return alerts, history, reasons, [name for b in batches for name in b.unlisted]


def records_of(kind, found=None):
    """Return the records of a schema by the last part of their names."""
    found = {} if found is None else found
    if isinstance(kind, list):
        for branch in kind:
            records_of(branch, found)
    elif isinstance(kind, dict) and kind["type"] == "record":
        found[kind["name"].rpartition(".")[2]] = kind
        for field in kind["fields"]:
            records_of(field["type"], found)
    elif isinstance(kind, dict) and kind["type"] == "array":
        records_of(kind["items"], found)
    return found


@pytest.fixture(scope="module")
def packets():
    """Three packets with history, and one of an asteroid, as dicts."""
    found, moves = [], []
    for packet in islice(packet_stream(1, "20260309", history=40, stamps=False), 100):
        (record,) = fastavro.reader(io.BytesIO(packet.file_bytes()))
        (moves if record["ssSource"] else found).append(record)
    found = [record for record in found if len(record["prvDiaSources"]) > 5]
    return [*found[:3], moves[0]]


def written(path, kinds, packets):
    with path.open("wb") as file:
        fastavro.writer(file, fastavro.parse_schema(copy.deepcopy(kinds)), packets)
    with path.open("rb") as file:
        return list(fastavro.reader(file))


def at(packet, path):
    for name in path.split("."):
        packet = None if packet is None else packet.get(name)
    return packet


def check_equal(alerts, history, packets):
    by_candid = {packet["diaSourceId"]: packet for packet in packets}
    assert {row["candid"] for row in alerts} == set(by_candid)
    for row in alerts:
        packet = by_candid[row["candid"]]
        assert (row["ra"], row["dec"]) == (at(packet, LSST.ra), at(packet, LSST.dec))
        for column in LSST.columns:
            expected = at(packet, column.paths[0])
            if isinstance(expected, float):  # promoted: the table's floats are of 32 bits
                expected = pa.scalar(expected).cast(column.type).as_py()
            assert row[column.name] == expected, column.name
    found = {(r["candid"], r["kind"], r["prv_candid"]): (r["flux"], r["jd"]) for r in history}
    expected = {}
    for packet in packets:
        for kind, path, name in (
            ("prv", "prvDiaSources", "diaSourceId"),
            ("forced", "prvDiaForcedSources", "diaForcedSourceId"),
        ):
            for item in packet[path] or []:
                expected[packet["diaSourceId"], kind, item[name]] = item["psfFlux"]
    assert {key: flux for key, (flux, _) in found.items()} == expected


CHANGES = st.fixed_dictionaries(
    {
        "added": st.sets(st.sampled_from(RECORDS)),
        "shuffled": st.sets(st.sampled_from(RECORDS)),
        "seed": st.randoms(use_true_random=False),
        "reversed": st.booleans(),  # the branches of unions
        "promoted": st.booleans(),
        "renamed": st.booleans(),
        "removed": st.sets(st.sampled_from(["snr", "extendedness", "glint_trail", "ixx"])),
    }
)


def changed(kinds, change):
    kinds = copy.deepcopy(kinds)
    records = records_of(kinds)
    for name, record in records.items():
        fields = record["fields"]
        if name == "diaSource":
            fields[:] = [field for field in fields if field["name"] not in change["removed"]]
        for field in fields:
            if change["promoted"]:
                field["type"] = promoted(field["type"])
            if change["reversed"] and isinstance(field["type"], list):
                field["type"].reverse()
                field.pop("default", None)
        if name in change["added"]:
            fields.append({"name": f"new_{name}", **copy.deepcopy(NEW)})
    if "diaSource" in change["shuffled"]:
        change["seed"].shuffle(records["diaSource"]["fields"])
    for name in change["shuffled"] & {"diaForcedSource", "diaObject", "ssSource"}:
        change["seed"].shuffle(records[name]["fields"])
    if "alert" in change["shuffled"]:  # a named type stands before its second use
        change["seed"].shuffle(kinds["fields"])
        names = [field["name"] for field in kinds["fields"]]
        first, second = sorted([names.index("diaSource"), names.index("prvDiaSources")])
        if names[first] == "prvDiaSources":
            fields = kinds["fields"]
            fields[first], fields[second] = fields[second], fields[first]
    if change["renamed"]:
        source = records["diaSource"]["name"]
        rename(kinds, source, "lsst.v99_1.measurement")
    return kinds


def promoted(kind):
    if isinstance(kind, list):
        return [promoted(branch) for branch in kind]
    return PROMOTED.get(kind, kind) if isinstance(kind, str) else kind


def rename(kind, old, new):
    if isinstance(kind, list):
        for i, branch in enumerate(kind):
            if branch == old:
                kind[i] = new
            rename(branch, old, new)
    elif isinstance(kind, dict):
        if kind.get("name") == old:
            kind["name"] = new
        for key in ("type", "items"):
            if kind.get(key) == old:
                kind[key] = new
            rename(kind.get(key), old, new)
        for field in kind.get("fields", []):
            rename(field, old, new)


@given(CHANGES)
@settings(max_examples=60, deadline=None)
def test_what_may_change_reads_as_fastavro_reads_it(tmp_path_factory, packets, change):
    """New fields, another order, other names of types, promoted numbers, fields that go."""
    kinds = changed(schema(VERSION), change)
    folder = tmp_path_factory.mktemp("changed")
    more = [packet | {"new_alert": 1.5} for packet in packets]
    read = written(folder / "night.avro", kinds, more)
    alerts, history, reasons, unlisted = decode(folder / "night.avro", folder)
    assert reasons == []
    check_equal(alerts, history, read)
    new = {"alert": "new_alert", "diaSource": "diaSource.new_diaSource"}
    assert set(unlisted) == {new[name] for name in change["added"] & set(new)}


@pytest.mark.parametrize("branches", [["int", "double"], ["double", "long", "null", "string"]])
def test_a_union_of_several_types_is_read_whichever_a_value_has(tmp_path, packets, branches):
    kinds = copy.deepcopy(schema(VERSION))
    (field,) = (f for f in records_of(kinds)["diaSource"]["fields"] if f["name"] == "snr")
    field["type"] = branches
    field.pop("default")
    changed = copy.deepcopy(packets)
    for packet, value in zip(changed, (7, 7.5, 8, 9.25), strict=True):
        packet["diaSource"]["snr"] = value
    written(tmp_path / "night.avro", kinds, changed)
    alerts, _, reasons, unlisted = decode(tmp_path / "night.avro", tmp_path)
    assert reasons == unlisted == []
    assert sorted(row["snr"] for row in alerts) == [7, 7.5, 8, 9.25]


IMPOSSIBLE = {
    "bytes": b"x",
    "boolean": True,
    "array": [1.0],
    "record": {"value": 1.0},
}
KINDS = {
    "bytes": "bytes",
    "boolean": "boolean",
    "array": {"type": "array", "items": "double"},
    "record": {
        "type": "record", "name": "value", "fields": [{"name": "value", "type": "double"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("found", IMPOSSIBLE)
@pytest.mark.parametrize(
    ("name", "expected"),
    [("snr", "float"), ("ra", "double"), ("detector", "int32"), ("midpointMjdTai", "double"),
     ("psfFlux", "float"), ("diaSourceId", "int64")],
)  # fmt: skip
def test_a_changed_type_is_a_clear_rejection(tmp_path, packets, name, expected, found):
    """Never a column of nulls: the reason names the field, what it is and what was expected."""
    kinds = copy.deepcopy(schema(VERSION))
    records = records_of(kinds)
    (field,) = (f for f in records["diaSource"]["fields"] if f["name"] == name)
    field["type"] = KINDS[found]
    field.pop("default", None)
    if name == "diaSourceId":
        kinds["fields"] = [f for f in kinds["fields"] if f["name"] != name]
    changed = copy.deepcopy(packets)
    for packet in changed:
        for source in (packet["diaSource"], *(packet["prvDiaSources"] or [])):
            source[name] = IMPOSSIBLE[found]
    written(tmp_path / "night.avro", kinds, changed)
    alerts, _, reasons, _ = decode(tmp_path / "night.avro", tmp_path)
    assert alerts == []
    why = f"not a packet of lsst: diaSource.{name} is {found}, expected {expected}"
    assert all(reason.startswith(why) for reason in reasons), reasons
    assert reasons


@pytest.mark.parametrize(
    ("array", "name", "reason"),
    [
        ("diaForcedSource", "psfFlux", "prvDiaForcedSources.psfFlux is bytes, expected double"),
        ("diaForcedSource", "midpointMjdTai",
         "prvDiaForcedSources.midpointMjdTai is bytes, expected double"),
    ],
)  # fmt: skip
def test_a_changed_type_in_the_history_is_one_too(tmp_path, packets, array, name, reason):
    kinds = copy.deepcopy(schema(VERSION))
    (field,) = (f for f in records_of(kinds)[array]["fields"] if f["name"] == name)
    field["type"] = "bytes"
    field.pop("default", None)
    changed = copy.deepcopy(packets)
    for packet in changed:
        for item in packet["prvDiaForcedSources"] or []:
            item[name] = b"1"
    written(tmp_path / "night.avro", kinds, changed)
    alerts, _, reasons, _ = decode(tmp_path / "night.avro", tmp_path)
    assert alerts == []
    assert reasons[0].startswith(f"not a packet of lsst: {reason}")


@pytest.mark.parametrize("name", ["ra", "dec", "midpointMjdTai"])
def test_a_required_field_that_is_gone_is_named(tmp_path, packets, name):
    kinds = copy.deepcopy(schema(VERSION))
    source = records_of(kinds)["diaSource"]
    source["fields"] = [field for field in source["fields"] if field["name"] != name]
    written(tmp_path / "night.avro", kinds, packets)
    alerts, _, reasons, _ = decode(tmp_path / "night.avro", tmp_path)
    assert alerts == []
    assert reasons[0].startswith(f"not a packet of lsst: the schema has no field diaSource.{name}")


def test_parquet_rows_are_held_to_the_same(tmp_path, packets):
    rows = [{k: v for k, v in packet.items() if k != "ssSource"} for packet in packets[:3]]
    for row in rows:
        row["diaSource"] = row["diaSource"] | {"snr": b"x"}
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "night.parquet")
    alerts, _, reasons, _ = decode(tmp_path / "night.parquet", tmp_path)
    assert alerts == []
    assert reasons == ["not a packet of lsst: diaSource.snr is bytes, expected float"]


@pytest.mark.parametrize("form", ["avro", "parquet"])
@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [(1.0, "double", "double"), ([1.0], ["null", {"type": "array", "items": "double"}], None)],
)
def test_a_history_that_is_no_array_of_records(tmp_path, packets, form, value, kind, said):
    path = tmp_path / f"night.{form}"
    rows = [packet | {"prvDiaForcedSources": value} for packet in packets[:3]]
    if form == "avro":
        kinds = copy.deepcopy(schema(VERSION))
        (field,) = (f for f in kinds["fields"] if f["name"] == "prvDiaForcedSources")
        field["type"] = kind
        field.pop("default")
        written(path, kinds, rows)
    else:
        rows = [{k: v for k, v in row.items() if k != "ssSource"} for row in rows]
        pq.write_table(pa.Table.from_pylist(rows), path)
    alerts, _, reasons, _ = decode(path, tmp_path)
    assert alerts == []
    said = f"is {said}, expected array" if said else "is an array of double, expected of record"
    assert f"not a packet of lsst: prvDiaForcedSources {said}" in reasons[0]
