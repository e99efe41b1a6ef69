"""`nightmill serve` as its users have it: a real server, and penquins unchanged."""

import json
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import requests
from alert_tables import write_alerts
from serving import NAME, PASSWORD, Serving

pytestmark = pytest.mark.services
DOCUMENT = (Path(__file__).parents[2] / "docs/serve.md").read_text()

RA = [10.0, 10.0001, 0.0001, 359.9999, 77.0, 123.0, 11.0]
DEC = [-5.0, -5.0, 0.0, 0.0, 90.0, -90.0, -5.0]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    columns = {"magpsf": [15, 16, 17, 18, 19, 21, 20], "drb": [0.5] * 5 + [float("nan"), None]}
    write_alerts(folder, RA, DEC, shards=2, **columns, fid=[1, 2, 1, 2, 1, 2, 1])
    (folder / "config").mkdir()
    (folder / "config/config.yaml").write_text("maps: config/maps.tsv\n")
    (folder / "config/maps.tsv").write_text(
        "event\tstream\tra\tdec\tradius\ttime\ncircle\tgw\t10.5\t-5\t1.0\t2018-02-01T00:00:00\n"
    )
    return folder


@pytest.fixture
def serving(directory, tmp_path):
    running = Serving(directory, tmp_path / "log").start()
    yield running
    running.end()


@pytest.fixture(scope="module")
def shared_server(directory, tmp_path_factory):
    running = Serving(directory, tmp_path_factory.mktemp("log") / "log").start()
    yield running
    running.end()


@pytest.fixture(scope="module")
def kowalski(shared_server):
    with shared_server.client() as client:
        yield client


def data(client, kind, query, **kwargs):
    """Return the data of an answer."""
    answer = client.query({"query_type": kind, "query": query, "kwargs": kwargs})["default"]
    assert answer["status"] == "success", answer["message"]
    assert answer["message"] == "Successfully executed query"
    return answer["data"]


def candids(documents):
    return [document["candid"] for document in documents]


def cone(radec, radius=2, unit="arcsec", **more):
    where = {"radec": radec, "cone_search_radius": radius, "cone_search_unit": unit}
    return {"object_coordinates": where, "catalogs": {"alerts": more}}


def near(client, radec, **more):
    found = data(client, "cone_search", cone(radec, **more))["alerts"]
    return {name: candids(of) for name, of in found.items()}


def test_penquins_knows_the_catalogues(kowalski):
    assert kowalski.ping()
    assert kowalski.get_catalogs() == ["alerts"]
    with pytest.raises(ValueError, match="not available"):
        kowalski.query({"query_type": "find_one", "query": {"catalog": "ZTF", "filter": {}}})


def test_info(kowalski):
    assert data(kowalski, "info", {"command": "catalog_info", "catalog": "alerts"})["count"] == 7
    assert data(kowalski, "info", {"command": "index_info", "catalog": "alerts"}) == {"ztf": {}}
    said = data(kowalski, "info", {"command": "db_info"})
    assert said["objects"] == 7 and "/" not in said["db"]


def test_estimated_document_count(kowalski):
    assert data(kowalski, "estimated_document_count", {"catalog": "alerts"}) == 7


def test_cones_by_name_at_the_poles_and_across_ra_0(kowalski):
    radec = {
        "ZTF.18a": [10.0, -5.0],
        "sexagesimal": ["00h40m00s", "-05d00m00s"],
        "zero": [0.0, 0.0],
        "other side": [360.0, 0.0],
        "north": [200.0, 90.0],
        "south": ["12:00:00", "-90:00:00"],
        "nothing": [200.0, 0.0],
    }
    assert near(kowalski, radec) == {
        "ZTF_18a": [1000, 1001],
        "sexagesimal": [1000, 1001],
        "zero": [1002, 1003],
        "other side": [1002, 1003],
        "north": [1004],
        "south": [1005],
        "nothing": [],
    }


@pytest.mark.parametrize("radec", [[[10.0, -5.0]], "[(10.0, -5.0)]", "10.0 -5.0"])
def test_cones_of_lists_and_texts(kowalski, radec):
    (name, found), *others = near(kowalski, radec).items()
    assert found == [1000, 1001] and not others
    assert re.fullmatch(r"[\[(]10_0, -5_0[\])]", name)


@pytest.mark.parametrize(
    ("radius", "unit"), [(2, "arcsec"), (2 / 60, "arcmin"), (2 / 3600, "deg"), (1e-5, "rad")]
)
def test_units(kowalski, radius, unit):
    assert near(kowalski, {"a": [10, -5]}, radius=radius, unit=unit) == {"a": [1000, 1001]}


