"""What is wrong with a MongoDB is said in one line, soon, and without secrets."""

import socket
import time

import pytest
from mongod import DATABASE, free_port

from pipeline.services.mongo_errors import ServiceError
from pipeline.services.mongodb import READING, Server, ping

pytestmark = pytest.mark.services
SOON_S = 6.0


@pytest.fixture
def user(monkeypatch):
    """Return a function that logs the process in as a user of a server."""

    def log_in(running, name):
        for key, value in running.environment(name).items():
            monkeypatch.setenv(key, value)

    for key in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"MONGODB_{key}", raising=False)
    return log_in


def refused(server, **options) -> str:
    started = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        ping(server, **options)
    assert time.monotonic() - started <= SOON_S
    text = str(caught.value)
    assert text.startswith(f"MongoDB at {server.shown}: ") and "\n" not in text
    return text


def test_who_may_write_is_let_in(server, user):
    for name in ("writer", "root"):
        user(server, name)
        ping(Server(server.uri, DATABASE))


def test_credentials_of_a_file(server, user, tmp_path):
    file = tmp_path / "credentials"
    file.touch(mode=0o600)
    file.write_text(f"username=writer\npassword={server.passwords['writer']}\n")
    ping(Server(server.uri, DATABASE, str(file)))
    file.chmod(0o644)
    assert "mode 644" in refused(Server(server.uri, DATABASE, str(file)))


def test_who_may_read_alone_is_refused_before_any_job(server, user):
    user(server, "reader")
    ping(Server(server.uri, DATABASE), needs=READING)
    text = refused(Server(server.uri, DATABASE))
    assert "may not createIndex, insert, update there (13): it needs the role readWrite" in text


def test_a_stranger_a_wrong_password_and_nobody(server, user, monkeypatch):
    target = Server(server.uri, DATABASE)
    assert "no login, or no right to read there (13)" in refused(target)
    user(server, "stranger")
    assert "(13)" in refused(target)
    monkeypatch.setenv("MONGODB_PASSWORD", "s3cr3t")
    text = refused(target)
    assert "user or password is wrong (18): MONGODB_USERNAME" in text
    assert "s3cr3t" not in text


def test_nobody_there(user):
    target = Server(f"mongodb://127.0.0.1:{free_port()}", DATABASE)
    assert "does not answer within 5 s" in refused(target)


def test_somebody_who_says_nothing(user):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "does not answer" in refused(Server(f"mongodb://127.0.0.1:{port}", DATABASE))


def test_an_address_that_never_answers(user):
    """Of TEST-NET-1, RFC 5737: no machine has it."""
    assert "does not answer" in refused(Server("mongodb://192.0.2.1:27017", DATABASE))


def test_another_replica_set(replica_set, user):
    user(replica_set, "writer")
    uri = replica_set.uri.replace("rs0", "other")
    assert "does not answer" in refused(Server(uri, DATABASE))


def test_a_server_that_hangs(start_mongod, user):
    running = start_mongod()
    user(running, "writer")
    running.pause(True)
    assert "does not answer" in refused(Server(running.uri, DATABASE))
    running.pause(False)
    ping(Server(running.uri, DATABASE))
    running.remove()
