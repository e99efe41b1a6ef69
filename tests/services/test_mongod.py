"""The servers of the tests are what they claim to be, and leave nothing running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mongod import DATABASE, READY_S
from pymongo import MongoClient, WriteConcern
from pymongo.errors import AutoReconnect, OperationFailure

pytestmark = pytest.mark.services


def test_authentication_is_on(server):
    with server.client("writer") as client:
        client[DATABASE].things.insert_one({"_id": 1})
    with server.client("reader") as client:
        assert client[DATABASE].things.count_documents({}) == 1
        with pytest.raises(OperationFailure) as caught:
            client[DATABASE].things.insert_one({"_id": 2})
        assert caught.value.code == 13
    with server.client("stranger") as client, pytest.raises(OperationFailure) as caught:
        client[DATABASE].things.find_one()
    assert caught.value.code == 13
    with MongoClient(server.uri) as client, pytest.raises(OperationFailure) as caught:
        client[DATABASE].things.find_one()
    assert caught.value.code == 13


def test_of_each_kind(standalone, replica_set):
    for running in (standalone, replica_set):
        with running.client() as client:
            assert client.server_info()["version"] == "6.0.5"
            has_set = "setName" in client.admin.command("hello")
            assert has_set == running.replica_set


@pytest.mark.parametrize("replica_set", [False, True])
def test_it_starts_again_on_its_data(start_mongod, replica_set):
    started = time.monotonic()
    server = start_mongod(replica_set=replica_set)
    assert time.monotonic() - started < READY_S
    with server.client() as client:
        in_the_journal = WriteConcern(w=1, j=True)
        client[DATABASE].get_collection("things", write_concern=in_the_journal).insert_one({})
    for end in (server.kill, server.stop):
        end()
        with (
            pytest.raises(AutoReconnect),
            server.client(serverSelectionTimeoutMS=200) as client,
        ):
            client.admin.command("ping")
        server.start()
        with server.client() as client:
            assert client[DATABASE].things.count_documents({}) == 1


def test_it_ends_with_the_tests_even_if_they_are_killed(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from mongod import Mongod\n"
        "server = Mongod(Path(sys.argv[1])).start()\n"
        "print(server._process.pid, flush=True); time.sleep(60)"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path],
        cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    pid = int(tests.stdout.readline())
    os.kill(tests.pid, signal.SIGKILL)
    tests.wait()
    tests.stdout.close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)
