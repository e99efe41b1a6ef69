"""Brokers' users' filters from packets through the workflow, against a MongoDB of the same."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
from mongod import DATABASE
from workdir import Workdir

from pipeline.documents.extended_json import parse_pipeline
from pipeline.filters.filter_file import read_folder

pytestmark = [pytest.mark.services, pytest.mark.real]

NIGHTS = {
    "20170816": "ztf",
    "20180201": "ztf_tarballs/ztf_public_20180201.tar.gz",
    "20180819": "ztf_tarballs/ztf_public_20180819_mod1000.tar.gz",
}
SHARDS = 2


@pytest.fixture
def workdir(shared, tmp_path) -> Workdir:
    """Return a directory with the reference's filters and the examples, all of them active."""
    folder = tmp_path / "filters"
    folder.mkdir()
    shutil.copy(shared / "reference/filters/filters.json", folder)
    for path in (Workdir(tmp_path).checkout / "config/filters").glob("*[!q][!l].yaml"):
        text = path.read_text().replace("active: false", "active: true")
        (folder / path.name).write_text(text)
    nights = [("ztf", n, shared / "data/alerts" / path, SHARDS) for n, path in NIGHTS.items()]
    made = Workdir(tmp_path)
    made.nights = nights
    return made


def test_the_workflow_passes_what_mongodb_passes(replica_set, database, shared, workdir):
    upstream = json.dumps(json.loads((shared / "reference/filters/upstream.json").read_text()))
    filters = {one.filter.name: one.filter for one in read_folder(workdir.path / "filters")}
    found, alerts = 0, 0
    for night in workdir.nights:
        database.client.drop_database(DATABASE)
        archive = {"uri": replica_set.uri, "database": DATABASE}
        workdir.write_config({"filters": {"path": "filters"}, "archive": archive}, [night])
        workdir.snakemake("--cores", "2", **replica_set.environment("writer"))
        ours = candidates(workdir.path / "results/candidates/ztf" / night[1])
        join(database)
        ids = alone(database)
        alerts += len(ids)
        for name, one in filters.items():
            before = json.loads(upstream.replace("[1, 2, 3]", str(list(one.permissions))))
            expected = passing(database.joined, ids, before + parse_pipeline(one.pipeline))
            mine = {candid: text for candid, text in ours.get(name, {}).items() if candid in ids}
            assert mine == expected, (night[1], name)
            found += len(expected)
    assert len(filters) == 45 + 4
    assert alerts == 63
    assert found > 200


def candidates(folder):
    """Return {filter: {candid: annotations}} of a night."""
    found = {}
    for row in pq.read_table(folder).to_pylist():
        of_filter = found.setdefault(row["filter"], {})
        assert row["candid"] not in of_filter
        of_filter[row["candid"]] = json.loads(row["annotations"] or "null")
    return found


def alone(database):
    """Return the alerts whose objects have the packet's own history in its order.

    A MongoDB has that of all packets of an object, and items of one time in its own order.
    """
    times = {"$setUnion": ["$prv_candidates.jd", []]}
    ordered = {"$eq": [{"$size": {"$ifNull": ["$prv_candidates", []]}}, {"$size": times}]}
    by_object = {"_id": "$objectId", "candids": {"$push": "$_id"}, "ordered": {"$min": ordered}}
    groups = database.joined.aggregate([{"$group": by_object}])
    return {g["candids"][0] for g in groups if g["ordered"] and len(g["candids"]) == 1}


def join(database):
    """Join each alert to its object, as a broker's first stage does."""
    lookup = {
        "from": "ZTF_alerts_aux", "localField": "objectId", "foreignField": "_id", "as": "aux",
    }  # fmt: skip
    parts = ("cross_matches", "prv_candidates", "fp_hists")
    taken = {name: {"$arrayElemAt": [f"$aux.{name}", 0]} for name in parts}
    database.ZTF_alerts.aggregate([
        {"$lookup": lookup}, {"$addFields": taken}, {"$unset": "aux"}, {"$out": "joined"}
    ])  # fmt: skip


def passing(collection, ids, pipeline):
    """Return {candid: annotations}: one alert at a time, as Kowalski runs filters."""
    found = {}
    for candid in ids:
        left = list(collection.aggregate([{"$match": {"_id": candid}}, *pipeline]))
        if len(left) == 1:
            found[candid] = left[0].get("annotations")
    return found
