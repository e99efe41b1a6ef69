"""Kowalski's API over the tables: what is answered, what is refused, in which words."""

import asyncio
import json
import logging
import re
import shutil
import threading
import time

import pyarrow as pa
import pytest
from alert_tables import write_alerts
from bson import json_util
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.testclient import TestClient

from pipeline.archive.places import DOCUMENTS
from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.request import QUERY_TYPES
from pipeline.archive.serve import app as app_module
from pipeline.archive.serve import bodies, queries
from pipeline.archive.serve.answers import Refused, dumps, told
from pipeline.archive.serve.app import Limits, application
from pipeline.archive.serve.openapi import examples
from pipeline.archive.serve.skymaps import read_event
from pipeline.archive.serve.tokens import Tokens
from pipeline.archive.serve.users import Users
from pipeline.archive.serve.workers import Workers
from pipeline.io.tables import write_table
from pipeline.services.credentials import Credentials

PASSWORD = "correct horse"
LOGIN = {"username": "someone", "password": PASSWORD, "penquins.__version__": "2.4.2"}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    write_alerts(folder, [10, 10.0001, 0.0001, 359.9999, 77], [-5, -5, 0, 0, 90],
                 magpsf=[15, 16, 17, 18, 19],
                 drb=[None] * 4 + [float("nan")])  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def users():
    return Users(own=Credentials("someone", PASSWORD))


@pytest.fixture
def make(directory, users):
    """Return a function that makes a client of a new server."""

    def made(home=None, **limits):
        app = application(home or FilesHome(directory), users, Limits(**limits))
        return TestClient(app, raise_server_exceptions=False)

    return made


@pytest.fixture
def client(make):
    """Return a client that has a token."""
    return logged_in(make())


def logged_in(client):
    answer = client.post("/api/auth", json=LOGIN)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "success"
    client.headers["Authorization"] = answer.json()["token"]
    return client


def asked(client, kind, query, **more):
    return client.post("/api/queries", json={"query_type": kind, "query": query, **more})


def error_of(answer, status=400):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    said = answer.json()
    assert set(said) == {"status", "message"} and said["status"] == "error"
    assert "/tmp" not in said["message"]
    return said["message"]


def test_ping(make):
    answer = make().get("/")
    assert answer.status_code == 200 and answer.json()["status"] == "success"


def test_who_has_no_token(make):
    client = make()
    assert error_of(asked(client, "info", {"command": "catalog_names"}), 401) == "auth required"
    for token in ("x", "Bearer x", "Basic c29tZW9uZTp4", "a b c", "Bearer"):
        client.headers["Authorization"] = token
        assert error_of(asked(client, "info", {"command": "catalog_names"})) == "token is invalid"


def test_a_wrong_password_and_wrong_logins(make):
    client = make()
    for name, password in (("someone", "wrong"), ("nobody", PASSWORD), ("someone\0", PASSWORD)):
        answer = client.post("/api/auth", json={"username": name, "password": password})
        assert error_of(answer, 401) == "wrong credentials"
    assert error_of(client.post("/api/auth", json={"password": "x"})) == "missing username"
    assert error_of(client.post("/api/auth", json={"username": "x"})) == "missing password"
    injected = {"username": {"$ne": None}, "password": {"$ne": None}}
    assert error_of(client.post("/api/auth", json=injected)) == "missing username"
    assert "no JSON" in error_of(client.post("/api/auth", content=b"username=a"))
    large = {"username": "x" * 20_000, "password": "y"}
    assert "bytes at most" in error_of(client.post("/api/auth", json=large), 413)
    assert error_of(client.get("/api/auth"), 405)


def test_many_wrong_passwords(make, monkeypatch):
    monkeypatch.setattr(app_module, "WRONG_BURST", 2)
    client = make()
    wrong = {"username": "someone", "password": "wrong"}
    for _ in range(2):
        error_of(client.post("/api/auth", json=wrong), 401)
    answer = client.post("/api/auth", json=LOGIN)
    assert error_of(answer, 429) == "too many wrong passwords"
    assert 1 <= int(answer.headers["retry-after"]) <= 11
    other = {"username": "other", "password": "wrong"}
    assert error_of(client.post("/api/auth", json=other), 401)  # others are not shut out


