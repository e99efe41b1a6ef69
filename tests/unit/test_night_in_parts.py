"""A night is the same, by value and order, in however many parts and shards it is done."""

import errno
import io
import os
import tarfile
from pathlib import Path

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nights import ZTF, build_index, run
from packets import SCHEMA, container, packet

from pipeline.alerts import packets as reader
from pipeline.alerts import parts as dump_parts
from pipeline.alerts import read_parquet
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.index_table import load_index
from pipeline.alerts.parts import Part
from pipeline.contract.changed import ChangedInputError

PACKETS = [
    packet(1000 + i, f"ZTF18{chr(97 + i % 7)}aaaaaa", ra=float(i), history=i % 4)
    for i in range(150)
]
DIFFERENT = ["file", "offset", "row", "length"]
"""Where in the spool a packet lies is another matter than which it is."""


def other_schema():
    """Return the packets' schema with a field more, as a later version has."""
    fields = [*SCHEMA["fields"], {"name": "new", "type": ["null", "int"], "default": None}]
    return fastavro.parse_schema({**SCHEMA, "fields": fields})


def blocks(records, codec="null", **options):
    return container(records, codec=codec, sync_interval=2000, **options)


@pytest.fixture
def dumps(tmp_path):
    """Return a folder of everything, a container and a tarball, with damage in each."""
    folder = tmp_path / "night"
    (folder / "deep").mkdir(parents=True)
    files = {
        "a.avro": blocks(PACKETS[:60]),
        "b.avro": blocks(PACKETS[50:80], "deflate"),
        "c.avro": b"",
        "deep/d.avro": damaged(blocks(PACKETS[80:110])),
        "e.avro": b"no container",
        "f.avro": written(other_schema(), PACKETS[95:125]),
        "g.avro": container([packet(None)]),
        "h.avro": container([packet(1004, "ZTF18zzzzzzz")]),
        "i.AVRO": b"",
        "k.avro": blocks(
            [packet(2000 + i, f"ZTF19{chr(97 + i)}aaaaaa", ra=None) for i in range(20)]
        ),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    rows = pa.Table.from_pylist(
        [{**p, "prv_candidates": p["prv_candidates"]} for p in PACKETS[110:]]
    )
    pq.write_table(rows, folder / "j.parquet", row_group_size=9)
    (tmp_path / "one.avro").write_bytes(damaged(blocks(PACKETS)))
    with tarfile.open(tmp_path / "night.tar", "w") as archive:
        archive.add(folder, "night", recursive=False)
        for name in files:
            archive.add(folder / name, name)
    return tmp_path


def damaged(content):
    content = bytearray(content)
    content[len(content) // 2 : len(content) // 2 + 40] = b"\xff" * 40
    return bytes(content)


def written(schema, records):
    stream = io.BytesIO()
    fastavro.writer(stream, schema, [{**r, "new": 1} for r in records], sync_interval=2000)
    return stream.getvalue()


@pytest.mark.parametrize("dump", ["night", "one.avro", "night.tar", "night/j.parquet"])
@pytest.mark.parametrize("segment", [1500, dump_parts.SEGMENT_BYTES])
def test_parts_and_shards(dump, segment, dumps, tmp_path, monkeypatch):
    monkeypatch.setattr(dump_parts, "SEGMENT_BYTES", segment)
    monkeypatch.setattr(reader, "WINDOW_BYTES", 30_000)
    tables, total = run(tmp_path, dumps / dump)
    assert total["alerts"] > 30
    index, schemas = load_index(tmp_path / "out1-1/index.parquet", 0, 1)
    assert np.all(np.diff(index["key"].to_numpy().astype(np.int64)) >= 0)
    for parts, shards in ((8, 1), (1, 30), (8, 30), (3, 2)):
        others, counts = run(tmp_path, dumps / dump, shards, parts)
        assert counts == total
        for name in tables:
            assert others[name].to_pylist() == tables[name].to_pylist(), (name, parts, shards)
        found, texts = load_index(tmp_path / f"out{shards}-{parts}/index.parquet", 0, 1)
        assert (
            found.drop_columns(DIFFERENT).to_pylist() == index.drop_columns(DIFFERENT).to_pylist()
        )
        assert texts == schemas


def test_names_that_differ_in_bytes_that_are_not_utf8(tmp_path, monkeypatch):
    monkeypatch.setattr(dump_parts, "SEGMENT_BYTES", 1500)
    folder = tmp_path / "night"
    folder.mkdir()
    content = {
        b"caf\xe8.avro": blocks(PACKETS[:60]),
        b"caf\xe9.avro": damaged(blocks(PACKETS[40:])),
    }
    try:
        for name, data in content.items():
            Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(data)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such names")
    tables, total = run(tmp_path, folder)
    assert total["duplicates"] >= 15
    others, counts = run(tmp_path, folder, 3, 8)
    assert counts == total
    for name in tables:
        assert others[name].to_pylist() == tables[name].to_pylist(), name


def test_positions_are_those_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(dump_parts, "SEGMENT_BYTES", 1500)
    path = tmp_path / "one.avro"
    path.write_bytes(blocks(PACKETS))
    build_index(path, ZTF, tmp_path / "index", tmp_path / "spool", parts=5)
    index, _ = load_index(tmp_path / "index", 0, 1)
    positions = dict(zip(index["candid"].to_pylist(), index["position"].to_pylist(), strict=True))
    assert positions == {1000 + i: i for i in range(150)}


def test_a_damaged_row_group_costs_itself(tmp_path):
    path = tmp_path / "night.parquet"
    pq.write_table(pa.Table.from_pylist(PACKETS), path, row_group_size=50, compression="gzip")
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    content = bytearray(path.read_bytes())
    content[column.data_page_offset : column.data_page_offset + 60] = b"\xff" * 60
    path.write_bytes(content)
    tables, total = run(tmp_path, path)
    assert total["alerts"] == 100
    (rejected,) = tables["rejected"].to_pylist()
    assert rejected["position"] == 50
    assert "damaged or not parquet" in rejected["reason"]


def test_a_tarball_without_packets(tmp_path):
    with tarfile.open(tmp_path / "night.tar", "w"):
        pass
    for parts in (1, 4):
        with pytest.raises(ValueError, match=r"night.tar: no \.avro in it"):
            build_index(tmp_path / "night.tar", ZTF, tmp_path / "i", tmp_path / "s", parts=parts)


def test_a_dump_that_changes_between_its_parts_is_refused(tmp_path):
    folder = tmp_path / "night"
    folder.mkdir()
    for i in range(9):
        (folder / f"b{i}.avro").write_bytes(container([PACKETS[i]]))
    parts = [tmp_path / f"{k}.parquet" for k in range(3)]
    for k, part in enumerate(parts):
        index_part(folder, ZTF, Part(k, 3), part, tmp_path / f"{k}.bin")
        if k == 0:
            (folder / "a.avro").write_bytes(container([PACKETS[9]]))
    with pytest.raises(
        ChangedInputError, match=r"night: changed while it was indexed; index it again"
    ):
        merge_index(parts, folder, tmp_path / "index.parquet")
    assert not (tmp_path / "index.parquet").exists()


def test_a_system_that_fails_fails_each_part(tmp_path, monkeypatch):
    """It is no fault of the file: nothing is lost, the job is repeated."""
    monkeypatch.setattr(dump_parts, "SEGMENT_BYTES", 2000)
    path = tmp_path / "night.parquet"
    pq.write_table(pa.Table.from_pylist(PACKETS), path, row_group_size=10)

    def fail(*_):
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(read_parquet.pq, "ParquetFile", fail)
    for k in range(3):
        with pytest.raises(OSError, match="too many open files"):
            index_part(path, ZTF, Part(k, 3), tmp_path / "i", tmp_path / "s")


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_what_is_wrong_with_a_whole_file_is_told_once(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(dump_parts, "SEGMENT_BYTES", 500)
    folder = tmp_path / "night"
    folder.mkdir()
    (folder / "a.avro").write_bytes(container(PACKETS[:3]))
    (folder / "b.avro").write_bytes(b"no container" * 300)
    (folder / "c.parquet").write_bytes(b"no parquet" * 300)
    wrong = pa.table({"x": np.arange(3000.0), "name": ["x" * 50] * 3000})
    pq.write_table(wrong, folder / "d.parquet", row_group_size=600, compression="none")
    content = bytearray((folder / "d.parquet").read_bytes())
    content[10:400] = b"\xff" * 390
    (folder / "d.parquet").write_bytes(content)
    tables, total = run(tmp_path, folder, 1, parts)
    found = {
        (r["source"][-9:], r["position"], r["reason"][:24]) for r in tables["rejected"].to_pylist()
    }
    assert len(found) == total["rejected"] == 4, found
    assert ("d.parquet", 0, "not a packet of ztf: it ") in found


@pytest.mark.parametrize("parts", [1, 2, 9])
def test_an_empty_tarball_is_one_rejection(parts, tmp_path):
    (tmp_path / "night.tar").write_bytes(b"")
    _, total = run(tmp_path, tmp_path / "night.tar", 1, parts)
    assert (total["read"], total["rejected"]) == (1, 1)


def test_more_streams_than_are_kept_open(tmp_path, monkeypatch):
    path = tmp_path / "night.parquet"
    pq.write_table(pa.Table.from_pylist(PACKETS), path, row_group_size=7)
    expected, _ = run(tmp_path, path)
    monkeypatch.setattr(reader, "MOST_STREAMS", 2)
    found, _ = run(tmp_path, path, 3)
    for name in expected:
        assert found[name].to_pylist() == expected[name].to_pylist()


@pytest.mark.parametrize("parts", [1, 4])
def test_members_of_one_name_are_each_accounted_for(parts, tmp_path):
    """They are other packets, however alike what is wrong with them."""
    with tarfile.open(tmp_path / "night.tar", "w") as archive:
        for _ in range(40):
            info = tarfile.TarInfo("a.avro")
            info.size = 600
            archive.addfile(info, io.BytesIO(b"no container" * 50))
    _, total = run(tmp_path, tmp_path / "night.tar", 1, parts)
    assert (total["read"], total["rejected"]) == (40, 40)
