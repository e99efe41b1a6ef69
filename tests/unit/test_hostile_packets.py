"""Dumps that are damaged or made to do harm: what is lost is said, and nothing else is lost."""

import errno
import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
from nights import run, write_folder, write_tar
from packets import container, packet, record_type

from pipeline.io import tarball
from pipeline.io.avro import AvroError, parse_schema
from pipeline.io.avro_program import compile_schema
from pipeline.plan.fingerprint import fingerprint

CANDIDS = [2475433850015010000 + i for i in range(20)]
PACKETS = [packet(c, ra=float(i)) for i, c in enumerate(CANDIDS)]
SINGLE = {f"{p['candid']}.avro": container([p]) for p in PACKETS}


def header_of(content: bytes, number: int) -> int:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return archive.getmembers()[number].offset


def only_reason(tables):
    (reason,) = tables["rejected"]["reason"].to_pylist()
    return reason


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda c, at: c[:at] + b"\xff" + c[at + 1 :], "bad checksum"),
        (lambda c, at: c[: at + 100], "truncated header"),
    ],
)
def test_a_damaged_header_is_no_end_of_a_tarball(tmp_path, suffix, damage, reason):
    content = write_tar(tmp_path / "whole.tar", SINGLE, "w").read_bytes()
    content = damage(content, header_of(content, 10))
    path = tmp_path / f"night{suffix}"
    path.write_bytes(content if suffix == ".tar" else gzip.compress(content))
    tables, total = run(tmp_path, path)
    assert tables["alerts"]["candid"].to_pylist() == CANDIDS[:10]
    assert total["rejected"] == 1
    assert reason in only_reason(tables)


@pytest.mark.parametrize(("suffix", "rejected"), [(".tar", 1), (".tar.gz", 0)])
def test_no_end_marker(tmp_path, suffix, rejected):
    """A plain tar was cut there, for all one knows; gzip says itself that nothing is missing."""
    content = write_tar(tmp_path / "whole.tar", SINGLE, "w").read_bytes()
    content = content[: header_of(content, 10)]
    path = tmp_path / f"night{suffix}"
    path.write_bytes(content if suffix == ".tar" else gzip.compress(content))
    tables, total = run(tmp_path, path)
    assert tables["alerts"]["candid"].to_pylist() == CANDIDS[:10]
    assert total["rejected"] == rejected


def test_a_block_that_counts_too_few_records(tmp_path):
    content = container(PACKETS[:5])
    at = content.index(content[-16:]) + 16
    assert content[at] == 10  # 5, zigzag
    (tmp_path / "night.avro").write_bytes(content[:at] + b"\x06" + content[at + 1 :])
    tables, total = run(tmp_path, tmp_path / "night.avro")
    assert total["alerts"] == 3
    assert "more behind its last record" in only_reason(tables)


def test_bytes_behind_the_end_of_a_tarball(tmp_path):
    content = write_tar(tmp_path / "a.tar.gz", SINGLE).read_bytes()
    (tmp_path / "night.tar.gz").write_bytes(content + content)
    tables, total = run(tmp_path, tmp_path / "night.tar.gz")
    assert total["alerts"] == 20
    assert "bytes behind its end marker" in only_reason(tables)


def test_a_wrong_check_sum_behind_the_end_marker(tmp_path):
    content = bytearray(write_tar(tmp_path / "night.tgz", SINGLE).read_bytes())
    content[-8] ^= 1
    (tmp_path / "night.tgz").write_bytes(content)
    tables, total = run(tmp_path, tmp_path / "night.tgz")
    assert total["alerts"] == 20
    assert "damaged or truncated tarball" in only_reason(tables)


