"""The application: Kowalski's API, as its client penquins speaks it.

Addresses, statuses and words are those of Kowalski (https://github.com/skyportal/kowalski).
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pipeline.archive.query.home import MAX_TIME_S, Home
from pipeline.archive.serve.answers import TYPE, Refused, answer, refusal, told
from pipeline.archive.serve.apart import Apart
from pipeline.archive.serve.bodies import read_object
from pipeline.archive.serve.openapi import description, page
from pipeline.archive.serve.queries import answered, read_query
from pipeline.archive.serve.rates import Rate
from pipeline.archive.serve.skymaps import AreaOf
from pipeline.archive.serve.tokens import TokenError, Tokens
from pipeline.archive.serve.users import Users
from pipeline.archive.serve.workers import Workers

logger = logging.getLogger(__name__)
AT_ONCE, WAITING = 4, 256
"""Queries that run, and that wait."""
LOGIN_BYTES = 10_000
LOGIN_S = 60.0
WRONG_PER_S, WRONG_BURST = 0.1, 30
"""Wrong passwords of a user from an address: 30, then one each 10 s."""
GRACE_S = 1.0
"""After its time limit, for a query to stop by itself and say so."""
REFUSED_PATHS = ("/api/filters", "/api/users")


@dataclass(frozen=True)
class Limits:
    """What a server grants.

    Attributes
    ----------
    query_s : float
        For a query, whatever it asks for [s].
    token_s : float
        After which a token ends [s].
    queries_per_s : float
        Of each user, lastingly; ten times as many at once.
    """

    query_s: float = MAX_TIME_S
    token_s: float = 24 * 3600.0
    queries_per_s: float = 20.0


class Service:
    """Answers requests.

    Parameters
    ----------
    home : Home
    users : Users
    limits : Limits
    area_of : AreaOf, optional
        Finds the region of an event; without it none is known.
    apart : Apart, optional
        Answers instead of `home`.
    """

    def __init__(
        self,
        home: Home,
        users: Users,
        limits: Limits,
        area_of: AreaOf | None = None,
        apart: Apart | None = None,
    ) -> None:
        self._home, self._users, self._limits = home, users, limits
        self._area_of, self._apart = area_of, apart
        self._tokens = Tokens(limits.token_s)
        self._wrong = Rate(WRONG_PER_S, WRONG_BURST)
        self._asked = Rate(limits.queries_per_s, max(int(10 * limits.queries_per_s), 1))
        self._queries, self._logins = Workers(AT_ONCE, WAITING), Workers(2, WAITING)

    async def auth(self, request: Request) -> Response:
        """Give a token for a name and a password."""
        said = await read_object(request, LOGIN_BYTES)
        for key in ("username", "password"):
            if not isinstance(said.get(key), str) or not said[key]:
                raise Refused(400, f"missing {key}")
        name, password = said["username"], said["password"]
        where = _address(request)

        def work() -> str | None:
            # only now, so that many at once are no way around it
            if wait := self._wrong.wait((where, name)):
                raise Refused(429, "too many wrong passwords", retry_s=wait)
            entry = self._users.login(name, password)
            if entry is None:
                self._wrong.take((where, name))
            return entry

        entry = await self._logins.run(work, LOGIN_S)
        if entry is None:
            logger.warning("wrong credentials from %s", where)
            raise Refused(401, "wrong credentials")
        return answer({"status": "success", "token": self._tokens.issue(name, entry)})

    async def queries(self, request: Request) -> Response:
        """Answer a query."""
        user = self._user(request)
        if wait := self._asked.take(user):
            raise Refused(429, "too many queries", retry_s=wait)
        said = await read_object(request)
        started = time.monotonic()
        kind = said.get("query_type")
        try:
            text = await self._answer(said)
        except Refused as error:
            logger.info("%s: %.40r: refused, %d", user, kind, error.status)
            raise
        except Exception as error:  # whatever is wrong with a query, the client is told
            logger.info("%s: %.40r failed: %s", user, kind, type(error).__name__)
            if not isinstance(error, ValueError | TimeoutError):
                logger.exception("a query failed")
            raise Refused(400, told(error)) from None
        logger.info("%s: %.40s, %.0f ms", user, kind, 1e3 * (time.monotonic() - started))
        return Response(text, media_type=TYPE)

    async def _answer(self, said: Mapping[str, Any]) -> bytes:
        query = read_query(said, self._limits.query_s)
        seconds = query.options.max_time_s + GRACE_S
        work = partial(answered, self._home, self._area_of, query)
        if self._apart is not None:
            work = partial(self._apart.answered, query, time.monotonic() + seconds)
        return await self._queries.run(work, seconds)

    def _user(self, request: Request) -> str:
        """Return who asks.

        Raises
        ------
        Refused
            If there is no token, or it does not count.
        """
        given = request.headers.get("authorization", "").split()
        if not given:
            raise Refused(401, "auth required")
        token = given[-1] if len(given) == 1 or given[0].lower() == "bearer" else ""
        try:
            holder = self._tokens.holder(token)
        except TokenError as error:
            raise Refused(400, str(error)) from None
        if self._users.entry(holder.user) != holder.entry:  # deleted, or another password
            raise Refused(400, "token is invalid")
        return holder.user


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def ping(request: Request) -> Response:
    """Say that the server is there."""
    return answer({"status": "success", "message": "greetings from Nightmill!"})


async def nothing_here(request: Request) -> Response:
    """Refuse what of Kowalski's API writes."""
    raise Refused(403, "not here: this server only reads")


async def openapi(request: Request) -> Response:
    """Return the description of the API."""
    return answer(description())


async def docs(request: Request) -> Response:
    """Return the same as a page."""
    return HTMLResponse(page(), headers={"Content-Security-Policy": _POLICY})


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
WRITING = ("GET", "POST", "PUT", "PATCH", "DELETE")


def application(
    home: Home,
    users: Users,
    limits: Limits | None = None,
    area_of: AreaOf | None = None,
    apart: Apart | None = None,
) -> Starlette:
    """Return the application.

    Parameters
    ----------
    home : Home
        Who answers queries, in threads.
    users : Users
    limits : Limits, optional
    area_of : AreaOf, optional
    apart : Apart, optional
        Answers instead of `home`, in processes: where a query may take what memory it likes.
    """
    service = Service(home, users, limits or Limits(), area_of, apart)
    refused = [
        Route(path + rest, nothing_here, methods=WRITING)
        for path in REFUSED_PATHS
        for rest in ("", "/{rest:path}")
    ]
    return Starlette(
        routes=[
            Route("/", ping, methods=["GET"]),
            Route("/api/auth", service.auth, methods=["POST"]),
            Route("/api/queries", service.queries, methods=["POST"]),
            Route("/openapi.json", openapi, methods=["GET"]),
            Route("/docs", docs, methods=["GET"]),
            *refused,
        ],
        exception_handlers={Refused: _refused, HTTPException: _no_such, Exception: _failed},
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error)


async def _no_such(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return refusal(Refused(error.status_code, error.detail))


async def _failed(request: Request, error: Exception) -> Response:
    return refusal(Refused(500, "the server failed; its log says more"))
