"""Real matchfiles through the workflow into a MongoDB, and found there by position."""

import json

import pytest
from mongod import DATABASE
from workdir import Workdir

pytestmark = [pytest.mark.services, pytest.mark.real]


def test_matchfiles(server, shared, tmp_path):
    files = sorted((shared / "data/ztf_matchfiles").iterdir())
    workdir = Workdir(tmp_path)
    archive = {"uri": server.uri, "database": DATABASE, "matchfiles": list(map(str, files))}
    workdir.write_config({"archive": archive}, [])
    workdir.snakemake("--cores", "2", **server.environment("writer"))
    receipts = [
        json.loads((tmp_path / f"results/archive/matchfiles/{file.stem}.json").read_text())
        for file in files
    ]
    with server.client() as client:
        sources = client[DATABASE].ZTF_sources
        assert sources.count_documents({}) == sum(r["counts"]["ZTF_sources"] for r in receipts)
        one = sources.find_one({"data.50": {"$exists": True}})
        ra, dec = one["ra"] - 180.0, one["dec"]
        near = {"$geoWithin": {"$centerSphere": [[ra, dec], 1e-5]}}
        found = [d["_id"] for d in sources.find({"coordinates.radec_geojson": near})]
        assert one["_id"] in found
        exposures = {d["expid"] for d in client[DATABASE].ZTF_exposures.find({})}
        assert {item["expid"] for item in one["data"]} & exposures
    assert workdir.planned() == {}
    workdir.snakemake("--cores", "2", "--forcerun", "ingest_matchfile",
                      **server.environment("writer"))  # fmt: skip
    again = [
        json.loads((tmp_path / f"results/archive/matchfiles/{file.stem}.json").read_text())
        for file in files
    ]
    assert again == receipts
