"""`nightmill label --web` by its protocol: guarded, killed, used by two (see tests/browser)."""

import http.client
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from labelling import FIRST, write_round

from pipeline.cli.main import main
from pipeline.notebook import Results
from pipeline.show.web.desk import Desk
from pipeline.show.web.server import LabelServer
from pipeline.vra.labels.asked import of_round
from pipeline.vra.labels.claims import Claims
from pipeline.vra.labels.session import Session
from pipeline.vra.labels.store import append, read

JSON = {"Content-Type": "application/json"}
ALERTS = 6


@pytest.fixture
def directory(tmp_path):
    write_round(tmp_path, alerts=ALERTS)
    return tmp_path


@contextmanager
def desk(directory, who="ann", overlap=0.0):
    folder = directory / "labels"
    with Claims(folder) as claims:
        alerts = of_round(directory, "nightmill", 3)
        session = Session(folder, who, alerts, "nightmill", overlap, claims)
        one = Desk(session, Results(directory, "arrow"), "round 3", str(folder))
        yield one
        one.close()


class Page:
    """A client of one server, as the page's script is."""

    def __init__(self, port, token):
        self.port, self.token = port, token

    def ask(self, what="next", body=None, headers=(), method=None, token=None):
        """Return status and answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        path = f"/{self.token if token is None else token}/{what}"
        method = method or ("GET" if body is None else "POST")
        connection.request(method, path, content, JSON | dict(headers))
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.headers = dict(answer.getheaders())
        kind = self.headers.get("Content-Type", "")
        return answer.status, json.loads(text) if kind.startswith("application/json") else text

    def give(self, candid, label):
        return self.ask("label", {"candid": candid, "label": label})


@pytest.fixture
def page(directory):
    with desk(directory) as one, LabelServer(one) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Page(server.server_port, server.token)
        server.shutdown()
        thread.join()


def given(directory):
    return [(one.candid - FIRST, one.label) for one in read(directory / "labels").given]


def test_a_round_from_the_first_to_the_last(page, directory):
    status, view = page.ask()
    assert (status, view["candid"]) == (200, str(FIRST))  # rank 0: text, for JavaScript
    assert (view["labelled"], view["alerts"], view["mine"]) == (0, ALERTS, 0)
    assert page.ask()[1]["candid"] == str(FIRST)  # what is asked stays asked
    html = view["html"]
    for part in ("ZTF18aaaaaaa", 'alt="science stamp"', "<svg", "linear_fit_slope", "score 0.60"):
        assert part in html
    for link in ("lasair-ztf.lsst.ac.uk", "fink-portal.org", "alerce.online"):
        assert link in html

    _, view = page.give(str(FIRST), "real")
    assert (view["candid"], view["labelled"], view["said"]) == (
        str(FIRST + 1), 1, "ZTF18aaaaaaa: real",
    )  # fmt: skip
    assert given(directory) == [(0, "real")]
    _, view = page.ask("undo", {})
    assert (view["candid"], view["said"], given(directory)) == (str(FIRST), "taken back", [])
    assert page.ask("undo", {})[1]["said"] == "nothing of yours to take back here"
    for k in range(ALERTS):
        _, view = page.give(str(FIRST + k), "skip" if k == 2 else "gal")
    assert view["candid"] is None
    assert "5 of 6 labelled, 5 by you, 1 skipped" in view["html"]
    assert page.give(str(FIRST), "gal")[0] == 409
    assert [label for _, label in given(directory)] == ["gal", "gal", "skip", "gal", "gal", "gal"]


def test_a_label_of_what_is_not_shown_is_none(page, directory):
    page.ask()
    status, answer = page.give(str(FIRST + 1), "real")
    assert (status, answer) == (409, {"error": "another alert is shown by now: look at it first"})
    append(directory / "labels", "bob", FIRST, "", "gal")  # meanwhile, by another
    page.give(str(FIRST), "real")
    assert ("ann", "real") in {(one.who, one.label) for one in read(directory / "labels").given}


@pytest.mark.parametrize(("asked", "status"), [
    ({"token": "no"}, 403),
    ({"token": ""}, 403),
    ({"headers": {"Host": "evil.example"}}, 403),
    ({"headers": {"Origin": "http://evil.example"}}, 403),
    ({"headers": {"Origin": "null"}}, 403),
    ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
    ({"what": "elsewhere"}, 404),
    ({"what": "../../etc/passwd"}, 404),
    ({"what": "label"}, 404),
    ({"what": "next", "body": {}}, 404),
    ({"what": "label", "body": {}}, 400),
    ({"what": "label", "body": {"candid": FIRST, "label": "real"}}, 400),
    ({"what": "label", "body": {"candid": str(FIRST), "label": "best"}}, 400),
    ({"what": "label", "body": {"candid": str(FIRST), "label": "undo"}}, 400),
    ({"what": "label", "body": b"[1]"}, 400),
    ({"what": "label", "body": b"\xff\xfe{"}, 400),
    ({"what": "label", "body": b"[" * 1000}, 400),
    ({"what": "label", "body": b"{}", "headers": {"Content-Type": "text/plain"}}, 415),
    ({"what": "label", "body": b" " * 2000}, 413),
    ({"what": "label", "body": b"{}", "headers": {"Content-Length": "-1"}}, 413),
    ({"method": "PUT", "body": b"{}"}, 501),
    ({"method": "OPTIONS"}, 501),
])  # fmt: skip
def test_what_is_not_the_page_is_refused(page, directory, asked, status):
    found, answer = page.ask(**asked)
    assert found == status
    assert page.token not in json.dumps(answer)
    assert given(directory) == []
    assert page.ask()[0] == 200


def test_a_page_that_goes_away_is_no_traceback(page, capfd):
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", page.port), timeout=10) as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line = f"GET /{page.token}/next HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n\r\n"
            raw.sendall(line.encode())
    assert page.ask()[0] == 200
    time.sleep(0.2)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("line", [b"GET /\xc3\xa9/next", b"GET next", b"GET /", b"GET //"])
def test_odd_addresses_are_refused(page, line):
    with socket.create_connection(("127.0.0.1", page.port), timeout=10) as raw:
        raw.sendall(line + f" HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n\r\n".encode())
        assert raw.recv(1000).startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))


def test_only_its_own_style_and_script_run(page):
    status, text = page.ask("")
    assert status == 200
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', text))
    policy = page.headers["Content-Security-Policy"]
    assert f"script-src 'nonce-{nonce}'" in policy and "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert page.headers["Referrer-Policy"] == "no-referrer"  # which would tell the secret
    assert re.findall(r"<(?:script|style)(?! nonce)", text) == []
    page.ask("")
    assert nonce not in page.headers["Content-Security-Policy"]


def test_names_are_no_markup(tmp_path):
    from labelling import write_worklist
    from nights import write_results
    from packets import packet

    name = "<img src=x onerror=alert(1)>"
    write_results(tmp_path, [packet(FIRST, name, history=2)])
    write_worklist(tmp_path, [(FIRST, name)])
    with desk(tmp_path) as one:
        html = one.view()["html"]
        assert "<img src=x" not in html and "&lt;img src=x" in html


def test_an_alert_that_has_gone_is_told(tmp_path):
    from labelling import write_worklist

    write_worklist(tmp_path, [(FIRST, "ZTF18aaaaaaa")])
    with desk(tmp_path) as one:
        view = one.view()
        assert "Not shown: " in view["html"] and view["candid"] == str(FIRST)
        assert one.give(str(FIRST), "skip")["candid"] is None


def _serve(directory, who, told):
    """Serve in this process until it is killed; write port and secret to a pipe."""
    with desk(directory, who) as one, LabelServer(one) as server:
        os.write(told, f"{server.server_port} {server.token}\n".encode())
        server.serve_forever()


@contextmanager
def served(directory, who):
    """Serve in a process of its own; yield its page and process."""
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        try:
            _serve(directory, who, told)
        finally:
            os._exit(1)
    os.close(told)
    port, token = os.read(heard, 1000).decode().split()
    os.close(heard)
    yield Page(int(port), token), child
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.parametrize("moment", range(20))
def test_killed_at_a_random_moment_nothing_given_is_lost(directory, moment):
    """What was answered is on the disk; the last label is whole or not there."""
    chance = random.Random(moment)
    with served(directory, "ann") as (page, child):
        view = page.ask()[1]
        labels = chance.choices(("real", "gal", "bogus"), k=chance.randrange(1, 5))
        for label in labels[:-1]:
            view = page.give(view["candid"], label)[1]
        last = threading.Thread(target=_try, args=(page, view["candid"], labels[-1]))
        last.start()
        time.sleep(chance.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        last.join()
    found = read(directory / "labels")
    said = [one.label for one in found.given]
    assert not found.problems
    assert said in (labels[:-1], labels)


def _try(page, candid, label):
    with suppress(OSError, http.client.HTTPException):
        page.give(candid, label)


def test_two_at_once_double_and_lose_none(tmp_path):
    write_round(tmp_path, alerts=40, stamps=False)
    counts = {"ann": [], "bob": []}

    def label_all(page, who):
        view = page.ask()[1]
        while view["candid"] is not None:
            counts[who].append(view["candid"])
            view = page.give(view["candid"], "real")[1]

    with served(tmp_path, "ann") as (one, _), served(tmp_path, "bob") as (other, _):
        threads = [
            threading.Thread(target=label_all, args=(page, who))
            for page, who in ((one, "ann"), (other, "bob"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = read(tmp_path / "labels").given
    assert len(found) == len({one.candid for one in found}) == 40
    assert sorted(counts["ann"] + counts["bob"]) == sorted(str(one.candid) for one in found)
    assert counts["ann"] and counts["bob"]


def test_two_pages_of_one_labeller_give_one_label(page, directory):
    """A second tab shows the same alert: who comes later is told to look again."""
    candid = page.ask()[1]["candid"]
    assert page.ask()[1]["candid"] == candid
    statuses = sorted((page.give(candid, "real")[0], page.give(candid, "gal")[0]))
    assert statuses == [200, 409]
    assert given(directory) == [(0, "real")]


@pytest.mark.parametrize("end", ["quit", signal.SIGTERM, signal.SIGINT])
def test_the_command_ends(directory, end):
    command = [sys.executable, "-m", "pipeline.cli.main", "label", "--web", "--who", "ann"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    port, token = re.search(r"127\.0\.0\.1:(\d+)/(\S+)/", process.stdout.readline()).groups()
    page = Page(int(port), token)
    page.give(page.ask()[1]["candid"], "agn")
    if end == "quit":
        assert "1 of 6 labelled" in page.ask("quit", {})[1]["html"]
    else:
        process.send_signal(end)
    out, error = process.communicate(timeout=30)
    assert out.startswith("round 3: 1 of 6 labelled, 1 by you (labels/ann.csv)")
    code = {"quit": 0, signal.SIGTERM: 143, signal.SIGINT: 130}[end]
    assert process.returncode == code and "Traceback" not in error
    assert given(directory) == [(0, "agn")]


def test_a_port_that_is_taken(page, directory, capsys):
    port = str(page.port)
    assert main(["label", "--web", "--port", port, "--directory", str(directory)]) == 1
    assert "Address already in use" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "99999", "http"])
def test_what_is_no_port(directory, capsys, port):
    with pytest.raises(SystemExit):
        main(["label", "--web", f"--port={port}", "--directory", str(directory)])
    assert "a port is 0 to 65535" in capsys.readouterr().err
