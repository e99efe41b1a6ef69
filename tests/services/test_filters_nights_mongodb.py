"""Filters that see earlier nights pass what they pass in a MongoDB that the same nights filled."""

import json

import pytest
from archive_nights import ingest
from mongod import DATABASE
from nights import ZTF
from object_nights import make_packets, write_night

from pipeline.alerts.batch import Shard
from pipeline.filters.filter import Filter
from pipeline.filters.history.reading import Stores, with_earlier
from pipeline.filters.history.store import keep_histories, merge_histories
from pipeline.filters.run import Seen, run_filters
from pipeline.filters.upstream import stages

pytestmark = pytest.mark.services
NIGHTS, OBJECTS = 3, 40
PIPELINES = {
    "numbers": [
        {"$project": {"annotations": {
            "n": {"$size": "$prv_candidates"}, "forced": {"$size": "$fp_hists"},
            "first": {"$arrayElemAt": ["$prv_candidates", 0]},
            "last": {"$arrayElemAt": ["$prv_candidates", -1]},
            "of_alert": {"$max": "$fp_hists.alert_mag"},
        }}},
    ],
    "rising": [
        {"$project": {"prv_candidates": 1, "old": {"$filter": {
            "input": "$prv_candidates", "as": "i", "cond": {"$gt": ["$$i.magpsf", 18]}}}}},
        {"$match": {"prv_candidates.fid": 2, "old.2": {"$exists": True}}},
        {"$project": {"annotations": {"faintest": {"$max": "$old.magpsf"}}}},
    ],
}  # fmt: skip
PERMISSIONS = (1, 2)


@pytest.fixture(autouse=True)
def writer(server, monkeypatch):
    for name, value in server.environment("writer").items():
        monkeypatch.setenv(name, value)


def packets_of(night):
    """Return packets, one an object: what a MongoDB has of a night is then known to each."""
    made = make_packets(300, OBJECTS, night, 8)
    found = list({packet["objectId"]: packet for packet in made}.values())
    for packet in made:
        for number, item in enumerate(packet["prv_candidates"] or ()):
            item["programid"] = 1 + number % 3
            if item["magpsf"] is not None:
                item["magpsf"] = (17.5, 18.25, 19.125)[(number + packet["candid"]) % 3]
    return found


def asked(server, pipeline, candids):
    """Return what a broker passes of some alerts: annotations by candid, of one document each."""
    joined = [
        {"$match": {"candid": {"$in": candids}}},
        {"$lookup": {"from": "ZTF_alerts_aux", "localField": "objectId", "foreignField": "_id",
                     "as": "aux"}},
        {"$addFields": {name: {"$arrayElemAt": [f"$aux.{name}", 0]}
                        for name in ("prv_candidates", "fp_hists")}},
    ]  # fmt: skip
    found = {}
    with server.client() as client:
        for document in client[DATABASE]["ZTF_alerts"].aggregate(
            [*joined, *stages(PERMISSIONS), *pipeline]
        ):
            found.setdefault(document["_id"], []).append(document.get("annotations"))
    return {candid: some[0] for candid, some in found.items() if len(some) == 1}


def test_the_same_as_in_a_mongodb(server, tmp_path):
    filters = [
        Filter(name, permissions=PERMISSIONS, pipeline=json.dumps(pipeline))
        for name, pipeline in PIPELINES.items()
    ]
    nights = [packets_of(night) for night in range(NIGHTS)]
    folders = []
    for night, packets in enumerate(nights):
        index = write_night(tmp_path / str(night), packets)
        ingest(server, index, tmp_path / f"{night}.json")
        for stores in _ways(folders, tmp_path / f"month{night}"):
            (batch,) = Shard.load(index, 0, 1).batches(ZTF)
            (part,) = batch.documents
            table, _ = with_earlier(part.table, ZTF, Stores(stores))
            seen = Seen("ztf", table, {"alerts": batch.alerts})
            candids = [packet["candid"] for packet in packets]
            for one, result in run_filters(seen, filters):
                rows = result.candidates.to_pylist()
                ours = {row["candid"]: json.loads(row["annotations"]) for row in rows}
                wanted = asked(server, PIPELINES[one.name], candids)
                assert ours == wanted
                assert night == 0 or 0 < len(ours) <= len(candids)
                if night and one.name == "numbers":
                    assert max(a["n"] for a in ours.values()) > 6
        folders.append(tmp_path / f"store{night}")
        keep_histories(index, ZTF, (0, 1), folders[-1])


def _ways(folders, month):
    """Yield the stores of nights, and of them merged."""
    yield folders
    if folders:
        merge_histories(folders, ZTF, month)
        yield [month]
