"""For each kind of packet file: one bad file beside good ones costs itself, in a real run."""

import io
import json
import os
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from packets import container, packet
from workdir import OBJECTS

pytestmark = pytest.mark.workflow

GOOD = container([packet(900, "ZTF18bbbbbbb")])


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, store_schema=False)
    return stream.getvalue()


def renamed_field(name: bytes) -> bytes:
    """Return a packet in whose schema a field has another name."""
    old = b'{"name": "magzpsci", "type": ["null", "float"]}'
    new = b'{"name": ' + name + b', "type": ["null", "float"]}'
    content = GOOD.replace(old, new.ljust(len(old)), 1)
    assert content != GOOD
    return content


# A file's name, its content, and the reason that stands in `rejected`.
BAD = {
    b"caf\xe9.avro": (b"nothing", "not an AVRO container"),
    b"empty.avro": (b"", "empty file"),
    b"cut.avro": (GOOD[:-20], "truncated: block at byte"),
    b"list.avro": (renamed_field(b'["x"]'), "a field's name is ['x']"),
    b"half.avro": (renamed_field(b'"\\ud800"'), "which is no text"),
    b"framed.avro": (b"\0\0\0\0\x07abc", "schema 7.avsc is not in the schemas folder"),
    b"cut.parquet": (parquet(pa.table({"candid": [1]}))[:-9], "damaged or not parquet"),
    b"name.parquet": (
        parquet(pa.table({"QQxQQ": [1]})).replace(b"QQxQQ", b"QQ\xffQQ"),
        "a column's name is not UTF-8",
    ),
    b"other.parquet": (parquet(pa.table({"x": range(5000)})), "it has no column candid"),
}


def tar_with(path: Path, name: str, content: bytes) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for member, data in (("good.avro", GOOD), (name, content)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def test_one_bad_file_costs_itself(workdir):
    night = workdir.path / "night"
    for name, (content, _) in BAD.items():
        Path(os.fsdecode(os.fsencode(night) + b"/" + name)).write_bytes(content)
    tar_with(workdir.path / "bad.tar.gz", "caf\udce9.avro", b"nothing")
    cut = workdir.path / "cut.tar.gz"
    tar_with(cut, "more.avro", GOOD * 50)
    cut.write_bytes(cut.read_bytes()[:-30])
    nights = [("ztf", "folder", "night", 2), ("ztf", "bad", "bad.tar.gz", 1)]
    workdir.write_config({}, [*nights, ("ztf", "cut", "cut.tar.gz", 1)])
    workdir.snakemake("--cores", "2")
    check(workdir, "folder", OBJECTS, {os.fsdecode(n): why for n, (_, why) in BAD.items()})
    check(workdir, "bad", 1, {"caf\udce9.avro": "not an AVRO container"})
    check(workdir, "cut", 1, {"cut.tar.gz": "damaged or truncated tarball"})
    assert workdir.planned() == {}


def check(workdir, night: str, alerts: int, bad: dict[str, str]) -> None:
    found = json.loads((workdir.path / f"results/summary/ztf/{night}.json").read_text())
    assert (found["alerts"], found["rejected"]) == (alerts, len(bad))
    assert found["read"] == alerts + len(bad)
    files = sorted((workdir.path / "results/rejected/ztf" / night).glob("*.parquet"))
    rows = pa.concat_tables([pq.read_table(file) for file in files]).to_pylist()
    reasons = {Path(row["source"]).name: row["reason"] for row in rows}
    assert len(reasons) == len(bad)
    for name, why in bad.items():
        shown = os.fsencode(name).decode("utf-8", "backslashreplace")
        assert why in reasons[shown], shown
