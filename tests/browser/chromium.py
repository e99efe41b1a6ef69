"""Headless Chromium, driven over a pipe by its own protocol: no driver, no port, no network."""

import json
import os
import shutil
import subprocess
import tempfile
from base64 import b64decode
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--hide-scrollbars", "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def program() -> str | None:
    """Return where the browser is, if it is anywhere."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """A browser with one tab; `events` are what it told since the page was opened."""

    def __init__(self, where: str):
        self._folder = tempfile.mkdtemp(prefix="nightmill-chromium-")
        read_in, self._out = os.pipe()
        self._in, write_out = os.pipe()
        # its ends of the pipes are 3 and 4
        command = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", command, "bash", str(read_in), str(write_out), where, *FLAGS,
             f"--user-data-dir={self._folder}", "about:blank"],
            pass_fds=(read_in, write_out), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(read_in)
        os.close(write_out)
        self._waiting = b""
        self._number = 0
        self.events: list[dict] = []
        self._session = None
        (tab,) = [t for t in self("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        asked = {"targetId": tab["targetId"], "flatten": True}
        self._session = self("Target.attachToTarget", **asked)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters):
        """Ask for something and return the answer; what else is told meanwhile is kept."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            asked["sessionId"] = self._session
        os.write(self._out, json.dumps(asked).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, (method, told)
                return told["result"]
            self.events.append(told)

    def _next(self) -> dict:
        while b"\0" not in self._waiting:
            got = os.read(self._in, 1 << 20)
            assert got, "the browser has ended"
            self._waiting += got
        message, _, self._waiting = self._waiting.partition(b"\0")
        return json.loads(message)

    def open(self, where: Path | str, width: int = 1280, dark: bool = False) -> None:
        """Open a file, or an address, and wait until it is there."""
        self.events.clear()
        self("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
             mobile=False)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[scheme])
        self("Page.navigate", url=where if isinstance(where, str) else where.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def value(self, expression: str):
        """Return what an expression of the page's script is, awaited."""
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        told = self("Runtime.evaluate", **asked)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def screenshot(self, path: Path, whole: bool = True) -> None:
        """Write a picture of the page, from its beginning to its end."""
        told = self("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(b64decode(told["data"]))

    def said(self, method: str) -> list[dict]:
        """Return the parameters of what was told of a kind."""
        self.value("0")  # whatever was told before is read
        return [event["params"] for event in self.events if event.get("method") == method]

    def close(self) -> None:
        """End the browser and remove what it has written."""
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)
