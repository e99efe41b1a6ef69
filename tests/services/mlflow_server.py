"""A real MLflow server for the time of the tests: private, on loopback, stopped by its pid."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests
from mongod import PROGRAM, free_port

PACKAGES = PROGRAM.parents[3]
"""Where `make test-services` puts what the server needs beside the client."""
READY_S = 120.0


@dataclass
class MlflowServer:
    """A server, its runs and files in a folder of its own.

    Attributes
    ----------
    folder : Path
        What is in it stays when the server is stopped, and is there when it starts again.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen | None = None

    @property
    def uri(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "MlflowServer":
        """Start it, and wait until it answers."""
        paths = [str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(paths),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }
        self.folder.mkdir(exist_ok=True)
        command = [
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
            *("--port", str(self.port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{self.folder / 'server.db'}"),
            *("--artifacts-destination", str(self.folder / "files")),
        ]
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                raise RuntimeError("MLflow did not start:\n" + (self.folder / "log").read_text())
            time.sleep(0.2)
        return self

    def stop(self) -> None:
        """End it and what it has started."""
        if self._process is None:
            return
        try:
            family = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self._process.terminate()
        for child in family:
            if child.is_running():
                child.terminate()
        self._process.wait(30)
        psutil.wait_procs(family, 30)
        self._process = None

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.uri}/health", timeout=2).ok
        except requests.RequestException:
            return False
