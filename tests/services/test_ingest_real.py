"""Real packets of every survey in a MongoDB: all fields, in the right objects, again and again."""

import io
import math
from collections import defaultdict

import fastavro
import pytest
from archive_nights import INDEXES
from mongod import DATABASE
from nights import build_index
from test_ingest import raw_of

from pipeline.alerts.surveys.registry import get_survey
from pipeline.archive.mongo.ingest import Target, ingest_shard
from pipeline.services.mongodb import Server

pytestmark = [pytest.mark.services, pytest.mark.real]
SURVEYS = ["ztf", "pgir", "wntr", "turbo", "lsst"]


@pytest.mark.parametrize("survey", SURVEYS)
def test_real_packets(replica_set, shared, tmp_path, monkeypatch, survey):
    for name, value in replica_set.environment("writer").items():
        monkeypatch.setenv(name, value)
    with replica_set.client() as client:
        client.drop_database(DATABASE)
    of, dump = get_survey(survey), dump_of(shared, survey)
    found = build_index(dump, of, tmp_path / "index", tmp_path / "spool")
    target = Target(Server(replica_set.uri, DATABASE), INDEXES[:1])
    written = [
        ingest_shard(tmp_path / "index", of, (0, 1), {}, (), target, tmp_path / "r.json")
        for _ in range(2)
    ]
    assert written[0] == written[1]
    assert 0 < written[0].alerts <= sum(found.values())
    names = (f"{survey.upper()}_alerts", f"{survey.upper()}_alerts_aux")
    once = raw_of(replica_set, names)
    assert [len(part) for part in once] == [written[0].alerts, written[0].objects]
    with replica_set.client() as client:
        alerts, objects = (list(client[DATABASE][name].find()) for name in names)
    paths = [series.path for series in of.histories]
    for alert in alerts:
        assert alert["_id"] == alert["candid"]
        assert not set(paths) & alert.keys()
    for document in objects:
        assert set(paths) <= document.keys()
        for path in paths:
            times = [item[of_time(of, path)] for item in document[path]]
            assert times == sorted(times)
    if survey == "ztf":
        same_as_fastavro(dump, alerts, objects)


def dump_of(shared, survey):
    folder = shared / "data/alerts" / survey
    inner = sorted(p for p in folder.iterdir() if p.is_dir())
    files = [p for p in folder.iterdir() if p.suffix == ".avro"]
    return folder if files else inner[-1] if inner else next(folder.glob("*.parquet"))


def of_time(survey, path):
    (history,) = [series for series in survey.histories if series.path == path]
    return history.columns.get("jd", "jd")


def same_as_fastavro(dump, alerts, objects):
    """All of the measurement, and every earlier one, as another reader has them."""
    packets, earlier = {}, defaultdict(set)
    for path in dump.glob("*.avro"):
        (packet,) = fastavro.reader(io.BytesIO(path.read_bytes()))
        packets[packet["candid"]] = packet
        for item in packet["prv_candidates"] or ():
            known = {k: v for k, v in item.items() if v is not None and not is_nan(v)}
            earlier[packet["objectId"]].add(tuple(sorted(known.items())))
    for alert in alerts:
        wanted = packets[alert["candid"]]
        for key, value in wanted["candidate"].items():
            assert alert["candidate"][key] == value or is_nan(value), key
    for document in objects:
        items = {tuple(sorted(item.items())) for item in document["prv_candidates"]}
        assert items == earlier[document["_id"]]
        assert len(items) == len(document["prv_candidates"])


def is_nan(value) -> bool:
    return isinstance(value, float) and math.isnan(value)
