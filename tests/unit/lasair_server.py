"""Lasair's API on loopback: slow, failing and rate-limiting as told."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SECRET = "a-token-of-the-test"


@dataclass
class Sky:
    """What the server does; `faults` are used up from the front, one a request.

    A fault is a status; or (status, headers); or bytes to answer with; or a number of seconds
    (a float) to be slow by; or "cut": the connection ends.
    """

    url: str = ""
    faults: list = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)


def answer(ra: str, dec: str) -> dict:
    """Return what Sherlock says of a place: north of 20 degrees nothing is known."""
    if float(dec) > 20:
        return {"classifications": {"query": ["ORPHAN", "far from all"]}, "crossmatches": []}
    first = {
        "catalogue_table_name": "NED/SDSS", "catalogue_object_id": f"g{ra}",
        "separationArcsec": 3.25, "physical_separation_kpc": 4.5, "rank": 1,
    }  # fmt: skip
    return {"classifications": {"query": ["SN", "in a galaxy"]}, "crossmatches": [first]}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        sky, parts = self.server.sky, urlsplit(self.path)
        if self.headers.get("Authorization") != f"Token {SECRET}":
            return self._send(401, b"{}")
        fault = sky.faults.pop(0) if sky.faults else None
        if isinstance(fault, float):
            time.sleep(fault)
        elif isinstance(fault, int):
            return self._send(fault, b"{}")
        elif isinstance(fault, tuple):
            return self._send(fault[0], b"{}", fault[1])
        elif isinstance(fault, bytes):
            return self._send(200, fault)
        elif fault == "cut":
            self.close_connection = True
            return None
        assert parts.path == "/api/sherlock/position/"
        query = parse_qs(parts.query)
        place = query["ra"][0], query["dec"][0]
        sky.asked.append(place)
        return self._send(200, json.dumps(answer(*place)).encode())

    def _send(self, status, content, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def lasair():
    """Serve until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.sky = Sky(f"http://127.0.0.1:{server.server_port}/api")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.sky
    server.shutdown()
    thread.join()
    server.server_close()