def odd_member(name, type_=tarfile.REGTYPE, size=0, **pax):
    """Return a member that is no plain file, with its header only."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.pax_headers, info.linkname = type_, size, pax, "a.avro"
    return info.tobuf(tarfile.PAX_FORMAT)


END = b"\0" * 1024


@pytest.mark.parametrize("type_", [tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE])
def test_members_that_are_no_files_are_recorded(tmp_path, type_):
    content = write_tar(tmp_path / "a.tar", SINGLE, "w").read_bytes()
    member = odd_member("odd.avro", type_)
    (tmp_path / "night.tar").write_bytes(member + content)
    tables, total = run(tmp_path, tmp_path / "night.tar")
    assert (total["alerts"], total["rejected"]) == (20, 1)
    assert only_reason(tables) == "a link, a sparse or special file inside a tarball"


def test_a_sparse_member_that_makes_no_sense(tmp_path):
    member = odd_member("odd.avro", **{"GNU.sparse.map": "x,y", "GNU.sparse.size": "3"})
    (tmp_path / "night.tar").write_bytes(member + END)
    tables, _ = run(tmp_path, tmp_path / "night.tar")
    assert "damaged or truncated tarball" in only_reason(tables)


@pytest.mark.parametrize("type_", [tarfile.REGTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_false_size_ends_at_the_end_of_the_file(tmp_path, type_):
    info = tarfile.TarInfo("odd.bin")
    info.type, info.size = type_, 1 << 62
    (tmp_path / "night.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + END)
    tables, _ = run(tmp_path, tmp_path / "night.tar")
    assert "damaged or truncated tarball" in only_reason(tables)


def test_a_huge_member_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tarball, "MAX_MEMBER_BYTES", 100_000)
    contents = {"0_huge.avro": b"\0" * 100_001, **SINGLE}
    tables, total = run(tmp_path, write_tar(tmp_path / "night.tar.gz", contents))
    assert (total["alerts"], total["rejected"]) == (20, 1)
    assert "100001 bytes, more than 100000" in only_reason(tables)


def failing_open(monkeypatch, name, number):
    """Let opening one file fail as the system's call would."""
    really = Path.open

    def fail(self, *args, **kwargs):
        if self.name == name:
            raise OSError(number, "the disk's answer", str(self))
        return really(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", fail)


def test_a_disk_that_fails_fails_the_job(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "night", SINGLE)
    failing_open(monkeypatch, f"{CANDIDS[3]}.avro", errno.EIO)
    with pytest.raises(OSError, match="the disk's answer"):
        run(tmp_path, folder)


def test_a_file_that_may_not_be_read_is_recorded(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "night", SINGLE)
    failing_open(monkeypatch, f"{CANDIDS[3]}.avro", errno.EACCES)
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (19, 1)
    assert "unreadable: the disk's answer" in only_reason(tables)


def test_nothing_that_may_hold_packets(tmp_path):
    folder = write_folder(tmp_path / "night", {"readme.txt": b""})
    with pytest.raises(ValueError, match=r"night: no \.avro or \.parquet in it"):
        run(tmp_path, folder)
    path = write_tar(tmp_path / "night.tar.gz", {"readme.txt": b""})
    with pytest.raises(ValueError, match=r"night\.tar\.gz: no \.avro in it"):
        run(tmp_path, path)


def test_folders_and_links_with_names_of_packets(tmp_path):
    folder = write_folder(tmp_path / "night", {})
    write_folder(folder / "a.avro", SINGLE)
    write_folder(folder / "b.parquet", {})
    (folder / "gone.avro").symlink_to(tmp_path / "nothing")
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (20, 1)
    assert only_reason(tables) == "unreadable: No such file or directory"
    before = fingerprint(folder)
    (tmp_path / "nothing").write_bytes(b"")
    assert fingerprint(folder) != before


def test_a_link_to_a_folder_is_recorded(tmp_path):
    folder = write_folder(tmp_path / "night", SINGLE)
    (folder / "loop").symlink_to(folder)
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (20, 1)
    assert only_reason(tables) == "a link to a folder, which is not followed"


def test_a_damaged_block_costs_itself_only(tmp_path):
    content = bytearray(container(PACKETS, codec="deflate", sync_interval=1))
    sync = bytes(content[-16:])
    starts = [i + 16 for i in range(len(content)) if content.startswith(sync, i)]
    content[starts[5] + 4 : starts[5] + 8] = b"\xff" * 4
    (tmp_path / "night.avro").write_bytes(content)
    tables, total = run(tmp_path, tmp_path / "night.avro", 3)
    assert (total["alerts"], total["rejected"]) == (19, 1)
    assert sorted(tables["alerts"]["candid"].to_pylist()) == CANDIDS[:5] + CANDIDS[6:]
    assert f"block at byte {starts[5]} is no deflate data" in only_reason(tables)


def array(items):
    return {"type": "array", "items": items}


def fixed(size):
    return {"type": "fixed", "name": "f", "size": size}


def nested(depth):
    schema = "int"
    for _ in range(depth):
        schema = array(schema)
    return schema


def bomb(leaf, levels=40):
    """Return a record of two records of two records …"""
    schema = record_type(f"r{levels}", [("a", leaf)])
    for i in reversed(range(levels)):
        schema = record_type(f"r{i}", [("a", schema), ("b", f"r{i + 1}")])
    return schema


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (array("null"), "items can be empty"),
        (array(fixed(0)), "items can be empty"),
        (array(record_type("r", [])), "items can be empty"),
        (array(record_type("r", [("a", "null"), ("b", record_type("s", []))])), "can be empty"),
        (fixed(-3), "no size of a fixed"),
        (fixed(1 << 31), "no size of a fixed"),
        (fixed("x"), "no size of a fixed"),
        (fixed(1.5), "no size of a fixed"),
        (fixed(True), "no size of a fixed"),
        (bomb("int"), "more than 100000 operations"),
        (bomb("null"), "more than 100000 operations"),
        (nested(5000), "not an AVRO schema"),
    ],
)
def test_schemas_that_do_harm(schema, reason):
    with pytest.raises(AvroError, match=reason):
        compile_schema(parse_schema(written(record_type("packet", [("candid", schema)]))))


def written(schema):
    """Return a schema's JSON; by hand for arrays, since json does not nest deep either."""
    depth = 0
    inner = schema["fields"][0]["type"]
    while isinstance(inner, dict) and inner["type"] == "array":
        inner, depth = inner["items"], depth + 1
    type_ = '{"type": "array", "items": ' * depth + json.dumps(inner) + "}" * depth
    text = json.dumps(record_type("packet", [("candid", "TYPE")]))
    return text.replace('"TYPE"', type_).encode()


def test_a_map_has_keys_and_so_bytes():
    schema = record_type("packet", [("a", {"type": "map", "values": "null"})])
    assert len(compile_schema(parse_schema(json.dumps(schema).encode())).tables) == 2


def test_types_nested_too_deep_to_compile():
    with pytest.raises(AvroError, match="nested too deep"):
        compile_schema(record_type("packet", [("a", nested(2000))]))
