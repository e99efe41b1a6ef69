"""Parquet in every type that writers use: the same values, by pyarrow's own reading."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nights import ZTF, run, write_folder
from packets import container, packet

from pipeline.io.arrow_plain import plain_table

N = 3
PACKETS = [packet(c, f"ZTF18aaaaa{c:02d}", ra=float(c), magpsf=15.5 + c) for c in range(1, N + 1)]
ROWS = [{k: p[k] for k in ("objectId", "candid", "candidate", "prv_candidates")} for p in PACKETS]
PLAIN = pa.Table.from_pylist(ROWS)
TEXT, ITEM = pa.string(), PLAIN.schema.field("prv_candidates").type.value_type


def with_types(text=TEXT, list_=pa.list_):
    """Return the rows with another type of all text, and of the list of measurements."""

    def retyped(type_):
        return pa.struct([(f.name, text if f.type == TEXT else f.type) for f in type_])

    return pa.schema(
        [
            ("objectId", text),
            ("candid", pa.int64()),
            ("candidate", retyped(PLAIN.schema.field("candidate").type)),
            ("prv_candidates", list_(retyped(ITEM))),
        ]
    )


def as_schema(schema):
    """Return the rows in a schema."""
    return pa.Table.from_pylist(ROWS, schema=schema)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain")
    pq.write_table(PLAIN, path / "night.parquet")
    tables, total = run(path, path / "night.parquet")
    assert (total["alerts"], total["history"]) == (N, 2 * N)
    return tables


TYPES = {
    "large lists": with_types(list_=pa.large_list),
    "lists of a fixed size": with_types(list_=lambda t: pa.list_(t, 2)),
    "list views": with_types(list_=pa.list_view),
    "large list views": with_types(list_=pa.large_list_view),
    "large text": with_types(pa.large_string()),
}


@pytest.mark.parametrize("name", TYPES)
def test_types_of_columns(tmp_path, expected, name):
    pq.write_table(as_schema(TYPES[name]), tmp_path / "night.parquet")
    assert pq.read_schema(tmp_path / "night.parquet") != PLAIN.schema
    tables, total = run(tmp_path, tmp_path / "night.parquet")
    assert total["rejected"] == 0
    assert tables == expected


def test_dictionaries_and_views(tmp_path, expected):
    table = PLAIN
    ids = table["objectId"].combine_chunks()
    candidate = table["candidate"].combine_chunks()
    for text in (ids.dictionary_encode(), ids.cast(pa.string_view())):
        folder = tmp_path / str(text.type)[:6]
        folder.mkdir()
        night = table.set_column(0, "objectId", text)
        # Whatever pyarrow can nest of it.
        if pa.types.is_dictionary(text.type):
            names = [f.name for f in candidate.type]
            fields = [candidate.field(n) for n in names]
            fields = [f.dictionary_encode() if f.type == TEXT else f for f in fields]
            night = night.set_column(2, "candidate", pa.StructArray.from_arrays(fields, names))
        pq.write_table(night, folder / "night.parquet")
        tables, total = run(folder, folder / "night.parquet")
        assert total["rejected"] == 0
        assert tables == expected


def test_stamps_in_binary_views(tmp_path):
    stamp = pa.array([b"SIMPLE", None, b""], pa.binary()).cast(pa.binary_view())
    table = plain_table(pa.table({"stamp": stamp}))
    assert table["stamp"].type == pa.binary()
    assert table["stamp"].to_pylist() == [b"SIMPLE", None, b""]


def bad_text(values):
    """Return an array of text that is no UTF-8, as a careless writer's parquet has."""
    array = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(values), array.buffers())


def test_text_that_is_not_utf8_costs_itself(tmp_path, expected):
    names = [f.name for f in PLAIN.schema.field("candidate").type]
    candidate = PLAIN["candidate"].combine_chunks()
    flags = bad_text([b"\xfft", b"t", b"t"])
    fields = [flags if n == "isdiffpos" else candidate.field(n) for n in names]
    table = PLAIN.set_column(
        0, "objectId", bad_text([b"ZTF18aaaaa01", b"caf\xe9", b"ZTF18aaaaa03"])
    )
    table = table.set_column(2, "candidate", pa.StructArray.from_arrays(fields, names))
    pq.write_table(table, tmp_path / "night.parquet")
    tables, total = run(tmp_path, tmp_path / "night.parquet")
    assert (total["alerts"], total["rejected"]) == (N, 0)
    alerts = {row["candid"]: row for row in tables["alerts"].to_pylist()}
    assert alerts[2]["object_id"] == "caf\ufffd"
    assert alerts[1]["object_id"] == "ZTF18aaaaa01"
    assert [alerts[c]["isdiffpos"] for c in (2, 3)] == [True, True]
    assert alerts[1]["isdiffpos"] is not True
    assert tables["history"]["mag"] == expected["history"]["mag"]


def test_a_file_that_is_no_packet_table_is_one_rejection(tmp_path):
    folder = write_folder(tmp_path / "night", {"1.avro": container([packet(1)])})
    pq.write_table(pa.table({"x": range(177_689)}), folder / "catalogue.parquet")
    pq.write_table(pa.table({"candid": range(2_000)}), folder / "scores.parquet")
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (1, 2)
    assert sorted(tables["rejected"]["reason"].to_pylist()) == [
        "not a packet of ztf: it has no column candid or candidate.candid",
        "not a packet of ztf: it has no column candidate.jd",
    ]


def test_rows_that_take_no_bytes(tmp_path):
    """A repeated value is stored once: 2 kB may claim any number of rows."""
    table = pa.table({"candid": pa.array([7], pa.int64()).take(pa.array([0] * 300_000))})
    folder = write_folder(tmp_path / "night", {"1.avro": container([packet(1)])})
    pq.write_table(table, folder / "many.parquet")
    assert (folder / "many.parquet").stat().st_size < 300_000
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (1, 1)
    assert "300000 rows in" in tables["rejected"]["reason"][0].as_py()


def test_candid_in_the_measurement_alone(tmp_path, expected):
    pq.write_table(PLAIN.drop_columns(["candid"]), tmp_path / "night.parquet")
    tables, total = run(tmp_path, tmp_path / "night.parquet")
    assert total["rejected"] == 0
    assert tables == expected
    assert ZTF.candid_paths == ("candid", "candidate.candid")
