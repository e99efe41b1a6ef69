"""A running `nightmill serve`, for tests: on a free port, stopped by its pid."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from penquins import Kowalski

NAME, PASSWORD = "someone", "correct horse"


@dataclass
class Serving:
    """A server, what it prints and what it logs."""

    directory: Path
    log: Path
    port: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen | None = None
    _log: IO | None = None

    def start(self, *more: str) -> "Serving":
        """Start it and wait until it listens; again on the same port."""
        # a job in a shell's background, as tests may be, ignores SIGINT
        command = ["env", "--default-signal=INT", sys.executable, "-m", "pipeline.cli.main"]
        command += ["serve", "--port", str(self.port), "--directory", str(self.directory), *more]
        environment = os.environ | self.environment
        environment |= {"NIGHTMILL_SERVE_USERNAME": NAME, "NIGHTMILL_SERVE_PASSWORD": PASSWORD}
        self._log = self.log.open("a")
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._log, text=True, env=environment
        )
        said = self._process.stdout.readline()
        if not said.startswith(f"Serving {self.directory} at http://127.0.0.1:"):
            self.end(signal.SIGKILL)
            raise RuntimeError(said + self.log.read_text())
        self.port = int(said.rsplit(":", 1)[1])
        return self

    @property
    def pid(self) -> int:
        """Return the server's process."""
        return self._process.pid

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, **more) -> Kowalski:
        """Return penquins, logged in."""
        options = {"username": NAME, "password": PASSWORD, "timeout": 30, **more}
        return Kowalski(protocol="http", host="127.0.0.1", port=self.port, **options)

    def end(self, how: int = signal.SIGTERM) -> int:
        """End it and return its status."""
        if self._process is None:
            return 0
        self._process.send_signal(how)
        try:
            status = self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._process.stdout.close()
            self._log.close()
            self._process = None
        return status