def test_a_token_ends(make, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(app_module, "Tokens", lambda seconds: Tokens(seconds, lambda: now[0]))
    client = logged_in(make(token_s=60))
    assert asked(client, "info", {"command": "catalog_names"}).json()["data"] == ["alerts"]
    client.headers["Authorization"] = "Bearer " + client.headers["Authorization"]
    assert asked(client, "info", {"command": "catalog_names"}).status_code == 200
    now[0] += 60
    assert error_of(asked(client, "info", {"command": "catalog_names"})) == "token has expired"


def test_a_token_ends_with_its_user(make, users, monkeypatch):
    client = logged_in(make())
    monkeypatch.setattr(users, "_own", {})
    assert error_of(asked(client, "info", {"command": "catalog_names"})) == "token is invalid"


def test_many_queries(make):
    client = logged_in(make(queries_per_s=0.2))
    statuses = [asked(client, "info", {"command": "catalog_names"}) for _ in range(3)]
    assert [answer.status_code for answer in statuses] == [200, 200, 429]
    assert 1 <= int(statuses[2].headers["retry-after"]) <= 6


def test_cones(client):
    where = {"radec": {"A.1": [10.0, -5.0], "zero": [0, 0], "pole": [200, 90]}}
    query = {
        "object_coordinates": {**where, "cone_search_radius": 2, "cone_search_unit": "arcsec"},
        "catalogs": {"alerts": {}},
    }
    answer = asked(client, "cone_search", query, kwargs={"filter_first": True, "unknown": {}})
    said = answer.json()
    assert said["message"] == "Successfully executed query"
    found = {name: [d["candid"] for d in of] for name, of in said["data"]["alerts"].items()}
    assert found == {"A_1": [1000, 1001], "zero": [1002, 1003], "pole": [1004]}
    pole = json_util.loads(answer.text)["data"]["alerts"]["pole"][0]
    assert pole["drb"] != pole["drb"]  # NaN has a word in extended JSON


ATTACKS = [
    ("find", {"catalog": "alerts", "filter": {"$where": "sleep(1000)"}}),
    ("find", {"catalog": "alerts", "filter": {"$function": {"body": "f"}}}),
    ("find", {"catalog": "alerts", "filter": "__import__('os').system('touch hacked')"}),
    ("find", {"catalog": "alerts", "filter": "{'a': " * 90 + "1" + "}" * 90}),
    ("find", {"catalog": "alerts", "filter": "-" * 100_000 + "1"}),
    ("find", {"catalog": "alerts", "filter": "(" * 100_000}),
    ("find", {"catalog": "alerts; drop table alerts", "filter": {}}),
    ("find", {"catalog": "alerts' union select 1 --", "filter": {}}),
    ("find", {"catalog": "../../../etc/passwd", "filter": {}}),
    ("find", {"catalog": {"$ne": 1}, "filter": {}}),
    ("find", {"catalog": "users", "filter": {}}),
    ("estimated_document_count", {"catalog": "*"}),
    ("estimated_document_count", {"catalog": "../results/alerts"}),
    ("info", {"command": "catalog_info", "catalog": "/etc"}),
    ("info", {"command": "drop", "catalog": "alerts"}),
    ("info", {"command": {"$gt": ""}}),
    ("aggregate", {"catalog": "alerts", "pipeline": [{"$out": "stolen"}]}),
    ("aggregate", {"catalog": "alerts", "pipeline": [{"$merge": {"into": "stolen"}}]}),
    ("aggregate", {"catalog": "alerts", "pipeline": [{"$unionWith": "users"}]}),
    ("aggregate", {"catalog": "alerts", "pipeline": [{"$lookup": {"from": "users"}}]}),
    ("aggregate", {"catalog": "alerts", "pipeline": "open('/etc/passwd').read()"}),
    ("aggregate", {"catalog": "alerts", "pipeline": {"$match": {}}}),
    ("find", {"catalog": "alerts", "filter": {"$expr": {"$function": {"body": "f"}}}}),
    ("find", {"catalog": "alerts", "filter": {}, "projection": {"x": {"$where": "f"}}}),
    ("count_documents", {"catalog": "alerts", "filter": {"$where": "1"}}),
    ("skymap", {"catalog": "alerts", "skymap": {"localization_name": "/etc/passwd"}}),
    ("sql", {"sql": "select 1"}),
    ("eval", {"code": "1"}),
    ("__class__", {}),
    ("", {}),
    (None, {}),
    (["find"], {}),
    ({"$ne": "x"}, {}),
    ("find", None),
    ("find", []),
    ("find", "find"),
]


@pytest.mark.parametrize(("kind", "query"), ATTACKS)
def test_what_is_no_query_is_refused(client, kind, query, directory):
    before = sorted(directory.rglob("*"))
    message = error_of(asked(client, kind, query))
    assert ": " in message and len(message) <= 1000
    assert str(directory) not in message and "Traceback" not in message
    assert sorted(directory.rglob("*")) == before


@pytest.mark.parametrize(
    "kwargs",
    [{"max_time_ms": "5"}, {"max_time_ms": -1}, {"max_time_ms": True}, {"limit": -1},
     {"limit": "1; drop"}, {"skip": 1.5}, {"sort": [["jd", 2]]}, {"sort": [[{"$x": 1}, 1]]},
     "limit", [1]],
)  # fmt: skip
def test_wrong_kwargs(client, kwargs):
    query = {"catalog": "alerts", "filter": {}}
    assert error_of(asked(client, "find", query, kwargs=kwargs))


def test_what_would_write(client):
    assert "only reads" in error_of(asked(client, "drop", {"catalog": "alerts"}), 403)
    for path in ("/api/filters", "/api/filters/1", "/api/users", "/api/users/someone"):
        for method in ("get", "post", "put", "patch", "delete"):
            assert "only reads" in error_of(client.request(method, path), 403)
    assert error_of(client.get("/api/nothing"), 404) == "Not Found"
    assert error_of(client.get("/etc/passwd"), 404) == "Not Found"
    assert error_of(client.get("/api/queries"), 405)


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"[]", b"null", b"1", b'"find"', b"{", b"\xff\xfe\x00", b"{'a': 1}",
     b'{"a": NaN}', b'{"a": Infinity}', b'{"a": ' + b"9" * 5000 + b"}", b"[" * 1_000_000,
     b'{"a":' * 200_000, b'{"query_type": "info", "query": ' + b"[" * 101 + b"]" * 101 + b"}",
     b'{"query_type": "find", "query": {"filter": "' + b"a" * 200_001 + b'"}}'],
)  # fmt: skip
def test_bodies_that_are_none(client, body):
    message = error_of(client.post("/api/queries", content=body))
    assert len(message) < 300


