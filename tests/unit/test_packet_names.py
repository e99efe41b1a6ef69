"""Names and texts that are not UTF-8: of files, members, fields, columns, values."""

import io
import os
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nights import run, write_folder, write_tar
from packets import container, packet

from pipeline.io.avro import AvroError, parse_schema
from pipeline.io.avro_program import compile_schema
from pipeline.io.names import readable
from pipeline.plan.fingerprint import fingerprint

CANDIDS = [2475433850015010000 + i for i in range(6)]
PACKETS = [packet(c, ra=float(i)) for i, c in enumerate(CANDIDS)]
SINGLE = {f"{p['candid']}.avro": container([p]) for p in PACKETS}
BAD = b"caf\xe9.avro"


def odd_file(folder: Path, content: bytes) -> Path:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + BAD))
    try:
        path.write_bytes(content)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    return path


def test_readable():
    assert readable("plain é") == "plain é"
    assert readable(os.fsdecode(BAD)) == r"caf\xe9.avro"


@pytest.mark.parametrize("shards", [1, 3])
def test_a_file_whose_name_is_not_utf8_is_read(tmp_path, shards):
    folder = write_folder(tmp_path / "night", dict(list(SINGLE.items())[:5]))
    odd_file(folder, SINGLE[f"{CANDIDS[5]}.avro"])
    tables, total = run(tmp_path, folder, shards)
    assert sorted(tables["alerts"]["candid"].to_pylist()) == CANDIDS
    assert total["rejected"] == 0
    assert len(fingerprint(folder)) == 16


@pytest.mark.parametrize("content", [b"", b"nothing", b"\0\0\0\0\x05abcdef"])
def test_a_damaged_file_whose_name_is_not_utf8_is_named(tmp_path, content):
    folder = write_folder(tmp_path / "night", SINGLE)
    odd_file(folder, content)
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (6, 1)
    assert tables["rejected"]["source"].to_pylist() == [rf"{folder}/caf\xe9.avro"]


def test_links_and_folders_whose_names_are_not_utf8(tmp_path):
    folder = write_folder(tmp_path / "night", SINGLE)
    inner = Path(os.fsdecode(os.fsencode(folder) + b"/\xff"))
    try:
        inner.mkdir()
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    (inner / "7.avro").write_bytes(container([packet(7)]))
    (inner / "gone.avro").symlink_to(tmp_path / "nothing")
    (inner / "loop").symlink_to(folder)
    tables, _ = run(tmp_path, folder)
    assert sorted(tables["alerts"]["candid"].to_pylist()) == [7, *CANDIDS]
    assert sorted(tables["rejected"]["source"].to_pylist()) == [
        rf"{folder}/\xff/gone.avro", rf"{folder}/\xff/loop",
    ]  # fmt: skip


def test_a_dump_whose_own_name_is_not_utf8(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/night\xe9.tar"))
    try:
        write_tar(path, SINGLE, "w")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    tables, total = run(tmp_path, path)
    assert tables["alerts"]["candid"].to_pylist() == CANDIDS
    assert total["rejected"] == 0


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_members_whose_names_are_not_utf8(tmp_path, suffix, format_):
    path = tmp_path / f"night{suffix}"
    names = [*SINGLE, "zz_bad.avro"]
    contents = {**SINGLE, "zz_bad.avro": b"nothing"}
    with tarfile.open(path, "w:gz" if suffix != ".tar" else "w", format=format_) as archive:
        for name in names:
            info = tarfile.TarInfo(f"caf\udce9_{name}")
            info.size = len(contents[name])
            archive.addfile(info, io.BytesIO(contents[name]))
    tables, total = run(tmp_path, path)
    assert tables["alerts"]["candid"].to_pylist() == CANDIDS
    assert total["rejected"] == 1
    assert tables["rejected"]["source"].to_pylist() == [rf"{path}/caf\xe9_zz_bad.avro"]


def test_a_tarball_damaged_behind_such_a_member(tmp_path):
    path = tmp_path / "night.tar"
    info = tarfile.TarInfo("caf\udce9.avro")
    content = SINGLE[f"{CANDIDS[0]}.avro"]
    info.size = len(content)
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(content))
        end = archive.offset
    path.write_bytes(path.read_bytes()[:end] + b"x" * 512)
    tables, total = run(tmp_path, path)
    assert (total["alerts"], total["rejected"]) == (1, 1)
    assert r"damaged or truncated tarball after or in caf\xe9.avro" in (
        tables["rejected"]["reason"][0].as_py()
    )


