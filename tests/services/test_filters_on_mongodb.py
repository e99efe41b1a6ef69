"""Filters that cannot be translated, run by a real MongoDB, beside what it says of each alert."""

import json

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from bson import json_util
from mongod import DATABASE
from nights import ZTF
from object_nights import in_schema, make_packets, write_night
from pymongo.errors import OperationFailure
from workdir import make_workdir

from pipeline.cli.main import main
from pipeline.documents.refused import Refused
from pipeline.filters.check import untranslated
from pipeline.filters.filter import Filter
from pipeline.filters.on_mongodb import mongo_outcome
from pipeline.filters.run import run_filters, told_what_null_means
from pipeline.filters.shard import ShardInputs, documents_of_shard
from pipeline.filters.upstream import shape_of, stages, upstream
from pipeline.services.mongodb import Server

PERMISSIONS = (1, 2)
REFUSED = {
    "facet": [
        {"$facet": {
            "own": [{"$match": {"candidate.magpsf": {"$lt": 19}}}],
            "earlier": [{"$unwind": "$prv_candidates"}, {"$match": {"prv_candidates.fid": 1}}],
        }},
        {"$match": {"own.0": {"$exists": True}, "earlier.1": {"$exists": True}}},
        {"$project": {"annotations": {"n": {"$size": "$earlier"}}}},
    ],
    "window": [
        {"$match": {"candidate.magpsf": {"$lt": 19}}},
        {"$unwind": "$prv_candidates"},
        {"$setWindowFields": {
            "sortBy": {"prv_candidates.jd": 1},
            "output": {"before": {"$shift": {"output": "$prv_candidates.magpsf", "by": -1}}},
        }},
        {"$match": {"$expr": {"$lt": ["$prv_candidates.magpsf", "$before"]}}},
        {"$limit": 1},
        {"$project": {"_id": 0, "annotations": {"mag": "$before", "at": "$prv_candidates.jd"}}},
    ],
    "bucket": [
        {"$unwind": "$prv_candidates"},
        {"$bucket": {"groupBy": "$prv_candidates.magpsf", "boundaries": [10, 18, 19, 30],
                     "default": "none", "output": {"n": {"$sum": 1}}}},
    ],
    "zipped, fails on some": [
        {"$match": {"candidate.candid": {"$gt": 3}}},
        {"$project": {"annotations": {
            "pairs": {"$zip": {"inputs": ["$prv_candidates.jd", "$prv_candidates.magpsf"]}},
            "share": {"$divide": [1, {"$size": "$prv_candidates"}]},
        }}},
        {"$match": {"annotations.share": {"$lt": 0.5}}},
        {"$project": {"annotations": 1}},
    ],
}  # fmt: skip
TRANSLATED = {
    "plain": [
        {"$match": {"candidate.magpsf": {"$lt": 19}, "candidate.diffmaglim": None}},
        {"$project": {"annotations": {"mag": "$candidate.magpsf", "gone": "$nothing"}}},
    ],
    "histories": [
        {"$match": {"prv_candidates.magpsf": {"$exists": False}}},
        {"$project": {"annotations": {
            "n": {"$size": "$prv_candidates"}, "jds": "$prv_candidates.jd",
            "limits": {"$filter": {"input": "$prv_candidates", "cond": {
                "$eq": [{"$type": "$$this.magpsf"}, "missing"]}}},
            "name": "$objectId", "geo": "$coordinates.radec_geojson",
        }}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def packets():
    made = make_packets(80, 12, 0, seed=8)
    for i, packet in enumerate(made):
        packet["candidate"]["programid"] = 1 + i % 3
        for item in packet["prv_candidates"] or ():
            item["programid"] = 1 + i % 2
    return made


@pytest.fixture(scope="module")
def seen(packets, tmp_path_factory):
    index = write_night(tmp_path_factory.mktemp("night"), packets)
    (found,) = documents_of_shard(ShardInputs(index, (0, 1)), ZTF)
    return found


@pytest.fixture(scope="module")
def stored(replica_set, packets):
    """Return a collection with the packets, as the driver writes Python's dicts."""
    with replica_set.client() as client:
        client.drop_database(DATABASE)
        collection = client[DATABASE].packets
        for packet in in_schema(packets):
            for name in ("prv_candidates", "fp_hists"):
                items = packet.get(name) or ()
                packet[name] = [{k: v for k, v in i.items() if v is not None} for i in items]
            collection.insert_one({"_id": packet["candid"], **packet})
        yield collection


@pytest.fixture
def reader(replica_set, monkeypatch):
    for name, value in replica_set.environment("reader").items():
        monkeypatch.setenv(name, value)
    return Server(replica_set.uri, DATABASE)


def directly(collection, pipeline):
    """Return what passes and with which annotations, each alert asked for by itself."""
    found = {}
    for candid in collection.distinct("_id"):
        alone = [{"$match": {"_id": candid}}, *stages(PERMISSIONS), *pipeline]
        try:
            out = list(collection.aggregate(alone))
        except OperationFailure:
            continue
        if len(out) == 1:
            found[candid] = out[0].get("annotations")
    return found


@pytest.mark.parametrize("name", REFUSED)
def test_as_the_server_says_of_each_alert(reader, stored, seen, name):
    pipeline = REFUSED[name]
    one = Filter(name, permissions=PERMISSIONS, pipeline=json.dumps(pipeline))
    assert untranslated(one)
    plain = Filter("plain", pipeline=json.dumps(TRANSLATED["plain"]))
    results = {f.name: result for f, result in run_filters(seen, [one, plain], reader)}
    result, expected = results[name], directly(stored, pipeline)
    found = result.candidates.to_pylist()
    assert {
        row["candid"]: row["annotations"] and json_util.loads(row["annotations"]) for row in found
    } == expected
    assert 0 < len(expected) < 53 or name == "bucket"
    verdicts = result.verdicts.to_pylist()
    assert len(verdicts) == 80
    for row in verdicts:
        assert row["passed"] is (row["candid"] in expected)
        assert (row["reason"] is None) is row["passed"]
    reasons = {row["reason"] for row in verdicts}
    assert (
        reasons
        >= {
            "facet": {"stage 2 ($match): no document is left"},
            "window": {
                "stage 1 ($match): no document is left",
                "stage 4 ($match): no document is left",
            },
            "bucket": {"more than one document is left"},
            "zipped, fails on some": {"stage 2 ($project): fails"},
        }[name]
    )
    assert results["plain"].candidates.num_rows


@pytest.mark.parametrize("name", TRANSLATED)
def test_as_translated_filters(reader, stored, seen, name):
    """The documents that are sent are those that translated filters see, to the last null."""
    given = Filter(name, permissions=PERMISSIONS, pipeline=json.dumps(TRANSLATED[name]))
    ((_, here),) = run_filters(seen, [given])
    documents = upstream(seen.documents, shape_of("ztf"), PERMISSIONS)
    assert told_what_null_means(documents.schema)
    there = mongo_outcome(reader, TRANSLATED[name], documents).passed.sort_by("_id")
    assert there.num_rows
    ours = here.candidates.sort_by("candid")
    assert ours["candid"].to_pylist() == there["_id"].to_pylist()
    pairs = zip(ours["annotations"], there["annotations"], strict=True)
    for one, theirs in pairs:
        assert json_util.loads(one.as_py()) == json_util.loads(theirs.as_py())


def test_what_never_runs(reader, seen):
    for stage in ({"$out": "x"}, {"$lookup": {"from": "x"}}, {"$match": {"$where": "1"}}):
        with pytest.raises(Refused, match="not allowed"):
            mongo_outcome(reader, [stage], seen.documents)
        (result,) = (
            r for _, r in run_filters(seen, [Filter("f", pipeline=json.dumps([stage]))], reader)
        )
        assert result.verdicts["passed"].null_count == 80


def test_what_the_server_refuses(reader, seen):
    one = Filter("f", pipeline=json.dumps([{"$geoNear": {}}]))
    ((_, result),) = run_filters(seen, [one], reader)
    assert result.verdicts["passed"].null_count == 80
    assert "the MongoDB refuses it" in result.warnings[0]


def test_nothing_is_written(reader, replica_set, stored, seen):
    with replica_set.client() as client:
        before = client[DATABASE].list_collection_names()
        mongo_outcome(reader, REFUSED["facet"], upstream(seen.documents, shape_of("ztf"), (1,)))
        assert client[DATABASE].list_collection_names() == before


def test_in_the_workflow(replica_set, tmp_path, monkeypatch, capsys):
    workdir = make_workdir(tmp_path)
    folder = workdir.path / "config/filters"
    folder.mkdir(parents=True, exist_ok=True)
    own = {"$match": {"own.0": {"$exists": True}}}
    filter_ = {"name": "facet", "pipeline": [REFUSED["facet"][0], own]}
    (folder / "facet.json").write_text(json.dumps(filter_))
    workdir.configure(2, filters={"path": "config/filters"})
    output = workdir.snakemake("--cores", "2", ok=False)
    assert "stage 1 ($facet)" in output
    assert "a MongoDB would run it (archive.uri)" in output
    assert not (workdir.path / "results").exists()
    archive = {"uri": replica_set.uri, "database": DATABASE}
    workdir.configure(2, filters={"path": "config/filters"}, archive=archive)
    workdir.snakemake("--cores", "2", **replica_set.environment("writer"))
    verdicts = ds.dataset(workdir.path / "results/verdicts").to_table()
    assert verdicts["passed"].null_count == 0
    assert pc.sum(verdicts["passed"]).as_py() > 0
    (summary,) = (workdir.path / "results/filters/ztf").glob("*.json")
    assert json.loads(summary.read_text())["filters"]["facet"]["unknown"] == 0
    for name, value in replica_set.environment("reader").items():
        monkeypatch.setenv(name, value)
    at = ["--directory", str(workdir.path)]
    (night,) = {path.stem for path in (workdir.path / "results/filters/ztf").glob("*.json")}
    passed = pc.sum(verdicts["passed"]).as_py()
    assert main(["filter", "test", str(folder / "facet.json"), "--nights", night, *at]) == 0
    out = capsys.readouterr().out
    assert f"{night}: {passed:,} of {len(verdicts):,} alerts" in out
    for row in verdicts.to_pylist()[:4]:
        assert main(["filter", "explain", str(folder / "facet.json"), str(row["candid"]), *at]) == 0
        out = capsys.readouterr().out
        assert "not translated: stage 1 ($facet)" in out
        assert (": passes" if row["passed"] else f": does not pass: {row['reason']}") in out
