"""A night's dump in every form and with every defect: nothing lost, everything counted."""

import io
import json
from pathlib import Path

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nights import ZTF, build_index, run, write_folder, write_tar
from packets import PARSED, container, packet

from pipeline.alerts.batch import Shard
from pipeline.alerts.counts import summarise_night
from pipeline.alerts.decode import ShardFiles, decode_shard
from pipeline.scores.shard import score_shard

CANDIDS = [2475433850015010000 + i for i in range(40)]
PACKETS = [packet(c, f"ZTF18aaaaa{i // 3:02d}", ra=float(i)) for i, c in enumerate(CANDIDS)]
SINGLE = {f"{p['candid']}.avro": container([p]) for p in PACKETS}


def make_dump(kind, tmp_path):
    if kind == "folder":
        return write_folder(tmp_path / "night", SINGLE)
    if kind == "folder of folders":
        write_folder(tmp_path / "night" / "a", dict(list(SINGLE.items())[:20]))
        return write_folder(tmp_path / "night" / "b", dict(list(SINGLE.items())[20:])).parent
    if kind.startswith("container"):
        path = tmp_path / "night.avro"
        codec = kind.split()[1]
        path.write_bytes(container(PACKETS, codec=codec, sync_interval=2000))
        return path
    if kind.startswith("tar"):
        return write_tar(tmp_path / f"night.{kind}", SINGLE, {"tar": "w"}.get(kind, "w:gz"))
    path = tmp_path / "night.parquet"
    rows = [{k: v for k, v in p.items() if not k.startswith("cutout")} for p in PACKETS]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


FORMS = [
    "folder", "folder of folders", "container null", "container deflate", "container snappy",
    "tar", "tar.gz", "tgz", "parquet",
]  # fmt: skip


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_gives_the_same_tables(kind, tmp_path):
    tables, total = run(tmp_path, make_dump(kind, tmp_path))
    expected, _ = run(tmp_path / "reference", write_folder(tmp_path / "reference" / "n", SINGLE))
    assert total == {
        "read": 40,
        "alerts": 40,
        "rejected": 0,
        "duplicates": 0,
        "history": 80,
        "history_left_out": 0,
    }
    assert sorted(tables["alerts"]["candid"].to_pylist()) == CANDIDS
    for name in ("alerts", "history"):
        assert tables[name].to_pylist() == expected[name].to_pylist()


@pytest.mark.parametrize("kind", ["folder", "container null", "tar.gz", "parquet"])
def test_shards_hold_the_same_rows_and_whole_objects(kind, tmp_path):
    dump = make_dump(kind, tmp_path)
    one, total = run(tmp_path, dump, 1)
    seven, total7 = run(tmp_path, dump, 7)
    assert total == total7
    for name in one:
        assert one[name].to_pylist() == seven[name].to_pylist()
    shards = [Shard.load(tmp_path / "out7-1" / "index.parquet", k, 7) for k in range(7)]
    of = {c: k for k, s in enumerate(shards) for c in s.packets["candid"].to_pylist()}
    objects = {
        p["objectId"]: {of[q["candid"]] for q in PACKETS if q["objectId"] == p["objectId"]}
        for p in PACKETS
    }
    assert all(len(shards) == 1 for shards in objects.values())
    assert len(set(of.values())) > 3


DEFECTS = {
    "0_empty.avro": (b"", "empty file"),
    "1_text.avro": (b"SIMPLE  =                    T", "not an AVRO container"),
    "2_cut.avro": (SINGLE[f"{CANDIDS[0]}.avro"][:-30], "truncated"),
    "3_no_candid.avro": (container([packet(None)]), "no candid"),
    "4_no_ra.avro": (container([packet(1, ra=None)]), "ra is null"),
    "5_nan_dec.avro": (container([packet(2, dec=float("nan"))]), "dec is null or outside"),
    "6_dec.avro": (container([packet(3, dec=91.0)]), "dec is null or outside"),
    "7_inf_jd.avro": (container([packet(4, jd=float("inf"))]), "time is null or not finite"),
}


def test_bad_packets_are_recorded_and_the_rest_goes_on(tmp_path):
    contents = {**SINGLE, **{n: c for n, (c, _) in DEFECTS.items()}, "readme.txt": b"hello"}
    tables, total = run(tmp_path, write_folder(tmp_path / "night", contents), 3)
    assert total["alerts"] == 40
    assert total["rejected"] == len(DEFECTS)
    reasons = {Path(r["source"]).name: r for r in tables["rejected"].to_pylist()}
    for name, (_, reason) in DEFECTS.items():
        assert reason in reasons[name]["reason"]
    assert reasons["4_no_ra.avro"]["candid"] == 1
    assert reasons["4_no_ra.avro"]["stage"] == "clean"
    assert reasons["0_empty.avro"]["stage"] == "read"