def test_limit_and_numbers(kowalski):
    found = data(kowalski, "cone_search", cone({"s": [0, -90]}), limit=1, unknown=1)
    (document,) = found["alerts"]["s"]
    assert document["candid"] == 1005 and np.isnan(document["drb"])
    assert document["ra"] == 123.0 and document["jd"] == 2458150.5 + 5 / 1000
    assert data(kowalski, "cone_search", cone({"a": [10, -5]}), limit=1, skip=1)["alerts"] == {
        "a": [document for document in found_all(kowalski) if document["candid"] == 1001]
    }


def found_all(client):
    return data(client, "cone_search", cone({"a": [10, -5]}))["alerts"]["a"]


def test_near(kowalski):
    query = {
        "radec": {"a.b": [10.0, -5.0]},
        "min_distance": 0.1,
        "max_distance": 1.5,
        "distance_units": "deg",
        "catalogs": {"alerts": {}},
    }
    assert candids(data(kowalski, "near", query)["alerts"]["a_b"]) == [1006]
    query |= {"min_distance": 0}
    assert candids(data(kowalski, "near", query)["alerts"]["a_b"]) == [1000, 1001, 1006]


def test_near_without_units_is_in_radians_as_at_kowalski(kowalski):
    query = {"radec": [[10.0, -5.0]], "max_distance": 1e-5, "catalogs": {"alerts": {}}}
    assert candids(data(kowalski, "near", query)["alerts"]["[10_0, -5_0]"]) == [1000, 1001]


BRIGHT = {"magpsf": {"$lt": 18}}


@pytest.mark.parametrize("filter_", [BRIGHT, "{'magpsf': {'$lt': 18}}"])
def test_find(kowalski, filter_):
    query = {"catalog": "alerts", "filter": filter_, "projection": {"_id": 0, "candid": 1}}
    found = data(kowalski, "find", query, sort=[["magpsf", -1]], limit=2)
    assert found == [{"candid": 1002}, {"candid": 1001}]
    query["projection"] = "{'_id': 0, 'candid': 1}"
    found = data(kowalski, "find", query, sort=[["magpsf", 1]], skip=1, hint="x", unknown={})
    assert found == [{"candid": 1001}, {"candid": 1002}]


def test_find_all_columns(kowalski):
    (document,) = data(kowalski, "find", {"catalog": "alerts", "filter": {"candid": 1006}})
    assert document["_id"] == 1006 and document["object_id"] == "ZTF18a000503"
    assert (document["ra"], document["dec"], document["magpsf"]) == (11.0, -5.0, 20.0)


def test_find_one(kowalski):
    query = {"catalog": "alerts", "filter": {"candid": 1004}}
    assert data(kowalski, "find_one", query)["dec"] == 90.0
    assert data(kowalski, "find_one", query | {"filter": {"candid": -1}}) is None


def test_count_documents(kowalski):
    assert data(kowalski, "count_documents", {"catalog": "alerts", "filter": BRIGHT}) == 3
    assert data(kowalski, "count_documents", {"catalog": "alerts", "filter": {}}) == 7


PIPELINE = [
    {"$match": {"magpsf": {"$lt": 19.5}}},
    {"$group": {"_id": "$fid", "n": {"$sum": 1}, "brightest": {"$min": "$magpsf"}}},
    {"$sort": {"_id": 1}},
]


@pytest.mark.parametrize("pipeline", [PIPELINE, str(PIPELINE)])
def test_aggregate(kowalski, pipeline):
    found = data(kowalski, "aggregate", {"catalog": "alerts", "pipeline": pipeline})
    assert found == [{"_id": 1, "n": 3, "brightest": 15.0}, {"_id": 2, "n": 2, "brightest": 16.0}]


def test_cones_with_filter_and_projection(kowalski):
    query = cone({"a.b": [10, -5]}, filter={"fid": 2}, projection={"_id": 0, "candid": 1})
    assert data(kowalski, "cone_search", query) == {"alerts": {"a_b": [{"candid": 1001}]}}