@pytest.mark.parametrize("name", ['["x"]', "1", "null", '"\\ud800"', "{}", "true", "1.5"])
def test_a_field_whose_name_is_no_text(tmp_path, name):
    """In the header of one file of a night, and to whom compiles it."""
    inner = f'{{"type": "record", "name": "r", "fields": [{{"name": {name}, "type": "int"}}]}}'
    for text in (inner, f'{{"type":"record","name":"q","fields":[{{"name":"a","type":{inner}}}]}}'):
        with pytest.raises(AvroError, match="a field's name is .* which is no text"):
            compile_schema(parse_schema(text.encode()))
    content = SINGLE[f"{CANDIDS[0]}.avro"]
    old = b'{"name": "magzpsci", "type": ["null", "float"]}'
    assert old in content
    at = content.index(old)
    new = f'{{"name": {name}, "type": ["null", "float"]}}'.encode().ljust(len(old))
    folder = write_folder(tmp_path / "night", SINGLE)
    bad = folder / f"{CANDIDS[0]}.avro"
    bad.write_bytes(content[:at] + new + content[at + len(old) :])
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (5, 1)
    assert "a field's name is" in tables["rejected"]["reason"][0].as_py()
    assert tables["rejected"]["source"].to_pylist() == [str(bad)]


@pytest.mark.parametrize("symbols", ["1", '"abc"', "[1]", '["\\ud800"]', "null"])
def test_symbols_that_are_no_texts(symbols):
    enum = f'{{"type": "enum", "name": "e", "symbols": {symbols}}}'
    text = f'{{"type": "record", "name": "r", "fields": [{{"name": "a", "type": {enum}}}]}}'
    with pytest.raises(AvroError):
        compile_schema(parse_schema(text.encode()))


def test_a_parquet_column_whose_name_is_not_utf8(tmp_path):
    folder = write_folder(tmp_path / "night", SINGLE)
    stream = io.BytesIO()
    pq.write_table(pa.table({"candid": [1], "QQxQQ": [2]}), stream, store_schema=False)
    (folder / "bad.parquet").write_bytes(stream.getvalue().replace(b"QQxQQ", b"QQ\xffQQ"))
    tables, total = run(tmp_path, folder)
    assert (total["alerts"], total["rejected"]) == (6, 1)
    (reason,) = tables["rejected"]["reason"].to_pylist()
    assert "a column's name is not UTF-8" in reason
    assert r"QQ\xffQQ" in reason


UNREAD = {
    "B.AVRO": ".AVRO",
    "x.avro.gz": ".avro.gz",
    "y.Tar.gz": ".Tar.gz",
    "z.tgz": ".tgz",
    "t.tar": ".tar",
}


def test_files_that_look_like_packets_and_are_not_read_are_told(tmp_path):
    others = {"README": b"", "a.json": b"", "c.gz": b"", "avro": b""}
    content = container([packet(5)])
    files = {"5.avro": content, "Q.PARQUET": b"", **dict.fromkeys(UNREAD, content), **others}
    tables, total = run(tmp_path, write_folder(tmp_path / "night", files))
    assert (total["alerts"], total["rejected"]) == (1, 6)
    found = {r["source"]: r["reason"] for r in tables["rejected"].to_pylist()}
    expected = {**UNREAD, "Q.PARQUET": ".PARQUET"}
    assert found == {
        f"{tmp_path}/night/{name}": f"not read: name ends in {end}, expected .avro or .parquet"
        for name, end in expected.items()
    }


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_members_that_look_like_packets_and_are_not_read_are_told(tmp_path, suffix):
    content = container([packet(5)])
    files = {"5.avro": content, "q.parquet": b"", **dict.fromkeys(UNREAD, content), "a.txt": b""}
    path = write_tar(tmp_path / f"n{suffix}", files, "w" if suffix == ".tar" else "w:gz")
    tables, total = run(tmp_path, path)
    assert (total["alerts"], total["rejected"]) == (1, 6)
    found = {r["source"]: r["reason"] for r in tables["rejected"].to_pylist()}
    assert found == {
        f"{path}/{name}": f"not read: name ends in {end}, expected .avro"
        for name, end in {**UNREAD, "q.parquet": ".parquet"}.items()
    }
