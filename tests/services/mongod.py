"""A real MongoDB for the time of the tests: private, with authentication, stopped by its pid.

The program comes from a wheel (requirements.lock); `make test-services` puts it beside the
environment. Tests, and benchmarks that compare with MongoDB, start it by `Mongod`.
"""

import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

PROGRAM = Path(__file__).parents[2] / ".venv/services/fiftyone/db/bin/mongod"
DATABASE = "nightmill"
READY_S = 120.0
"""To answer, which after a crash, on a busy machine, may take longer than usual (1 s)."""
ROLES = {
    "root": {"role": "root", "db": "admin"},
    "writer": {"role": "readWrite", "db": DATABASE},
    "reader": {"role": "read", "db": DATABASE},
    "stranger": {"role": "read", "db": "elsewhere"},
}
"""Users by their names: the last may log in and do nothing in `DATABASE`."""


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Mongod:
    """A server and its data in a folder of its own.

    Attributes
    ----------
    folder : Path
        Data, log and key; made by `start`.
    replica_set : bool
        Whether it is a replica set of one, which has retryable writes and transactions.
    cache_gb : float
        What it may hold in memory.
    passwords : dict
        Of each of `ROLES`, made up for this server.
    """

    folder: Path
    replica_set: bool = False
    cache_gb: float = 0.25
    port: int = field(default_factory=free_port)
    passwords: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_hex(12) for name in ROLES}
    )
    _process: subprocess.Popen | None = None
    _watcher: subprocess.Popen | None = None

    @property
    def uri(self) -> str:
        """Return its address, without credentials."""
        return f"mongodb://127.0.0.1:{self.port}/" + "?replicaSet=rs0" * self.replica_set

    @property
    def pid(self) -> int:
        """Return its process."""
        return self._process.pid

    def client(self, user: str = "root", **options) -> MongoClient:
        """Return a client that is logged in as one of `ROLES`."""
        options = {"serverSelectionTimeoutMS": 5000, **options}
        return MongoClient(self.uri, username=user, password=self.passwords[user], **options)

    def environment(self, user: str) -> dict[str, str]:
        """Return the variables that log Nightmill in as one of `ROLES`."""
        return {"MONGODB_USERNAME": user, "MONGODB_PASSWORD": self.passwords[user]}

    def start(self) -> "Mongod":
        """Start it, again on the same data if need be, and wait until it answers."""
        new = not (self.folder / "data").exists()
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self._spawn()
        try:
            if new:
                self._set_up()
            with self.client() as client:
                self._wait(lambda: client.admin.command("hello")["isWritablePrimary"])
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """End it as an operator does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """End it and delete its data."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pause(self, stopped: bool) -> None:
        """Let it hang, or go on."""
        self._process.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)

    def log(self) -> str:
        """Return what it has logged."""
        return (self.folder / "log").read_text()

    def _spawn(self) -> None:
        command = [
            PROGRAM, "--dbpath", self.folder / "data", "--port", self.port,
            "--bind_ip", "127.0.0.1", "--nounixsocket", "--logpath", self.folder / "log",
            "--logappend", "--wiredTigerCacheSizeGB", self.cache_gb,
            "--setParameter", "diagnosticDataCollectionEnabled=false",
        ]  # fmt: skip
        if self.replica_set:
            key = self.folder / "key"
            if not key.exists():
                key.touch(mode=0o600)
                key.write_text(secrets.token_hex(128))
            command += ["--replSet", "rs0", "--keyFile", key, "--oplogSize", "200"]
        else:
            command += ["--auth"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL, start_new_session=True, **quiet,
        )  # fmt: skip
        # Its standard input ends with this process, whatever ends that: nothing is left running.
        self._watcher = subprocess.Popen(
            ["sh", "-c", "read _; kill -9 $0", str(self._process.pid)],
            stdin=subprocess.PIPE, start_new_session=True, **quiet,
        )  # fmt: skip

    def _set_up(self) -> None:
        """Make a replica set of it, and its users: nobody but who is on this machine may."""
        address = f"mongodb://127.0.0.1:{self.port}/?directConnection=true"
        with MongoClient(address, serverSelectionTimeoutMS=1000) as client:
            self._wait(lambda: client.admin.command("ping"))
            if self.replica_set:
                members = [{"_id": 0, "host": f"127.0.0.1:{self.port}"}]
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
                self._wait(lambda: client.admin.command("hello")["isWritablePrimary"])
            first, *others = ROLES
            self._create(client, first)
        with self.client(first) as client:
            for user in others:
                self._create(client, user)

    def _create(self, client: MongoClient, user: str) -> None:
        client.admin.command("createUser", user, pwd=self.passwords[user], roles=[ROLES[user]])

    def _wait(self, condition) -> None:
        deadline = time.monotonic() + READY_S
        while True:
            try:
                if condition():
                    return
            except PyMongoError as error:
                last = error
            else:
                last = None
            if self._process.poll() is not None:
                text = self.log()[-2000:] if (self.folder / "log").exists() else "no log"
                raise RuntimeError(f"mongod ended with {self._process.returncode}: {text}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"mongod does not answer in {READY_S:.0f} s: {last}")
            time.sleep(0.05)

    def _end(self, number: int) -> None:
        for process, how in ((self._watcher, signal.SIGKILL), (self._process, number)):
            if process is not None:
                process.send_signal(how)
                process.send_signal(signal.SIGCONT)
        for process in (self._watcher, self._process):
            if process is not None:
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                if process.stdin:
                    process.stdin.close()
        self._process = self._watcher = None