@pytest.mark.parametrize("shards", [1, 5])
def test_duplicates_count_once_and_the_good_copy_wins(tmp_path, shards):
    good = packet(77, "ZTF18bbbbbbb")
    contents = {
        **SINGLE,
        "0_damaged.avro": container([good])[:-25] + b"\xff" * 25,
        "1_copy.avro": container([good]),
        "2_copy.avro": container([good]),
        "3_other_object.avro": container([packet(77, "ZTF18ccccccc")]),
        "4_many.avro": container([good, packet(78), packet(78)]),
    }
    tables, total = run(tmp_path, write_folder(tmp_path / "night", contents), shards)
    assert total == {
        "read": 47,
        "alerts": 42,
        "rejected": 1,
        "duplicates": 4,
        "history": 84,
        "history_left_out": 0,
    }
    kept = [r for r in tables["alerts"].to_pylist() if r["candid"] == 77]
    assert [r["object_id"] for r in kept] == ["ZTF18bbbbbbb"]


UNUSABLE = [{"jd": float("nan")}, {"ra": None}, {"dec": -90.5}]


@pytest.mark.parametrize("shards", [1, 5])
@pytest.mark.parametrize("form", ["folder", "container", "parquet"])
def test_the_first_usable_packet_of_a_candid_counts(tmp_path, form, shards):
    """Those before and behind it that can be read but not used are rejected, each by itself."""
    odd = [packet(77, "ZTF18aaaaaaa", **values) for values in UNUSABLE]
    good = packet(77, "ZTF18ccccccc", magpsf=17.0)
    packets = [*odd, good, packet(77, "ZTF18ddddddd", magpsf=16.0), odd[0], packet(78, ra=None)]
    if form == "folder":
        contents = {f"{i}.avro": container([p]) for i, p in enumerate(packets)}
        dump = write_folder(tmp_path / "night", contents)
    elif form == "container":
        dump = tmp_path / "night.avro"
        dump.write_bytes(container(packets))
    else:
        dump = tmp_path / "night.parquet"
        rows = [{k: v for k, v in p.items() if not k.startswith("cutout")} for p in packets]
        pq.write_table(pa.Table.from_pylist(rows), dump)
    tables, total = run(tmp_path, dump, shards)
    assert total == {
        "read": 7,
        "alerts": 1,
        "rejected": 5,
        "duplicates": 1,
        "history": 2,
        "history_left_out": 0,
    }
    (alert,) = tables["alerts"].to_pylist()
    assert (alert["candid"], alert["object_id"], alert["magpsf"]) == (77, "ZTF18ccccccc", 17.0)
    reasons = tables["rejected"].to_pylist()
    assert {r["stage"] for r in reasons} == {"clean"}
    assert sorted((r["candid"], r["reason"].split()[0]) for r in reasons) == [
        (77, "dec"), (77, "its"), (77, "its"), (77, "ra"), (78, "ra")
    ]  # fmt: skip


def test_truncated_tarball_keeps_what_came_before(tmp_path):
    path = write_tar(tmp_path / "night.tar.gz", SINGLE)
    path.write_bytes(path.read_bytes()[:-200])
    tables, total = run(tmp_path, path, 2)
    assert 0 < total["alerts"] < 40
    assert total["rejected"] == 1
    rejected = tables["rejected"].to_pylist()[0]
    assert rejected["source"] == str(path)
    assert "truncated tarball after or in" in rejected["reason"]


@pytest.mark.parametrize("name", ["night.tar.gz", "night.tar", "night.parquet", "night.avro"])
def test_a_dump_that_is_no_such_thing_is_recorded(tmp_path, name):
    (tmp_path / name).write_bytes(b"not what its name says" * 50)
    tables, total = run(tmp_path, tmp_path / name)
    assert total["read"] == total["rejected"] == 1
    assert tables["alerts"].num_rows == 0
    assert tables["rejected"]["source"].to_pylist() == [str(tmp_path / name)]


def test_damaged_record_inside_a_block(tmp_path):
    content = bytearray(container(PACKETS[:5]))
    at = content.index(PACKETS[2]["objectId"].encode(), 200) - 1
    at = content.index(b"ZTF18aaaaa01")
    content[at - 1] = 0x7F  # an impossible length of the fourth record's objectId
    (tmp_path / "night.avro").write_bytes(bytes(content))
    tables, total = run(tmp_path, tmp_path / "night.avro")
    assert total["read"] == 4  # one row for what is behind the damage, with its number
    assert tables["alerts"]["candid"].to_pylist() == CANDIDS[:3]
    assert tables["rejected"]["position"].to_pylist() == [3]
    assert tables["rejected"]["reason"].to_pylist() == [
        "damaged record: impossible length (2 records)"
    ]


def test_another_surveys_packet(tmp_path):
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "night.parquet")
    tables, total = run(tmp_path, tmp_path / "night.parquet")
    assert total["rejected"] == 1
    (reason,) = tables["rejected"]["reason"].to_pylist()
    assert reason == "not a packet of ztf: it has no column candid or candidate.candid"