def test_a_large_body(client):
    most = 16 << 20
    answer = client.post("/api/queries", content=b"[" + b" " * most)
    assert "16777216 bytes at most" in error_of(answer, 413)

    def pieces():
        for _ in range(17):
            yield b" " * (1 << 20)

    answer = client.post("/api/queries", content=pieces())  # chunked: no length is said
    assert "16777216 bytes at most" in error_of(answer, 413)


def test_a_slow_body(client, monkeypatch):
    monkeypatch.setattr(bodies, "MOST_SECONDS", 0.05)

    async def receive():
        await asyncio.sleep(10)

    slow = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(Refused) as caught:
        asyncio.run(bodies.read_object(slow))
    assert caught.value.status == 408


class OddHome(FilesHome):
    """Fails in odd ways, by the name of the catalogue."""

    def estimated_document_count(self, catalog):
        if catalog == "slow":
            time.sleep(1.5)
        if catalog == "broken":
            raise RuntimeError("a secret at /home/someone")
        if catalog == "file":
            raise FileNotFoundError(2, "No such file", f"{self.directory}/results/x.parquet")
        if catalog == "value":
            raise ValueError(f"{self.directory.resolve()}/results/x.parquet: is no parquet")
        if catalog == "object":
            return object()
        return 7


def test_errors_tell_no_paths(make, directory, caplog):
    client = logged_in(make(OddHome(directory)))
    ask = lambda catalog: asked(client, "estimated_document_count", {"catalog": catalog})  # noqa: E731
    assert ask("fine").json()["data"] == 7
    with caplog.at_level(logging.ERROR):
        assert error_of(ask("broken")) == "RuntimeError: it failed; the server's log says more"
    assert "a secret" in caplog.text
    assert error_of(ask("file")) == "FileNotFoundError: it failed; the server's log says more"
    assert error_of(ask("value")) == "ValueError: x.parquet: is no parquet"
    assert error_of(ask("object")).startswith("TypeError: ")


