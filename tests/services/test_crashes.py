"""Job, server or both are killed at random moments: nothing is lost, doubled or different."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from archive_nights import INDEXES
from mongod import DATABASE
from object_nights import make_packets, write_night
from test_ingest import raw

pytestmark = pytest.mark.services
ALERTS, OBJECTS = 8000, 2500
AWAY_S = 1.0
JOB = """
import json, sys
from pipeline.archive.jobs import ingest
ingest(**json.loads(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    return write_night(folder, make_packets(ALERTS, OBJECTS, 0, 11))


@pytest.fixture(scope="module", params=[False, True], ids=["standalone", "replica_set"])
def own_server(request, start_mongod):
    server = start_mongod(replica_set=request.param)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def undisturbed(own_server, night, tmp_path_factory):
    """Return what is there after a run in peace, its receipt, and how long it took [s]."""
    receipt = tmp_path_factory.mktemp("receipt") / "0000.json"
    started = time.monotonic()
    assert wait(start_job(own_server, night, receipt)) == 0
    return raw(own_server), receipt.read_bytes(), time.monotonic() - started


def start_job(server, night, receipt) -> subprocess.Popen:
    import json

    target = {
        "uri": server.uri, "database": DATABASE, "credentials": None,
        "indexes": {"alerts": INDEXES, "alerts_aux": []},
    }  # fmt: skip
    arguments = {
        "index": str(night), "survey": "ztf", "part": (0, 1), "tables": {}, "catalogs": [],
        "target": target, "stamps": False, "output": str(receipt),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", JOB, json.dumps(arguments)],
        env={**os.environ, **server.environment("writer")},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def wait(job) -> int:
    return job.wait(timeout=240)


@pytest.fixture
def moments(request, undisturbed):
    """Return when to kill: as many random moments of a run as are asked for [s]."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    return [rng.uniform(0.1, 1.0) * undisturbed[2] for _ in range(request.config.option.crashes)]


@pytest.mark.parametrize("killed", ["job", "server", "both"])
def test_killed(own_server, night, undisturbed, moments, tmp_path, killed):
    wanted, receipt_wanted, _ = undisturbed
    for k, moment in enumerate(moments):
        with own_server.client() as client:
            client.drop_database(DATABASE)
        receipt = tmp_path / f"{k}.json"
        job = start_job(own_server, night, receipt)
        time.sleep(moment)
        if killed in ("job", "both"):
            job.send_signal(signal.SIGKILL)
            job.wait()
        if killed in ("server", "both"):
            own_server.kill()
            time.sleep(AWAY_S)
            own_server.start()
        if receipt.exists():  # what has a receipt is there, and stays
            assert raw(own_server) == wanted, moment
        if killed == "server":
            assert wait(job) == 0, moment  # it goes on by itself
        else:
            assert wait(start_job(own_server, night, receipt)) == 0
        assert receipt.read_bytes() == receipt_wanted, moment
        assert raw(own_server) == wanted, moment
        assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
