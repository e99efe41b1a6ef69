"""The server: an address of this machine, until it is told to stop."""

import logging
import socket

import uvicorn
from h11 import LocalProtocolError
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "::1", "localhost")
MOST_CONNECTIONS = 1000
END_S = 5
"""That answers which are under way get when the server is told to stop."""


def listen(host: str, port: int, proxy: bool) -> socket.socket:
    """Return a socket that listens.

    Parameters
    ----------
    host : str
    port : int
        0 for any that is free.
    proxy : bool
        Whether clients come through a proxy with TLS: any other address than `LOOPBACK` needs
        one, as passwords would be read on the way.

    Raises
    ------
    ValueError
        If the address would let others come without TLS.
    OSError
        If it is taken.
    """
    if host not in LOOPBACK and not proxy:
        raise ValueError(
            f"host {host}: passwords would cross the network in plain text: take "
            "127.0.0.1, or put a proxy with TLS before it and say --behind-proxy"
        )
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise OSError(f"cannot listen at {host} port {port}: {said}") from None


def run(app: Starlette, listening: socket.socket, proxy: bool) -> None:
    """Serve until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        heard(app),
        log_config=None,
        log_level=logging.WARNING,
        http="h11",  # whose errors `heard` knows
        access_log=False,  # the application says who asked what
        server_header=False,
        proxy_headers=proxy,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=END_S,
        ws="none",
        lifespan="off",
    )
    uvicorn.Server(config).run(sockets=[listening])


def heard(app: ASGIApp) -> ASGIApp:
    """Return an application that leaves those alone who are answered already, with an error.

    Who sends what is no HTTP gets the protocol's own answer, after which there can be no other.
    """

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except LocalProtocolError:
            while (await receive())["type"] != "http.disconnect":
                pass  # the connection is being closed

    return answered
