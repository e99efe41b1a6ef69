"""The workflow with a MongoDB: receipts, one clear line before any job, and no credentials."""

import base64
import json
import time
import urllib.parse
from itertools import pairwise

import pytest
from mongod import DATABASE, free_port
from workdir import OBJECTS, Workdir, make_workdir

pytestmark = pytest.mark.services
RECEIPT = "results/archive/ztf/20180201/{:04d}.json"


@pytest.fixture
def workdir(tmp_path, monkeypatch) -> Workdir:
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"MONGODB_{name}", raising=False)
    return make_workdir(tmp_path)


def configure(workdir, uri, shards=2, **archive):
    workdir.configure(shards, archive={"uri": uri, "database": DATABASE, **archive})


def test_receipts_and_documents(server, workdir):
    configure(workdir, server.uri)
    output = workdir.snakemake("--cores", "2", **server.environment("writer"))
    receipts = [json.loads((workdir.path / RECEIPT.format(i)).read_text()) for i in range(2)]
    assert {r["where"] for r in receipts} == {f"127.0.0.1:{server.port}/{DATABASE}"}
    for name in ("ZTF_alerts", "ZTF_alerts_aux"):
        assert sum(receipt["counts"][name] for receipt in receipts) == OBJECTS
    with server.client() as client:
        alert = client[DATABASE].ZTF_alerts.find_one({"objectId": "ZTF18aaaaa03"})
        aux = client[DATABASE].ZTF_alerts_aux.find_one({"_id": "ZTF18aaaaa03"})
        assert client[DATABASE].ZTF_alerts.count_documents({}) == OBJECTS
    assert alert["classifications"]["bright_version"] == "1"
    (star,) = aux["cross_matches"]["stars"]
    assert star["type"] == "S3" and star["coordinates"]["distance_arcsec"] < 0.5
    assert workdir.planned(**server.environment("writer")) == {}
    # a receipt that is gone is written again, and nothing changes
    first = workdir.path / RECEIPT.format(0)
    before = first.read_bytes()
    first.unlink()
    assert workdir.planned() == {"ingest": 1}
    workdir.snakemake("--cores", "2", **server.environment("writer"))
    assert first.read_bytes() == before
    assert "password" not in output.lower()


def test_stamps_if_wanted(server, workdir):
    configure(workdir, server.uri, stamps=True)
    workdir.snakemake("--cores", "2", **server.environment("writer"))
    with server.client() as client:
        alert = client[DATABASE].ZTF_alerts.find_one()
    assert {"cutoutScience", "cutoutTemplate", "cutoutDifference"} <= alert.keys()


def refused(workdir, **environment) -> str:
    """Return what a run says that stops before its first job; it takes no longer than it must."""
    output = workdir.snakemake("--cores", "2", ok=False, **environment)
    lines = [line for line in output.splitlines() if "archive" in line and "MongoDB at" in line]
    assert len(lines) == 1, output
    assert "Traceback" not in output
    assert not (workdir.path / "results").exists()
    assert not (workdir.path / ".snakemake/locks").exists() or not list(
        (workdir.path / ".snakemake/locks").iterdir()
    )
    return lines[0]


def test_nothing_runs_without_the_server(workdir):
    configure(workdir, f"mongodb://127.0.0.1:{free_port()}")
    assert "does not answer within 5 s" in refused(workdir)
    assert workdir.planned()["ingest"] == 2  # a dry run asks nobody
    workdir.snakemake("--cores", "2", "results/summary/ztf/20180201.json")  # nor who needs none


@pytest.mark.parametrize(
    ("user", "told"),
    [("reader", "it needs the role readWrite"), ("stranger", "(13)"), ("writer", "(18)")],
)
def test_nothing_runs_for_who_may_not_write(replica_set, workdir, user, told):
    configure(workdir, replica_set.uri)
    environment = replica_set.environment(user)
    if told == "(18)":
        environment["MONGODB_PASSWORD"] += "x"
    line = refused(workdir, **environment)
    assert told in line
    assert replica_set.passwords[user] not in line


def test_an_address_with_a_password_is_refused(workdir):
    configure(workdir, "mongodb://me:s3cr3t@127.0.0.1:1/")
    output = workdir.snakemake("--dry-run", ok=False)
    assert "archive.uri: credentials do not stand in an address" in output
    assert "s3cr3t" not in output


def test_credentials_are_written_nowhere(server, workdir, tmp_path_factory):
    """Neither by jobs that work, nor by one that fails after the server has gone."""
    outside = tmp_path_factory.mktemp("home") / "credentials"
    outside.touch(mode=0o600)
    password = server.passwords["writer"]
    outside.write_text(f"username=writer\npassword={password}\n")
    configure(workdir, server.uri, credentials=str(outside))
    said = [workdir.snakemake("--cores", "2", "--printshellcmds", "--verbose")]
    said.append(workdir.snakemake("--cores", "1", "--forcerun", "ingest"))
    (workdir.path / RECEIPT.format(0)).unlink()
    process_environment = server.environment("writer")
    said.append(workdir.snakemake("--cores", "1", **process_environment))
    for failing in ("reader", "stranger"):
        (workdir.path / RECEIPT.format(0)).unlink(missing_ok=True)
        said.append(workdir.snakemake("--cores", "1", ok=False, **server.environment(failing)))
        said.append(
            workdir.snakemake("--cores", "1", "--no-hooks", ok=False, **server.environment(failing))
        )
    secrets = [p for name in ("writer", "reader", "stranger") for p in _spellings(server, name)]
    files = [path for path in workdir.path.rglob("*") if path.is_file()]
    assert any("ingest" in path.parts for path in files)
    assert any(".snakemake" in path.parts for path in files)
    for secret in secrets:
        for path in files:
            assert secret not in path.read_bytes(), path
        for text in said:
            assert secret not in text.encode()


def _spellings(server, name) -> list[bytes]:
    secret = server.passwords[name].encode()
    return [secret, base64.b64encode(secret), urllib.parse.quote(secret).encode(), secret[::-1]]


def test_as_many_jobs_at_once_as_configured(replica_set, workdir):
    configure(workdir, replica_set.uri, shards=4, connections=1)
    started = time.time()
    workdir.snakemake("--cores", "4", **replica_set.environment("writer"))
    logs = sorted((workdir.path / "logs/ingest").rglob("*.log"), key=lambda p: p.stat().st_mtime)
    times = [(log.stat().st_mtime, _seconds(log)) for log in logs]
    assert len(times) == 4 and times[0][0] > started
    for (ended, _), (next_ended, took) in pairwise(times):
        assert next_ended - took >= ended - 0.5  # begun when the one before had ended


def _seconds(log) -> float:
    line = log.read_text().splitlines()[-1]
    return float(line.split("done in ")[1].split(" s")[0])
