"""What a MongoDB holds does not depend on the order, on repetition, or on who else writes."""

import multiprocessing
from itertools import permutations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archive_nights import (
    COLLECTIONS,
    contents,
    ingest,
)
from broker_way import alert_document, object_documents
from mongod import DATABASE
from object_nights import in_schema, make_packets, write_night

pytestmark = pytest.mark.services
NIGHTS = 3


@pytest.fixture(autouse=True)
def writer(server, monkeypatch):
    for name, value in server.environment("writer").items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Return the packets and the index of some nights with the same objects."""
    folder = tmp_path_factory.mktemp("nights")
    made = [make_packets(60, 12, night, 3) for night in range(NIGHTS)]
    return [
        (in_schema(some), write_night(folder / str(night), some)) for night, some in enumerate(made)
    ]


def expected(packets):
    return {
        "ZTF_alerts": {p["candid"]: alert_document(p) for p in packets},
        "ZTF_alerts_aux": object_documents(packets),
    }


def same(found, wanted):
    for name in COLLECTIONS:
        assert found[name].keys() == wanted[name].keys()
        for key, document in wanted[name].items():
            assert found[name][key] == document, (name, key)


def test_documents_as_a_broker_makes_them(server, nights, tmp_path):
    every = [packet for packets, _ in nights for packet in packets]
    for night, (_, index) in enumerate(nights):
        ingest(server, index, tmp_path / f"{night}.json")
    found, indexes = contents(server)
    same(found, expected(every))
    assert len(indexes["ZTF_alerts"]) == 4
    for document in found["ZTF_alerts"].values():
        assert next(iter(document)) == "_id"


def test_order_and_repetition_change_nothing(server, nights, tmp_path):
    results = []
    for order in [(0, 1, 2), (2, 1, 0), (1, 1, 0, 2, 0)]:
        with server.client() as client:
            client.drop_database(DATABASE)
        for night in order:
            ingest(server, nights[night][1], tmp_path / f"{night}.json")
        receipts = [(tmp_path / f"{n}.json").read_bytes() for n in range(NIGHTS)]
        results.append((raw(server), receipts))
    assert results[0] == results[1] == results[2]


def test_shards_at_once(server, nights, tmp_path):
    """All nights have the same objects: their documents are made by several at once."""
    start = multiprocessing.get_context("fork")
    jobs = [
        start.Process(
            target=ingest,
            args=(server, index, tmp_path / f"{night}-{k}.json"),
            kwargs={"part": (k, 2)},
        )
        for night, (_, index) in enumerate(nights)
        for k in range(2)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [job.exitcode for job in jobs] == [0] * len(jobs)
    same(contents(server)[0], expected([packet for packets, _ in nights for packet in packets]))


def test_what_changes_is_replaced(server, nights, tmp_path):
    packets, index = nights[0]
    candids = [p["candid"] for p in packets]
    ingest(server, index, tmp_path / "0.json")
    scores = pa.table(
        {
            "candid": candids,
            "braai": pa.array([None, *[0.5] * (len(candids) - 1)], pa.float32()),
            "braai_version": ["d6_m9"] * len(candids),
            "braai_reason": pa.array([None] * len(candids), pa.string()),
        }
    )
    near = candids[::2]
    matches = pa.table(
        {
            "candid": [c for c in near for _ in range(2)],
            "catalog": ["vsx"] * 2 * len(near),
            "match_id": ["b", "a"] * len(near),
            "distance_arcsec": [1.5, 0.5] * len(near),
            "distance_kpc": pa.nulls(2 * len(near), pa.float64()),
            "rank": pa.array([2, 1] * len(near), pa.int32()),
            "vsx_VType": ["EW", None] * len(near),
        }
    )
    pq.write_table(scores, tmp_path / "scores.parquet")
    pq.write_table(matches, tmp_path / "matches.parquet")
    tables = {name: tmp_path / f"{name}.parquet" for name in ("scores", "matches")}
    before = (tmp_path / "0.json").read_bytes()
    for _ in range(2):
        ingest(server, index, tmp_path / "0.json", tables=tables, catalogs=["vsx", "gaia"])
    assert (tmp_path / "0.json").read_bytes() != before
    scored = {"braai": 0.5, "braai_version": "d6_m9"}
    found = [
        {"_id": "a", "coordinates": {"distance_arcsec": 0.5}},
        {"_id": "b", "VType": "EW", "coordinates": {"distance_arcsec": 1.5}},
    ]
    wanted = {
        "ZTF_alerts": {
            p["candid"]: alert_document(p, scored if p["candid"] != candids[0] else None)
            for p in packets
        },
        "ZTF_alerts_aux": object_documents(
            packets, {key: {"vsx": found} for key in near}, ["vsx", "gaia"]
        ),
    }
    same(contents(server)[0], wanted)


def test_an_object_document_that_was_lost_comes_back(server, nights, tmp_path):
    packets, index = nights[0]
    ingest(server, index, tmp_path / "0.json")
    with server.client() as client:
        client[DATABASE].ZTF_alerts_aux.delete_many({})
    ingest(server, index, tmp_path / "0.json")
    same(contents(server)[0], expected(packets))


def raw(server):
    """Return every document's bytes."""
    return raw_of(server, COLLECTIONS)


def raw_of(server, names):
    """Return the bytes of all documents of some collections."""
    from bson.codec_options import CodecOptions
    from bson.raw_bson import RawBSONDocument

    options = CodecOptions(document_class=RawBSONDocument)
    with server.client() as client:
        collections = [
            client[DATABASE].get_collection(name, codec_options=options) for name in names
        ]
        return [sorted(bytes(document.raw) for document in c.find()) for c in collections]


def test_permutations_of_alerts_of_one_object(server, tmp_path):
    """Item by item the same bytes, whichever comes first."""
    made = make_packets(3, 1, 0, 5)
    results = set()
    for k, order in enumerate(permutations(range(3))):
        with server.client() as client:
            client.drop_database(DATABASE)
        for i in order:
            index = write_night(tmp_path / f"{k}-{i}", [made[i]])
            ingest(server, index, tmp_path / "receipt.json")
        results.add(tuple(map(tuple, raw(server))))
    assert len(results) == 1
