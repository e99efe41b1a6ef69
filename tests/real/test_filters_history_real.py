"""Histories of real alerts over nights, against sets made one by one in Python."""

import io
import math
import tarfile

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from nights import build_index

from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.registry import get_survey
from pipeline.filters.history.reading import Stores, with_earlier
from pipeline.filters.history.store import keep_histories, merge_histories

pytestmark = pytest.mark.real
ZTF = get_survey("ztf")
NIGHTS = 4


def kept(folder, dump, shards):
    """Index a night and keep what its packets know; return the index and the stores."""
    folder.mkdir()
    build_index(dump, ZTF, folder / "index", folder / "spool")
    stores = [folder / f"store{shard}" for shard in range(shards)]
    for shard, store in enumerate(stores):
        keep_histories(folder / "index", ZTF, (shard, shards), store)
    return folder / "index", stores


def known(item):
    """Return what an item says, as a set can have it."""
    return frozenset((k, v) for k, v in item.items() if v is not None and v == v)  # noqa: PLR0124


def merged(index, stores, part=(0, 1)):
    """Return the earlier measurements of each alert, and that they are in order."""
    found = {}
    for batch in Shard.load(index, *part).batches(ZTF):
        for documents in batch.documents:
            table, unlike = with_earlier(documents.table, ZTF, Stores(stores))
            assert unlike == ()
            for row in table.select(["candid", "prv_candidates"]).to_pylist():
                items = row["prv_candidates"] or []
                times = [item["jd"] for item in items]
                assert times == sorted(times)
                found[row["candid"]] = sets = {known(item) for item in items}
                assert len(sets) == len(items)
    return found


@pytest.mark.parametrize("name", ["ztf_pseudo_alerts", "ztf_real_alerts"])
def test_objects_with_many_alerts(shared, tmp_path, name):
    table = pq.read_table(shared / f"data/alerts/{name}.parquet")
    jd = pc.struct_field(table["candidate"].combine_chunks(), "jd").to_numpy()
    order = np.argsort(jd, kind="stable")
    earlier, stores = [], []
    for night, rows in enumerate(np.array_split(order, NIGHTS)):
        some = table.take(pa.array(rows))
        dump = tmp_path / f"{night}.parquet"
        pq.write_table(some, dump)
        index, mine = kept(tmp_path / f"night{night}", dump, 1 + night)
        packets = some.select(["candid", "objectId", "candidate", "prv_candidates"]).to_pylist()
        by_object = {}
        for packet in earlier:
            by_object.setdefault(packet["objectId"], []).append(packet)
        wanted = {}
        for packet in packets:
            then = packet["candidate"]["jd"]
            before = [
                p for p in by_object.get(packet["objectId"], []) if p["candidate"]["jd"] <= then
            ]
            wanted[packet["candid"]] = {
                known(item) for p in [*before, packet] for item in p["prv_candidates"] or ()
            }
        found = merged(index, stores)
        assert found == wanted
        if night == NIGHTS - 1:
            own = {p["candid"]: len(p["prv_candidates"] or ()) for p in packets}
            assert sum(len(items) > own[candid] for candid, items in found.items()) > 0
            rows_ = merge_histories(stores, ZTF, tmp_path / "month")
            assert rows_ < Stores(stores).rows
            assert merged(index, [tmp_path / "month"]) == wanted
            parts = [merged(index, stores, (shard, 5)) for shard in range(5)]
            assert {k: v for part in parts for k, v in part.items()} == wanted
        earlier += packets
        stores += mine


def test_nights_of_other_schemas(shared, tmp_path):
    """Two nightly tarballs of 2018, and packets of 2020 and 2023: whose schemas differ."""
    folder = shared / "data/alerts"
    tarballs = [folder / "ztf_tarballs" / f"ztf_public_{name}.tar.gz"
                for name in ("20180201", "20180819_mod1000")]  # fmt: skip
    stores, packets = [], {}
    for number, dump in enumerate([*tarballs, folder / "ztf/20200202", folder / "ztf/20231012"]):
        index, mine = kept(tmp_path / str(number), dump, 2)
        own = dict(packets_in(dump))
        found = merged(index, stores)
        assert found.keys() == own.keys()
        for candid, packet in own.items():
            same = [p for p in packets.values() if p["objectId"] == packet["objectId"]]
            items = [i for p in [*same, packet] for i in p["prv_candidates"] or ()]
            assert found[candid] == {known(item) for item in items}
        packets |= own
        stores += mine
    assert len(packets) > 70
    assert math.isfinite(merge_histories(stores, ZTF, tmp_path / "all"))


def packets_in(dump):
    if dump.is_dir():
        contents = [path.read_bytes() for path in sorted(dump.glob("*.avro"))]
    else:
        with tarfile.open(dump) as archive:
            files = [archive.extractfile(member) for member in archive if member.isfile()]
            contents = [file.read() for file in files]
    for content in contents:
        for packet in fastavro.reader(io.BytesIO(content)):
            yield packet["candid"], packet
