"""Schemas to come: what a survey may change in its packets, and what it may not, said clearly.

Rubin's simulated packets are written by fastavro in schemas that are changed at random; what
we decode is compared with what fastavro reads.
"""

import copy
import io
import json
from decimal import Decimal
from itertools import islice

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nights import build_index

from pipeline.alerts.batch import Shard
from pipeline.alerts.changed import changed_type
from pipeline.alerts.surveys.registry import get_survey
from pipeline.io.avro import parse_schema
from pipeline.io.avro_program import compile_schema
from pipeline.io.field_types import types_of_program
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


def fixed(name, size):
    return {"type": "fixed", "name": f"fixed{size}", "size": size, "logicalType": name}


LOGICAL = [
    *({"type": "long", "logicalType": f"{local}timestamp-{unit}"}
      for local in ("", "local-") for unit in ("millis", "micros", "nanos")),
    {"type": "int", "logicalType": "date"},
    {"type": "int", "logicalType": "time-millis"},
    {"type": "long", "logicalType": "time-micros"},
    {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 3},
    fixed("decimal", 8) | {"precision": 12, "scale": 3},
    {"type": "string", "logicalType": "uuid"},
    fixed("duration", 12),
    {"type": "int", "logicalType": "of-tomorrow"},
    {"type": "double", "logicalType": "timestamp-micros"},
]  # fmt: skip
"""All of AVRO 1.12's, one that nobody knows, and one that its type cannot be."""


@pytest.mark.parametrize("form", ["plain", "in a union", "first of a union", "beside the field"])
@pytest.mark.parametrize("logical", LOGICAL, ids=lambda k: f"{k['logicalType']}-{k['type']}")
def test_what_only_looks_like_a_number_is_none(logical, form):
    """A time in microseconds is no flux: the reason names the field and what it is."""
    if form == "beside the field" and logical["type"] == "fixed":
        pytest.skip("a fixed type has a name and a size")
    for name, expected in (
        ("psfFlux", "float"), ("midpointMjdTai", "double"), ("ra", "double"), ("dec", "double"),
        ("diaObjectId", "string"), ("band", "string"), ("detector", "int32"),
        ("diaSourceId", "int64"), ("isNegative", "bool"),
    ):  # fmt: skip
        kinds = copy.deepcopy(schema(VERSION))
        (field,) = (f for f in records_of(kinds)["diaSource"]["fields"] if f["name"] == name)
        field.pop("default", None)
        field["type"] = {
            "plain": logical,
            "in a union": ["null", "int" if logical["type"] != "int" else "float", logical],
            "first of a union": [logical, "null"],
            "beside the field": logical["type"],
        }[form]
        if form == "beside the field":
            field["logicalType"] = logical["logicalType"]
        word = logical["logicalType"]
        types = types_of_program(compile_schema(parse_schema(json.dumps(kinds).encode())))
        said = changed_type(types, LSST)
        if word == "uuid" and expected == "string":
            assert said is None
        else:
            assert said == f"diaSource.{name} is {word}, expected {expected}"


def as_times(kinds, packets, array, name, unit, convert):
    """Give one field of a record and of its copies in the history a logical type."""
    kinds, changed = copy.deepcopy(kinds), copy.deepcopy(packets)
    (field,) = (f for f in records_of(kinds)[array]["fields"] if f["name"] == name)
    field["type"] = ["null", {"type": "long", "logicalType": f"timestamp-{unit}"}]
    field.pop("default", None)
    own = {"diaSource": ("prvDiaSources",), "diaForcedSource": ("prvDiaForcedSources",)}[array]
    for packet in changed:
        records = [item for path in own for item in packet[path] or []]
        for record in [*records, *([packet[array]] if array in packet else [])]:
            record[name] = convert(record[name])
    return kinds, changed


@pytest.mark.parametrize(
    ("array", "name", "unit", "convert", "said"),
    [
        ("diaSource", "psfFlux", "micros", lambda flux: int(flux * 1e6),
         "diaSource.psfFlux is timestamp-micros, expected float"),
        ("diaSource", "midpointMjdTai", "millis", lambda mjd: int((mjd - 40587) * 86400e3),
         "diaSource.midpointMjdTai is timestamp-millis, expected double"),
        ("diaForcedSource", "psfFlux", "micros", lambda flux: int(flux * 1e6),
         "prvDiaForcedSources.psfFlux is timestamp-micros, expected double"),
    ],
)  # fmt: skip
def test_numbers_that_fastavro_writes_as_times(tmp_path, packets, array, name, unit, convert, said):
    """All of the packets are rejected, with their history: nothing is read from them."""
    kinds, changed = as_times(schema(VERSION), packets, array, name, unit, convert)
    written(tmp_path / "night.avro", kinds, changed)
    alerts, history, reasons, _ = decode(tmp_path / "night.avro", tmp_path)
    assert alerts == history == []
    assert {reason.partition(" (")[0] for reason in reasons} == {f"not a packet of lsst: {said}"}


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.date32(), pa.time64("us"),
                                  pa.duration("s")])  # fmt: skip
@pytest.mark.parametrize(
    ("name", "expected"),
    [("psfFlux", "float"), ("midpointMjdTai", "double"), ("ra", "double"),
     ("diaSourceId", "int64"), ("diaObjectId", "string"), ("band", "string")],
)  # fmt: skip
def test_parquet_s_times_are_no_numbers_either(tmp_path, packets, name, expected, kind):
    table = parquet_with(packets, name, pa.array([20500, 20501, None], pa.int32()).cast(
        pa.int32() if kind == pa.date32() else pa.int64()).cast(kind))  # fmt: skip
    pq.write_table(table, tmp_path / "night.parquet")
    alerts, _, reasons, _ = decode(tmp_path / "night.parquet", tmp_path)
    assert alerts == []
    assert reasons == [f"not a packet of lsst: diaSource.{name} is {kind}, expected {expected}"]


def test_parquet_s_decimals_are_their_numbers(tmp_path, packets):
    """Arrow knows their scale, as nobody knows AVRO's here; an object's name has no point."""
    objects = [Decimal("170000000000000001.00"), Decimal("2.00"), None]
    for name, values, column, expected in (
        ("psfFlux", [Decimal("1.25"), Decimal("-3.50"), None], "psfFlux", [1.25, -3.5, None]),
        ("diaObjectId", objects, "object_id", ["170000000000000001", "2", None]),
    ):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(parquet_with(packets, name, pa.array(values, pa.decimal128(38, 2))), path)
        alerts, _, reasons, _ = decode(path, tmp_path)
        assert reasons == []
        found = {row["candid"]: row[column] for row in alerts}
        assert [found[packet["diaSourceId"]] for packet in packets[:3]] == expected


def parquet_with(packets, name, values):
    """Return three packets as a table with one field of their sources exchanged."""
    rows = [{k: v for k, v in p.items() if k not in ("ssSource", "diaSourceId", "diaObject")}
            for p in packets[:3]]  # fmt: skip
    keep = name != "diaSourceId"
    table = pa.Table.from_pylist([r | ({"diaSourceId": p["diaSourceId"]} if keep else {})
                                  for r, p in zip(rows, packets, strict=False)])  # fmt: skip
    place = table.schema.get_field_index("diaSource")
    source = table["diaSource"].combine_chunks()
    fields = dict(zip([f.name for f in source.type], source.flatten(), strict=True))
    made = pa.StructArray.from_arrays(list((fields | {name: values}).values()), list(fields))
    return table.set_column(place, "diaSource", made)


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
