"""The labelling page's server: loopback alone, a secret in the address, own pages alone."""

import hmac
import json
import secrets
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from pipeline.show.web.desk import Desk, Stale
from pipeline.show.web.fragments import done_html, page_html

HOST = "127.0.0.1"
_MOST_BYTES = 1000
"""Of what is sent: a candid and a label."""
_PATIENCE_S = 30.0
"""For a client that sends slowly."""


class Refused(Exception):
    """A request that is none of the page's own; `args` are the status and why."""


class LabelServer(ThreadingHTTPServer):
    """Serves one labeller's page until `serve_forever` is told to stop.

    Parameters
    ----------
    desk : Desk
    port : int
        0 for any that is free.

    Raises
    ------
    OSError
        If the port is taken.
    """

    daemon_threads = True

    def __init__(self, desk: Desk, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.desk = desk
        self.token = secrets.token_urlsafe(24)
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a page that was closed before its answer; of all else what Python says."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """Return where the page is."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    server: LabelServer
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE_S

    def do_GET(self) -> None:
        self._answer({"": self._page, "next": lambda: self._json(self.server.desk.view())})

    def do_POST(self) -> None:
        self._answer({"label": self._label, "undo": self._undo, "quit": self._quit})

    def _answer(self, does: Mapping[str, Callable[[], None]]) -> None:
        try:
            does_it = does.get(self._name())
            if does_it is None:
                raise Refused(HTTPStatus.NOT_FOUND, "there is nothing of that name")
            does_it()
        except Refused as refused:
            self._json({"error": refused.args[1]}, refused.args[0])
        except Stale as stale:
            self._json({"error": str(stale)}, HTTPStatus.CONFLICT)
        except ValueError as error:
            self._json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except OSError as error:  # the disk: the label is not given
            if not isinstance(error, ConnectionError | TimeoutError):
                self._json({"error": f"not given: {error}"}, HTTPStatus.INSUFFICIENT_STORAGE)

    def _name(self) -> str:
        """Return what is asked for, once it is clear that our page does.

        Raises
        ------
        Refused
            If the host, the origin or the secret is another.
        """
        if self.headers.get("Host") not in self.server.hosts:
            raise Refused(HTTPStatus.FORBIDDEN, "another host")
        origin = self.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self.server.hosts:
            raise Refused(HTTPStatus.FORBIDDEN, "another origin")
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise Refused(HTTPStatus.FORBIDDEN, "another site")
        _, token, *rest = [*self.path.split("/", 2), ""]
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            raise Refused(HTTPStatus.FORBIDDEN, "the address has another secret")
        return rest[0]

    def _body(self) -> dict[str, Any]:
        """Return what was sent."""
        if self.headers.get_content_type() != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "JSON was expected")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > _MOST_BYTES:
            self.close_connection = True
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{_MOST_BYTES} bytes at most")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except RecursionError as error:
            raise ValueError("a mapping was expected, not that many in each other") from error
        if not isinstance(body, dict):
            raise ValueError("a mapping was expected")
        return body

    def _page(self) -> None:
        nonce = secrets.token_urlsafe(16)
        content = page_html(self.server.desk.what, self.server.desk.who, nonce)
        self._send(content, "text/html", HTTPStatus.OK, nonce)

    def _label(self) -> None:
        body = self._body()
        if set(body) != {"candid", "label"} or not all(isinstance(v, str) for v in body.values()):
            raise ValueError("candid and label were expected, as text")
        self._json(self.server.desk.give(body["candid"], body["label"]))

    def _undo(self) -> None:
        self._body()
        self._json(self.server.desk.undo())

    def _quit(self) -> None:
        self._body()
        self._json({"html": done_html(self.server.desk.last_words())})
        Thread(target=self.server.shutdown).start()  # which waits for this answer's end

    def _json(self, answer: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(answer), "application/json", status)

    def _send(self, content: str, kind: str, status: HTTPStatus, nonce: str = "") -> None:
        body = content.encode(errors="replace")
        own = f"style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; " if nonce else ""
        if status != HTTPStatus.OK:  # what was sent and not read would be taken for a request
            self.close_connection = True
        self.send_response(status)
        for name, value in (
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            (
                "Content-Security-Policy",
                f"default-src 'none'; img-src data:; {own}connect-src 'self'; base-uri 'none'; "
                "form-action 'none'; frame-ancestors 'none'",
            ),
        ):
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the address has the secret in it."""
