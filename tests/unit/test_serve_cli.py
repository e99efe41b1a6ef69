"""The command `nightmill serve`: what is wrong is said in one line, before it listens."""

import importlib.util
import logging
import socket
import threading

import pytest
import uvicorn
from alert_tables import write_alerts

from pipeline.archive.query.files import FilesHome
from pipeline.archive.serve.app import application
from pipeline.archive.serve.run import listen, run
from pipeline.archive.serve.users import Users
from pipeline.cli.main import main
from pipeline.services.credentials import Credentials


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.setenv("NIGHTMILL_SERVE_USERNAME", "someone")
    monkeypatch.setenv("NIGHTMILL_SERVE_PASSWORD", "correct horse")
    monkeypatch.chdir(tmp_path)
    write_alerts(tmp_path, [10.0], [-5.0])
    return tmp_path


def refused(capsys, *arguments):
    assert main(["serve", "--port", "0", *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("nightmill: ") and printed.err.count("\n") == 1
    assert "correct horse" not in printed.err
    return printed.err


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--directory", "nowhere"], "nowhere: there are no tables under results/"),
        (["--users", "nowhere"], "nowhere: No such file"),
        (["--host", "0.0.0.0"], "passwords would cross the network in plain text"),
        (["--host", "192.0.2.1", "--behind-proxy"], "cannot listen at 192.0.2.1 port 0"),
        (["--port", "99999"], "cannot listen at 127.0.0.1 port 99999"),
        (["--rate", "0"], "--rate are more than 0"),
        (["--max-time", "nan"], "--rate are more than 0"),
        (["--token-hours", "-1"], "--rate are more than 0"),
    ],
)
def test_what_is_wrong(capsys, arguments, message):
    assert message in refused(capsys, *arguments)


@pytest.mark.usefixtures("directory")
def test_no_users(capsys, monkeypatch):
    monkeypatch.delenv("NIGHTMILL_SERVE_PASSWORD")
    assert "one is set without the other" in refused(capsys)
    monkeypatch.delenv("NIGHTMILL_SERVE_USERNAME")
    assert "no users: no file, no NIGHTMILL_SERVE_USERNAME; `nightmill add-user" in refused(capsys)


@pytest.mark.usefixtures("directory")
def test_the_extra_is_missing(capsys, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "uvicorn" else found(name)
    )
    assert "uvicorn missing: pip install 'nightmill[serve]'" in refused(capsys)


@pytest.mark.usefixtures("directory")
def test_a_port_that_is_taken(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"cannot listen at 127.0.0.1 port {port}: " in refused(capsys, "--port", str(port))


def test_ipv6_and_a_proxy():
    for host, proxy in (("::1", False), ("localhost", False), ("0.0.0.0", True)):
        with listen(host, 0, proxy) as listening:
            assert listening.getsockname()[1] > 0


NONSENSE = b"POST /api/%s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"


def test_what_is_no_http_is_a_line_of_the_log(directory, monkeypatch, caplog):
    servers = []
    made = uvicorn.Server.__init__

    def noted(self, config):
        made(self, config)
        servers.append(self)

    monkeypatch.setattr(uvicorn.Server, "__init__", noted)
    app = application(FilesHome(directory), Users(own=Credentials("a", "b")))
    with listen("127.0.0.1", 0, False) as listening, caplog.at_level(logging.INFO):
        port = listening.getsockname()[1]
        thread = threading.Thread(target=run, args=(app, listening, False))
        thread.start()
        for path in (b"queries", b"auth"):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
                client.sendall(NONSENSE % path)
                assert client.recv(1000).startswith(b"HTTP/1.1 400 ")
        servers[0].should_exit = True
        thread.join()
    assert "Traceback" not in caplog.text
    assert caplog.messages == ["Invalid HTTP request received."] * 2