def test_an_answer_that_cannot_be_whole_is_an_error(make, tmp_path, monkeypatch):
    """And tells which file is missing."""
    write_alerts(tmp_path, [10, 11], [0, 0], shards=2)
    for shard in ("0000", "0001"):
        folder = tmp_path / DOCUMENTS.format(survey="ztf", night="20180201", shard=shard)
        folder.mkdir(parents=True)
        write_table(pa.table({"_id": [int(shard)]}), folder / "0.parquet")
    monkeypatch.chdir(tmp_path)
    client = logged_in(make(FilesHome(".")))
    count = {"catalog": "ZTF_alerts", "filter": {}}
    assert asked(client, "count_documents", count).json()["data"] == 2
    shutil.rmtree(folder)
    said = error_of(asked(client, "count_documents", count))
    assert "results/documents/ztf/20180201/0001 is not there" in said
    assert "run the workflow" in said


def test_what_takes_too_long_is_stopped(make, directory, monkeypatch):
    monkeypatch.setattr(app_module, "GRACE_S", 0.05)
    client = logged_in(make(OddHome(directory)))
    query = {"catalog": "slow"}
    started = time.monotonic()
    answer = asked(client, "estimated_document_count", query, kwargs={"max_time_ms": 100})
    assert error_of(answer) == "TimeoutError: stopped: it takes longer than 0.15 s"
    assert time.monotonic() - started < 1
    client = logged_in(make(OddHome(directory), query_s=0.1))
    assert "longer than 0.15 s" in error_of(asked(client, "estimated_document_count", query))
    answer = asked(client, "estimated_document_count", query, kwargs={"max_time_ms": 9e9})
    assert "longer than 0.15 s" in error_of(answer)


def test_a_few_at_once_the_others_wait():
    running, most, lock = 0, 0, threading.Lock()

    def work():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return 1

    async def all_of_them():
        workers = Workers(3, 20)
        tasks = [asyncio.create_task(workers.run(work, 5)) for _ in range(30)]
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(all_of_them())
    assert most == 3
    refused = [error for error in found if error != 1]
    assert len(refused) == 7 and {error.status for error in refused} == {503}


def test_openapi_and_its_page(make, client):
    said = make().get("/openapi.json").json()
    assert said["openapi"].startswith("3.1")
    there = {r.path for r in client.app.routes if "{" not in r.path}
    assert set(said["paths"]) == there - {"/api/filters", "/api/users"}
    page = make().get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http" not in page.text.replace("<!doctype html>", "")
    assert "<script" not in page.text and "/api/queries" in page.text


@pytest.mark.parametrize("kind", examples())
def test_examples_are_queries(client, kind):
    answer = client.post("/api/queries", json=examples()[kind])
    if kind == "skymap":  # no configuration has this event here
        assert "no events are named here" in error_of(answer)
    else:
        assert answer.status_code == 200, answer.text


def test_every_type_has_an_example():
    assert set(examples()) == set(QUERY_TYPES) | {"skymap"}


@pytest.mark.parametrize(
    "skymap",
    [None, "x", {}, {"localization_name": None}, {"localization_name": {"$ne": 1}},
     {"aliases": "x"}, {"localization_name": "x", "contour": 0},
     {"localization_name": "x", "contour": 101},
     {"localization_name": "x", "contour": "90"}, {"localization_name": "x", "contour": True}],
)  # fmt: skip
def test_what_names_no_event(skymap):
    with pytest.raises(ValueError, match="skymap: expected|contour: expected"):
        read_event(skymap)


@pytest.mark.parametrize("path", ["x'; drop table alerts; --", 'a" or 1=1', "a$b", "é", "a b"])
def test_odd_paths_are_paths(client, path):
    assert asked(client, "count_documents", {"catalog": "alerts", "filter": {path: 1}}).json() == {
        "status": "success", "message": "Successfully executed query", "data": 0,
    }  # fmt: skip


