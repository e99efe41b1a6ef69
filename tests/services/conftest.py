"""Services that run here for the time of the tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from mongod import DATABASE, PROGRAM, Mongod


def pytest_addoption(parser):
    parser.addoption("--crashes", type=int, default=3, help="how often what is killed")


def pytest_configure(config):
    config.addinivalue_line("markers", "services: starts a real service on loopback")


def pytest_ignore_collect(config):
    """Collect these tests only if they are asked for: `make test` installs no services."""
    return None if any("services" in argument for argument in config.args) else True


@pytest.fixture(scope="session")
def start_mongod(tmp_path_factory):
    """Return a function that starts a server of the test's own; it ends with the tests."""
    assert PROGRAM.exists(), f"{PROGRAM} is not there: `make test-services` installs it"
    servers = []

    def start(folder=None, **options) -> Mongod:
        servers.append(Mongod(folder or tmp_path_factory.mktemp("mongod"), **options))
        return servers[-1].start()

    yield start
    for server in servers:
        server.remove()


@pytest.fixture(scope="session")
def standalone(start_mongod) -> Mongod:
    """Return a running standalone server, for all tests."""
    return start_mongod()


@pytest.fixture(scope="session")
def replica_set(start_mongod) -> Mongod:
    """Return a running replica set of one server, for all tests."""
    return start_mongod(replica_set=True)


@pytest.fixture(params=["standalone", "replica_set"])
def server(request) -> Mongod:
    """Return a running server of each kind, its database empty."""
    running = request.getfixturevalue(request.param)
    _drop(running)
    return running


@pytest.fixture
def database(replica_set):
    """Return the empty database of the replica set, as root sees it."""
    _drop(replica_set)
    with replica_set.client() as client:
        yield client[DATABASE]


def _drop(running: Mongod) -> None:
    with running.client() as client:
        client.drop_database(DATABASE)
