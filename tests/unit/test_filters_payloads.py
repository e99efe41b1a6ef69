"""Candidates as SkyPortal takes them, posted to a server that fails at times."""

import base64
import io
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from astropy.io import fits
from matplotlib.image import imread
from nights import ZTF, build_index, write_folder
from packets import container, packet

from pipeline.filters.filter import Filter, Sending
from pipeline.filters.payloads import Instrument, Told, write_payloads
from pipeline.filters.png import picture
from pipeline.filters.post import PostError, post, read_token
from pipeline.filters.shard import ShardInputs, ShardOutputs, filter_shard

TOKEN = "a-secret-token"
INSTRUMENT = Instrument(7, {1: [11], 2: [12]})
ALL = json.dumps([{"$project": {"annotations": {"mag": "$candidate.magpsf"}}}])
FEW = json.dumps([{"$match": {"candidate.magpsf": {"$lt": 17.5}}}])
TOLD = [
    Told(
        Filter("all", permissions=(1, 2), version="1", pipeline=ALL),
        Sending("Group A", 3, 33, {"comment": "wow"}, True, {"allocation_id": 5, "payload": {}}),
    ),
    Told(Filter("few", permissions=(1,), pipeline=FEW), Sending("Group B", 4, 44)),
]


def as_fits(image):
    stream = io.BytesIO()
    fits.PrimaryHDU(image).writeto(stream)
    return stream.getvalue()


def packets():
    image = np.arange(63 * 63, dtype=np.float32).reshape(63, 63)
    stamp = {"fileName": "x", "stampData": as_fits(image)}
    for i in range(1, 5):
        one = packet(i, object_id=f"ZTF18aaaaa{i:02d}", magpsf=16.0 + i, history=2)
        future = {**one["prv_candidates"][0], "jd": one["candidate"]["jd"] + 1}
        hidden = {**one["prv_candidates"][0], "programid": 3}
        yield {
            **one,
            "prv_candidates": [*one["prv_candidates"], future, hidden],
            "cutoutScience": stamp,
            "cutoutTemplate": stamp,
            "cutoutDifference": {"fileName": "x", "stampData": b"damaged"},
        }


@pytest.fixture(scope="module")
def payloads(tmp_path_factory):
    return written(tmp_path_factory.mktemp("payloads"), TOLD)


def written(folder, told, given=None):
    contents = {f"{p['candid']}.avro": container([p]) for p in given or packets()}
    index = folder / "index.parquet"
    build_index(write_folder(folder / "night", contents), ZTF, index, folder / "spool")
    outputs = [folder / name for name in ("candidates.parquet", "verdicts.parquet", "counts.json")]
    filters = [one.filter for one in told]
    filter_shard(ShardInputs(index, (0, 1)), ZTF, filters, ShardOutputs(*outputs))
    number = write_payloads(
        index, (0, 1), ZTF, outputs[0], told, INSTRUMENT, folder / "payloads.jsonl"
    )
    lines = (folder / "payloads.jsonl").read_text().splitlines()
    assert len(lines) == number
    return folder / "payloads.jsonl"


def requests_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_what_skyportal_is_told(payloads):
    requests = requests_of(payloads)
    candidates = [r["body"] for r in requests if r["path"] == "/api/candidates"]
    assert [c["passing_alert_id"] for c in candidates] == [1, 2, 3, 4]
    first = candidates[0]
    assert (first["id"], first["ra"], first["dec"]) == ("ZTF18aaaaa01", 10.0, -5.0)
    assert first["passed_at"] == "2018-02-01T00:00:00.000"
    assert [c["filter_ids"] for c in candidates] == [[33, 44], [33], [33], [33]]
    passed = first["passed_filters"][0]
    assert passed["autosave"] == {"comment": "wow"}
    assert passed["update_annotations"] is True
    assert passed["auto_followup"] == {"allocation_id": 5, "payload": {}}
    assert passed["data"] == {"annotations": {"mag": 17.0}}
    of_first = [r for r in requests if "ZTF18aaaaa01" in json.dumps(r)]
    assert [(r["method"], r["path"]) for r in of_first] == [
        ("POST", "/api/candidates"), ("PUT", "/api/photometry"),
        ("POST", "/api/thumbnail"), ("POST", "/api/thumbnail"),
        ("PUT", "/api/sources/ZTF18aaaaa01/annotations"), ("POST", "/api/sources"),
        ("POST", "/api/followup_request"),
    ]  # fmt: skip
    assert of_first[4]["body"]["origin"] == "Group A:all"
    assert of_first[5]["body"] == {"id": "ZTF18aaaaa01", "group_ids": [3], "comment": "wow"}


def test_bodies_are_json_though_filters_have_no_numbers(tmp_path):
    sql = "select 'nan'::double as n, ['inf'::double, 1.5] as l from alerts where candid = 1"
    annotations = {"n": {"$sqrt": {"$literal": float("nan")}}}
    pipeline = json.dumps([{"$project": {"annotations": annotations}}])
    told = [
        Told(Filter("one", sql=sql), Sending("A", 1, 2, {"importance": float("nan")})),
        Told(Filter("two", pipeline=pipeline), Sending("A", 1, 3)),
    ]

    def refuse(word):
        raise AssertionError(word)

    lines = written(tmp_path, told).read_text().splitlines()
    found = [json.loads(line, parse_constant=refuse) for line in lines]
    noted = [one["body"] for one in found if one["path"].endswith("/annotations")]
    assert [one["data"] for one in noted[:2]] == [{"n": None, "l": [None, 1.5]}, {"n": None}]
    (saved,) = [one["body"] for one in found if one["path"] == "/api/sources"]
    assert saved["importance"] is None