def test_odd_values_are_values(client):
    for value in ("x'; drop table alerts; --", '" or 1=1 --', "%", "'"):
        query = {"catalog": "alerts", "filter": {"object_id": value}}
        assert asked(client, "find", query).json()["data"] == []
    query = {"catalog": "alerts", "filter": {"object_id": "\0"}}
    assert "NUL" in error_of(asked(client, "find", query))


@pytest.mark.parametrize(
    ("filter", "said"),
    [
        ({"candid": 10**400}, "an integer of 1329 bits"),
        ("{'candid': 0x" + 5000 * "9" + "}", "an integer of 20000 bits: they have 64"),
        ("{'candid': " + 5000 * "9" + "}", "filter: cannot be read"),
    ],
)
def test_integers_that_are_too_large(client, filter, said):
    answer = asked(client, "find", {"catalog": "alerts", "filter": filter})
    assert re.search(said, error_of(answer))


def test_an_integer_of_thousands_of_digits_in_a_body(client):
    body = b'{"query_type": "find", "query": ' + 5000 * b"9" + b"}"
    said = error_of(client.post("/api/queries", content=body))
    assert said.startswith("no JSON: Exceeds the limit") and "sys." not in said


def test_an_answer_that_is_too_large(client, monkeypatch):
    monkeypatch.setattr(queries, "MOST_DOCUMENTS", 4)
    query = {"catalog": "alerts", "filter": {}}
    assert "more than 4 documents: say limit" in error_of(asked(client, "find", query))
    query["filter"] = {"magpsf": {"$lt": 19}}
    assert len(asked(client, "find", query).json()["data"]) == 4
    assert len(asked(client, "find", query, kwargs={"limit": 3}).json()["data"]) == 3


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(),
        st.binary(), st.datetimes(),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_answers_are_those_of_bson(value):
    expected = json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS)
    assert json.loads(dumps(value)) == json.loads(expected)


WORDS = st.sampled_from(
    ["alerts", "catalog", "catalogs", "filter", "projection", "pipeline", "radec", "skymap", "jd",
     "object_coordinates", "cone_search_radius", "cone_search_unit", "max_distance", "arcsec",
     "command", "catalog_info", "contour", "localization_name", "$match", "$gt", "$in", "$expr",
     "$elemMatch", "candid", "limit", "sort", "skip", "max_time_ms", "[1, 2]", "{'a': 1}", "", "."]
)  # fmt: skip
ODD = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-9, 2**70), WORDS, st.text(max_size=5),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from([*QUERY_TYPES, "skymap"]), query=ODD, kwargs=ODD, whole=st.booleans())
def test_whatever_is_asked_is_answered(fast, caplog, kind, query, kwargs, whole):
    """With an answer or one line; nothing fails inside."""
    if whole and isinstance(query, dict):
        query = {"catalog": "alerts", "catalogs": {"alerts": query}, "radec": [[10, -5]],
                 "max_distance": 1e-5, "filter": query, "pipeline": [{"$match": query}],
                 "command": "catalog_info"} | query  # fmt: skip
    answer = asked(fast, kind, query, kwargs=kwargs)
    assert answer.status_code in (200, 400), answer.text
    assert answer.json()["status"] == ("success" if answer.status_code == 200 else "error")
    assert "the server's log says more" not in answer.text, (answer.text, caplog.text)


@pytest.fixture(scope="module")
def fast(directory, users):
    """Return a client that may ask as often as it likes."""
    app = application(FilesHome(directory), users, Limits(queries_per_s=1e6))
    return logged_in(TestClient(app, raise_server_exceptions=False))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/a/b/c.parquet: no", "c.parquet: no"),
        ("cannot open '/home/x/y.parquet'", "cannot open 'y.parquet'"),
        ("IO Error: No files match \"/a/b/*.parquet\"", 'IO Error: No files match "*.parquet"'),
        ("expected 1/2 or a/b", "expected 1/2 or a/b"),
        ("see https://docs.org/a/b", "see https://docs.org/a/b"),
    ],
)  # fmt: skip
def test_folders_are_left_out(text, expected):
    assert told(ValueError(text)) == f"ValueError: {expected}"
