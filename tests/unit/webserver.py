"""A web server on loopback that resumes as real ones do, and breaks as told."""

import hashlib
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 64 << 10


@dataclass
class Site:
    """One file on a server, what goes wrong with it, and what was asked for.

    ``promised`` is what Content-Length says too much. ``faults`` are used up from the front,
    one a request: a status to answer with; or ("cut", n): the connection breaks after n bytes;
    or ("hang", n, event): it stops there until the event; or ("drip", n, seconds, event): after
    n bytes, those of the header counted, one each so many seconds until the event; or
    ("to", url): a redirect.
    """

    content: bytes
    ranges: bool = True
    validators: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    promised: int = 0
    wrong_part: bool = False
    faults: list = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0
    url: str = ""

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:8]}"'

    @property
    def asked_from(self) -> list[str | None]:
        """Return the range of each request."""
        return [request.get("Range") for request in self.requests]


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        site = self.server.site
        site.requests.append(dict(self.headers))
        fault = site.faults.pop(0) if site.faults else None
        if isinstance(fault, int):
            self.send_error(fault)
            return
        if fault and fault[0] == "to":
            self.send_response(302)
            self.send_header("Location", fault[1])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if fault and fault[0] == "drip":
            self._drip(*fault[1:])
            return
        start = self._start(site)
        if start > len(site.content) or (start and start == len(site.content)):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(site.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = site.content[start:]
        self.send_response(206 if start else 200)
        if start:
            total = len(site.content)
            first = start - 1 if site.wrong_part else start
            self.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
        if site.validators:
            self.send_header("ETag", site.etag)
        for name, value in site.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + site.promised))
        self.end_headers()
        self._send(site, body, fault)

    def _drip(self, at_once: int, seconds: float, release: threading.Event) -> None:
        content = self.server.site.content
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode()
        answer = head + content
        with suppress(ConnectionError):
            self.wfile.write(answer[:at_once])
            for byte in answer[at_once:]:
                if release.wait(seconds):
                    break
                self.wfile.write(bytes([byte]))
        self.close_connection = True

    def _start(self, site: Site) -> int:
        """Return where to begin: at 0 where the file is not what If-Range says."""
        asked = self.headers.get("Range")
        same = self.headers.get("If-Range") in (site.etag, site.headers.get("Last-Modified"))
        if not asked or not site.ranges or not same:
            return 0
        return int(asked.removeprefix("bytes=").rstrip("-"))

    def _send(self, site: Site, body: bytes, fault: tuple | None) -> None:
        stop = fault[1] if fault else len(body)
        for at in range(0, stop, PIECE):
            with suppress(ConnectionError):  # a client that is killed does not say good-bye
                self.wfile.write(body[at : min(at + PIECE, stop)])
            site.sent += min(PIECE, stop - at)
        if fault and fault[0] == "hang":
            self.wfile.flush()
            fault[2].wait(30)
        self.close_connection = True


@contextmanager
def serve(site: Site, name: str = "night.tar.gz", tls: ssl.SSLContext | None = None):
    """Serve a file until the block ends; its address is ``site.url``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.site = site
    scheme = "https" if tls else "http"
    site.url = f"{scheme}://127.0.0.1:{server.server_port}/{name}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
