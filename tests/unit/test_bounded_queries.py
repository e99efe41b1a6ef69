"""Queries that nothing interrupts are ended, by time or by memory, and the next are answered."""

import subprocess
import sys
import time
from contextlib import closing
from functools import partial

import pytest
from alert_tables import write_alerts
from starlette.testclient import TestClient

from pipeline.archive.query.files import FilesHome
from pipeline.archive.serve import app as app_module
from pipeline.archive.serve.apart import Apart
from pipeline.archive.serve.app import application
from pipeline.archive.serve.users import Users
from pipeline.cli.main import main
from pipeline.services.credentials import Credentials

HUGE = '[{"$addFields":{"a":{"$range":[0,2000000000]}}},{"$project":{"n":{"$size":"$a"}}}]'
UNSTOPPABLE = "select levenshtein(repeat('a', 400000), repeat('b', 400000 + fid)) from alerts"
LONG = [
    {"$addFields": {"a": {"$range": [0, 40_000_000]}}},
    {"$project": {"n": {"$reduce": {"input": "$a", "initialValue": 0,
                                    "in": {"$add": ["$$value", "$$this"]}}}}},
]  # fmt: skip


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    write_alerts(folder, [10, 77], [-5, 90], fid=[1, 2])
    return folder


@pytest.fixture
def ask(directory):
    """Return a function that asks a server whose queries have processes."""
    home = FilesHome(directory)
    with closing(Apart(home)) as apart:
        app = application(home, Users(own=Credentials("a", "b")), apart=apart)
        client = TestClient(app, raise_server_exceptions=False)
        login = client.post("/api/auth", json={"username": "a", "password": "b"})
        client.headers["Authorization"] = login.json()["token"]

        def asked(kind, query, **kwargs):
            said = {"query_type": kind, "query": {"catalog": "alerts", **query}, "kwargs": kwargs}
            answer = client.post("/api/queries", json=said).json()
            return answer.get("data", answer["message"])

        asked.apart = apart
        yield asked


def test_a_query_that_takes_all_memory(ask):
    count = partial(ask, "count_documents", {"filter": {"fid": 1}})
    assert count() == 1
    assert "Out of Memory" in ask("aggregate", {"pipeline": HUGE})
    assert count() == 1


def test_what_python_makes_of_an_answer_counts(directory):
    home = FilesHome(directory)
    with closing(Apart(home, memory_mb=1)) as apart:
        app_query = app_module.read_query(
            {"query_type": "cone_search", "query": {
                "object_coordinates": {"radec": [[i / 1e4, 0.0] for i in range(60_000)],
                                       "cone_search_radius": 1},
                "catalogs": {"alerts": {}}}}, 60
        )  # fmt: skip
        with pytest.raises(app_module.Refused, match="takes more than 1 MB of memory"):
            apart.answered(app_query, time.monotonic() + 60)


def test_a_query_that_nothing_interrupts(ask, monkeypatch):
    monkeypatch.setattr(app_module, "GRACE_S", 0.5)
    monkeypatch.setattr(FilesHome, "aggregate", None)  # of this process, which is not asked
    (process,) = ask.apart._free
    started = time.monotonic()
    assert "takes longer than" in ask("aggregate", {"pipeline": LONG}, max_time_ms=300)
    assert time.monotonic() - started < 10
    for _ in range(100):  # a thread ends it meanwhile
        if not process._process.is_alive():
            break
        time.sleep(0.05)
    else:
        pytest.fail("its process goes on")
    assert ask("estimated_document_count", {}) == 2


def test_a_process_that_was_ended_is_replaced(ask):
    ask.apart._free[0]._process.kill()
    assert "its process was ended" in ask("estimated_document_count", {})
    assert ask("estimated_document_count", {}) == 2


def test_a_process_ends_with_its_server(directory):
    """Also while it answers what nothing interrupts."""
    with closing(Apart(FilesHome(directory))) as apart:
        (process,) = apart._free
        said = {"query_type": "aggregate", "query": {"catalog": "alerts", "pipeline": LONG}}
        process._pipe.send((app_module.read_query(said, 60), 60.0))
        time.sleep(1)
        assert process._process.is_alive()
        process._pipe.close()
        process._process.join(10)
        assert process._process.exitcode == 0


def test_commands(directory, capsys):
    of = ["--directory", str(directory)]
    assert main(["query", "aggregate", "alerts", HUGE, *of]) == 1
    assert "Out of Memory" in capsys.readouterr().err
    assert main(["query", "count", "alerts", *of]) == 0  # the limit is lifted
    command = [sys.executable, "-m", "pipeline.cli.main", "query", "sql", UNSTOPPABLE, *of]
    command += ["--max-time", "0.2"]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    assert found.returncode == 1
    assert found.stderr == "nightmill: stopped: it takes longer than 0.2 s\n"