def test_what_a_filter_asks_for_is_asked_once_an_object(tmp_path):
    alerts = [packet(i, object_id=f"ZTF18aaaaa{i // 3:02d}") for i in range(1, 6)]
    asks = Sending("A", 1, 2, True, False, {"allocation_id": 5})
    told = [Told(Filter(n, pipeline=ALL, permissions=(1, 2)), asks) for n in ("a", "b")]
    requests = requests_of(written(tmp_path, told, alerts))
    saved = [r["body"]["id"] for r in requests if r["path"] == "/api/sources"]
    assert saved == ["ZTF18aaaaa00"] * 2 + ["ZTF18aaaaa01"] * 2  # a filter each
    asked = [r["body"]["obj_id"] for r in requests if r["path"] == "/api/followup_request"]
    assert asked == saved
    assert len([r for r in requests if r["path"].endswith("/annotations")]) == 10
    assert len([r for r in requests if r["path"] == "/api/candidates"]) == 5


def test_photometry_is_permitted_and_past(payloads):
    for request in requests_of(payloads):
        if request["path"] == "/api/photometry":
            body = request["body"]
            assert (body["stream_ids"], body["instrument_id"]) == ([11], 7)
            assert body["mjd"] == [58148.0, 58149.0, 58150.0]
            assert (
                len({len(body[n]) for n in ("mjd", "flux", "fluxerr", "filter", "zp", "ra")}) == 1
            )


def test_thumbnails_are_pictures(payloads):
    bodies = [r["body"] for r in requests_of(payloads) if r["path"] == "/api/thumbnail"]
    assert [b["ttype"] for b in bodies] == ["new", "ref"] * 4  # the damaged one is left out
    image = imread(io.BytesIO(base64.b64decode(bodies[0]["data"])))
    assert image.shape == (63, 63)
    assert image[0, 0] > 0.9
    assert image[-1, 0] < 0.1


@pytest.mark.parametrize(
    "image",
    [np.full((3, 5), np.nan), np.zeros((2, 2)), np.array([[1.0, np.inf], [np.nan, 2.0]])],
)
def test_pictures_of_odd_stamps(image):
    assert imread(io.BytesIO(picture(image))).shape == image.shape


class Server(ThreadingHTTPServer):
    """Takes requests; answers what `faults` says first."""

    faults: list
    taken: list


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault == "cut":
            self.connection.close()
            return
        if fault is None and self.headers["Authorization"] != f"token {TOKEN}":
            fault = 401
        if fault is None:
            self.server.taken.append((self.command, self.path, json.loads(body)))
        self.send_response(fault or 200)
        if fault in (301, 302, 307):
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_PUT = do_POST


@contextmanager
def server(*faults):
    found = Server(("127.0.0.1", 0), Handler)
    found.faults, found.taken = list(faults), []
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    try:
        yield found, f"http://127.0.0.1:{found.server_port}"
    finally:
        found.shutdown()
        found.server_close()


def test_all_is_posted_though_the_server_fails_at_times(payloads, tmp_path):
    with server(503, None, "cut", 500, None, None, 429, 502) as (found, url):
        receipt = post(payloads, url, TOKEN, tmp_path / "receipt.json")
    sent = [(r["method"], r["path"], r["body"]) for r in requests_of(payloads)]
    assert found.taken == sent
    assert receipt.counts == {"posted": len(sent), "refused": 0}
    text = (tmp_path / "receipt.json").read_text()
    assert json.loads(text)["where"] == url
    assert TOKEN not in text


def test_what_is_refused_for_good_is_counted(payloads, tmp_path):
    with server(400) as (found, url):
        receipt = post(payloads, url, TOKEN, tmp_path / "receipt.json")
    assert receipt.counts["refused"] == receipt.counts["refused /api/candidates"] == 1
    assert len(found.taken) == receipt.counts["posted"] == len(requests_of(payloads)) - 1


@pytest.mark.parametrize("fault", [401, 403, 302])
def test_a_server_that_does_not_know_us(payloads, tmp_path, fault):
    with server(fault) as (found, url):
        with pytest.raises(PostError, match=str(fault)) as error:
            post(payloads, url, TOKEN, tmp_path / "receipt.json")
        assert found.taken == []
    assert TOKEN not in str(error.value)
    assert not (tmp_path / "receipt.json").exists()


def test_nobody_there(payloads, tmp_path):
    with pytest.raises(PostError, match="ConnectionRefusedError, and so for"):
        post(payloads, "http://127.0.0.1:9", TOKEN, tmp_path / "receipt.json", patience_s=0.3)
    assert not (tmp_path / "receipt.json").exists()


def test_the_token(tmp_path, monkeypatch):
    monkeypatch.delenv("SKYPORTAL_TOKEN", raising=False)
    with pytest.raises(PostError, match="set SKYPORTAL_TOKEN"):
        read_token(None)
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o644)
    with pytest.raises(PostError, match="chmod 600"):
        read_token(str(file))
    file.chmod(0o600)
    assert read_token(str(file)) == TOKEN
    monkeypatch.setenv("SKYPORTAL_TOKEN", "other")
    assert read_token(str(file)) == "other"
    monkeypatch.setenv("SKYPORTAL_TOKEN", "two\nlines")
    with pytest.raises(PostError) as error:
        read_token(None)
    assert "two" not in str(error.value)