@pytest.mark.parametrize(
    "event",
    [
        {"localization_name": "circle"},
        {"localization_name": "bayestar.fits", "trigger_id": "circle"},
        {"localization_name": "bayestar.fits", "aliases": ["GW1", "circle"]},
        {"localization_name": "bayestar.fits", "dateobs": "2018-02-01T00:00:00.000"},
    ],
)
def test_skymap(kowalski, event):
    query = {"skymap": {**event, "contour": 90}, "catalog": "alerts"}
    query |= {"filter": {"fid": 1}, "projection": {"_id": 0, "candid": 1}}
    assert candids(data(kowalski, "skymap", query, sort=[["candid", 1]])) == [1000, 1006]
    query["filter"] = "{'fid': 1, 'jd': {'$lt': 2458150.501}}"
    assert candids(data(kowalski, "skymap", query)) == [1000]


def test_skymap_of_no_event_and_of_a_file(kowalski, directory):
    for name in ("another", str(directory / "config/maps.tsv"), "config/maps.tsv"):
        query = {"skymap": {"localization_name": name}, "catalog": "alerts", "filter": {}}
        answer = kowalski.query({"query_type": "skymap", "query": query})["default"]
        assert answer["status"] == "error"
        assert "no map of an event" in answer["message"] and "circle" in answer["message"]


def test_many_queries_at_once_by_penquins(kowalski):
    queries = [
        {"query_type": "cone_search", "query": cone({f"n.{i}": [10.0, -5.0]})} for i in range(20)
    ]
    answers = kowalski.query(queries=queries, use_batch_query=True)["default"]
    names = sorted(name for answer in answers for name in answer["data"]["alerts"])
    assert names == sorted(f"n_{i}" for i in range(20))


def test_an_error_is_told(kowalski):
    answer = kowalski.query({"query_type": "cone_search", "query": cone({"a": [10, 95]})})
    assert answer["default"]["status"] == "error"
    assert "a declination is in [-90, 90] deg" in answer["default"]["message"]
    answer = kowalski.query({"query_type": "drop", "query": {"catalog": "alerts"}})
    assert answer["default"]["status"] == "error"
    for method, path in (("post", "/api/filters"), ("post", "api/users"), ("delete", "api/users")):
        assert kowalski.api(method, path, {"a": 1})["status"] == "error"


def test_a_wrong_password_and_a_token_of_nobody(shared_server):
    with pytest.raises(ValueError, match="wrong credentials"):
        shared_server.client(password="wrong password")
    client = shared_server.client(username=None, password=None, token="nobody's")
    assert client.get_catalogs() == []


def test_a_token_that_ends(directory, tmp_path):
    running = Serving(directory, tmp_path / "log").start("--token-hours", "0.003")
    try:
        client = running.client()
        assert found_all(client)
        time.sleep(11)
        query = {"query_type": "info", "query": {"command": "db_info"}}
        answer = client.query(query)
        assert answer["default"] == {"status": "error", "message": "token has expired"}
        assert found_all(running.client())
    finally:
        running.end()


def test_the_page_of_the_docs(serving, directory, tmp_path, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    exec(compile(code.replace("4000", str(serving.port)), "serve.md", "exec"), {})
    assert capsys.readouterr().out == "[1000, 1001]\n"


def test_100_at_once(serving):
    """Each logs in, asks which catalogues there are, and asks."""
    barrier = threading.Barrier(100)

    def one(number):
        barrier.wait()
        with serving.client(timeout=60) as client:
            return near(client, {f"n.{number}": [10.0, -5.0]})

    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(one, range(100)))
    assert found == [{f"n_{number}": [1000, 1001]} for number in range(100)]


def test_clients_that_break_off_and_talk_nonsense(serving):
    client = serving.client()
    token = client.instances["default"]["token"]
    head = f"POST /api/queries HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
    for sent in (
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        head.encode() + b"Content-Length: 1000\r\n\r\n{",
        head.encode() + b"Content-Length: -1\r\n\r\n{",
        head.encode() + b"Content-Length: 99999999999999999999\r\n\r\n{",
        head.encode() + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: " + b"b" * 1_000_000,
    ):
        with socket.create_connection(("127.0.0.1", serving.port), timeout=5) as connection:
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1 << 16)
            except OSError:  # it hung up
                pass
        assert client.ping()
    assert near(client, {"a": [10.0, -5.0]}) == {"a": [1000, 1001]}