def test_missing_and_unknown_sources(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing: no such file or folder of packets"):
        run(tmp_path, tmp_path / "nothing")
    (tmp_path / "night.zip").write_bytes(b"PK")
    with pytest.raises(
        ValueError, match=r"night.zip: expected a folder or a file ending in \.avro"
    ):
        run(tmp_path, tmp_path / "night.zip")


def test_a_file_that_changed_since_the_index(tmp_path):
    folder = write_folder(tmp_path / "night", SINGLE)
    build_index(folder, ZTF, tmp_path / "i.parquet", tmp_path / "s.bin")
    file = folder / f"{CANDIDS[0]}.avro"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(OSError, match=f"{file.name}.*index it again"):
        list(Shard.load(tmp_path / "i.parquet", 0, 1).records())


@pytest.mark.parametrize("kind", ["folder", "container null"])
@pytest.mark.parametrize("job", ["decode", "score"])
def test_a_dump_replaced_by_one_of_the_same_size_is_noticed_by_its_candids(tmp_path, kind, job):
    dump = make_dump(kind, tmp_path)
    index = tmp_path / "i.parquet"
    build_index(dump, ZTF, index, tmp_path / "s.bin")
    for file in [dump] if dump.is_file() else dump.iterdir():
        content = file.read_bytes()
        numbers = [long_of(CANDIDS[0]), long_of(CANDIDS[0] + 10**6)]
        assert len(set(map(len, numbers))) == 1
        file.write_bytes(content.replace(*numbers))
    source = dump if dump.is_file() else dump / f"{CANDIDS[0]}.avro"
    message = (
        rf"{source}: packet 0 has candid {CANDIDS[0] + 10**6}, the index {CANDIDS[0]}: "
        r"changed since it was indexed; index it again \(snakemake --forcerun index_part\)"
    )
    made = {name: tmp_path / name for name in ("alerts", "history", "rejected", "counts")}
    with pytest.raises(OSError, match=message):
        if job == "decode":
            decode_shard(index, ZTF, 0, 1, ShardFiles(**made))
        else:
            score_shard(index, ZTF, (0, 1), {}, {}, "onnxruntime", tmp_path / "scores")
    assert not any(path.exists() for path in (*made.values(), tmp_path / "scores"))


def long_of(number):
    """Return AVRO's bytes of a long."""
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, "long", number)
    return stream.getvalue()


def test_confluent_frames(tmp_path):
    stream = io.BytesIO(b"\0\0\0\x03\xe8")
    stream.seek(5)
    fastavro.schemaless_writer(stream, PARSED, PACKETS[0])
    folder = write_folder(
        tmp_path / "night", {"a.avro": stream.getvalue(), "b.avro": b"\0\0\0\0\x01x"}
    )
    schemas = write_folder(tmp_path / "schemas", {"1000.avsc": json.dumps(PARSED).encode()})
    tables, total = run(tmp_path, folder, schemas=schemas)
    assert total["alerts"] == 1
    assert tables["alerts"]["candid"].to_pylist() == CANDIDS[:1]
    assert "schema 1.avsc is not in" in tables["rejected"]["reason"].to_pylist()[0]


def test_memory_of_candids_is_exact(tmp_path):
    """2.5e18 does not fit a float; pandas writes earlier candids as floats with gaps."""
    big = 2**62 + 1
    rows = [
        {
            **packet(big),
            "prv_candidates": [
                {"jd": 1.0, "fid": 1, "candid": 5.0},
                {"jd": 2.0, "fid": 1, "candid": None},
            ],
        }
    ]
    rows = [{k: v for k, v in r.items() if not k.startswith("cutout")} for r in rows]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "night.parquet")
    tables, _ = run(tmp_path, tmp_path / "night.parquet")
    assert tables["alerts"]["candid"].to_pylist() == [big]
    assert tables["history"]["prv_candid"].to_pylist() == [5, None]


def test_counts_that_do_not_add_up(tmp_path):
    counts = {
        "read": 3,
        "alerts": 1,
        "rejected": 1,
        "duplicates": 0,
        "history": 0,
        "history_left_out": 0,
        "unlisted_fields": [],
    }
    (tmp_path / "a.json").write_text(json.dumps(counts))
    with pytest.raises(ValueError, match="a.json: packets read are not"):
        summarise_night([tmp_path / "a.json"], tmp_path / "sum.json")


def test_a_failed_write_leaves_no_table(tmp_path, monkeypatch):
    """A disk that fills up while a shard is written."""
    folder = write_folder(tmp_path / "night", SINGLE)
    index = tmp_path / "i.parquet"
    build_index(folder, ZTF, index, tmp_path / "s.bin")

    def full(self, table, row_group=None):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    names = ("alerts", "history", "rejected")
    files = ShardFiles(
        *(tmp_path / "o" / f"{n}.parquet" for n in names), counts=tmp_path / "o" / "c.json"
    )
    with pytest.raises(OSError, match="No space left") as caught:
        decode_shard(index, ZTF, 0, 1, files)
    assert any("while writing" in note for note in caught.value.__notes__)
    assert list((tmp_path / "o").iterdir()) == []


def test_ra_360_is_zero(tmp_path):
    folder = write_folder(tmp_path / "night", {"a.avro": container([packet(1, ra=360.0)])})
    tables, _ = run(tmp_path, folder)
    assert tables["alerts"]["ra"].to_pylist() == [0.0]
    assert np.isfinite(tables["alerts"]["l"].to_numpy()).all()