def test_large_and_deep_bodies(serving):
    token = serving.client().instances["default"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{serving.url}/api/queries"
    for body, status in ((b" " * (17 << 20), 413), (b"[" * 1_000_000, 400), (b"{", 400)):
        try:
            answer = requests.post(url, data=body, headers=headers, timeout=30)
        except requests.ConnectionError:  # it need not read the rest
            assert status == 413
            continue
        assert answer.status_code == status
        assert answer.json()["status"] == "error"
    deep = json.dumps({"query_type": "find", "query": {"filter": "{'a':" * 150 + "1" + "}" * 150}})
    assert requests.post(url, data=deep, headers=headers, timeout=30).status_code == 400
    assert near(serving.client(), {"a": [10.0, -5.0]}) == {"a": [1000, 1001]}


def test_killed_and_stopped(directory, tmp_path):
    before = sorted(directory.rglob("*"))
    running = Serving(directory, tmp_path / "log").start()
    client = running.client(max_retries=0)
    stop = threading.Event()

    def ask_on():
        while not stop.is_set():
            try:
                near(client, {"a": [10.0, -5.0]})
            except requests.RequestException:
                return

    threads = [threading.Thread(target=ask_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    stop.set()
    for thread in threads:
        thread.join(10)
    running.start()  # on the same port, at once
    query = {"query_type": "info", "query": {"command": "db_info"}}
    assert client.query(query)["default"]["message"] == "token is invalid"
    assert found_all(running.client())
    with socket.create_connection(("127.0.0.1", running.port)) as half:
        half.sendall(b"POST /api/auth HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        time.sleep(0.1)
        started = time.monotonic()
        assert running.end(signal.SIGTERM) in (0, -signal.SIGTERM)
        assert time.monotonic() - started < 8
    running.start()
    assert running.end(signal.SIGINT) in (0, 130)
    assert sorted(directory.rglob("*")) == before


def endless():
    """Return a pipeline that takes hours: pairs of two long ranges for each alert."""
    long = {"$range": [0, 200_000]}
    sums = {"$gt": [{"$add": ["$$a", "$$b"]}, {"$multiply": ["$jd", 10]}]}
    pairs = {"$anyElementTrue": [{"$map": {"input": long, "as": "b", "in": sums}}]}
    of_all = {"$filter": {"input": long, "as": "a", "cond": pairs}}
    return {"catalog": "alerts", "pipeline": [{"$project": {"x": {"$size": of_all}}}]}


def test_what_runs_for_ever_is_stopped_and_others_go_on(serving):
    client, found = serving.client(timeout=60), {}

    def for_ever():
        said = {"query_type": "aggregate", "query": endless(), "kwargs": {"max_time_ms": 3000}}
        found.update(client.query(said)["default"])

    thread = threading.Thread(target=for_ever)
    started = time.monotonic()
    thread.start()
    with serving.client(timeout=60) as other:
        assert near(other, {"a": [10.0, -5.0]}) == {"a": [1000, 1001]}
    assert not found
    thread.join(30)
    assert found["status"] == "error"
    assert re.fullmatch(r"\w+Error: stopped: it takes longer than [34] s", found["message"])
    assert time.monotonic() - started < 20


def test_stopped_while_a_query_runs(directory, tmp_path):
    running = Serving(directory, tmp_path / "log").start()
    client = running.client(max_retries=0, timeout=60)

    def for_ever():
        with suppress(requests.RequestException):
            client.query({"query_type": "aggregate", "query": endless()})

    thread = threading.Thread(target=for_ever)
    thread.start()
    time.sleep(1.5)
    started = time.monotonic()
    assert running.end(signal.SIGTERM) in (0, -signal.SIGTERM)
    assert time.monotonic() - started < 9
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("proxy", [True, False])
def test_whose_address_counts(directory, tmp_path, proxy):
    """That which a proxy names, if there is one; else nobody can name another."""
    running = Serving(directory, tmp_path / "log").start(*["--behind-proxy"] * proxy)
    try:
        headers = {"X-Forwarded-For": "203.0.113.5"}
        wrong = {"username": NAME, "password": "wrong"}
        url = f"{running.url}/api/auth"
        assert requests.post(url, json=wrong, headers=headers, timeout=30).status_code == 401
        address = "203.0.113.5" if proxy else "127.0.0.1"
        assert f"wrong credentials from {address}\n" in running.log.read_text()
    finally:
        running.end()


def test_nothing_secret_is_logged(serving):
    client = serving.client()
    token = client.instances["default"]["token"]
    with pytest.raises(ValueError, match="wrong credentials"):
        serving.client(password="another secret")
    near(client, {"a": [10.0, -5.0]})
    log = serving.log.read_text()
    assert f"{NAME}: cone_search" in log
    assert "wrong credentials from 127.0.0.1" in log
    for secret in (PASSWORD, "another secret", token):
        assert secret not in log
