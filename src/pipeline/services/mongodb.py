"""A connection to a MongoDB: made in one way, looked at before the first job."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import pymongo
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from pipeline.services.credentials import CredentialsError, find_credentials
from pipeline.services.mongo_errors import (
    UNAUTHORIZED,
    WRONG_PASSWORD,
    ServiceError,
    heals,
    said,
)
from pipeline.services.mongo_uri import shown, wrong_uri

Document = dict[str, Any]

SERVICE = "MONGODB"
ANSWER_S = 5.0
"""In which a server must be found (the driver's own is 30 s)."""
LEAST_VERSION = (5, 2)
"""From which on there is $sortArray, by which histories are merged."""
_SLOW_S = 120.0
"""A batch may take so long before its connection counts as lost."""
WRITING = frozenset({"find", "insert", "update", "createIndex"})
READING = frozenset({"find"})


@dataclass(frozen=True)
class Server:
    """Where a MongoDB is.

    Attributes
    ----------
    uri : str
        Without credentials.
    database : str
    credentials : str or None
        A file of mode 600; None for the environment alone.
    """

    uri: str
    database: str
    credentials: str | None = None

    @property
    def shown(self) -> str:
        """Return it as it may stand in logs and receipts."""
        return f"{shown(self.uri)}/{self.database}"


@contextmanager
def connected(server: Server) -> Iterator[Database[Document]]:
    """Connect to a database; writes are acknowledged when a crash cannot undo them.

    That is by a majority of a replica set, and from the journal: a server that is killed
    loses what it has acknowledged from memory in the last 100 ms.

    Raises
    ------
    ServiceError
        If the address or the credentials are of no use. Nothing is sent yet.
    """
    if wrong := wrong_uri(server.uri):
        raise ServiceError(f"MongoDB: {wrong}")
    try:
        found = find_credentials(SERVICE, server.credentials)
    except CredentialsError as error:
        raise ServiceError(f"MongoDB at {server.shown}: {error}") from None
    login: Document = asdict(found) if found else {}
    try:
        client: MongoClient[Document] = MongoClient(
            server.uri,
            appname="nightmill",
            serverSelectionTimeoutMS=int(ANSWER_S * 1e3),
            connectTimeoutMS=int(ANSWER_S * 1e3),
            socketTimeoutMS=int(_SLOW_S * 1e3),
            w="majority",
            journal=True,
            **login,
        )
    except (PyMongoError, ValueError) as error:  # of an address that the driver does not take
        raise ServiceError(f"MongoDB at {server.shown}: {_address(error)}") from None
    with client:
        yield client[server.database]


def ping(server: Server, needs: Collection[str] = WRITING) -> None:
    """See that a server answers, in time, knows us, and lets us do what we need to.

    Parameters
    ----------
    server : Server
    needs : collection of str
        `WRITING` or `READING`.

    Raises
    ------
    ServiceError
        One line: where, what, and what to do about it.
    """
    where = f"MongoDB at {server.shown}"
    with connected(server) as database, pymongo.timeout(ANSWER_S):
        try:
            version = database.client.server_info()["versionArray"]
            database.command("find", "nightmill", limit=1)  # which nobody may without a login
            status = database.command("connectionStatus", showPrivileges=True)
        except PyMongoError as error:
            raise ServiceError(f"{where}: {_refused(error)}") from None
    if tuple(version[:2]) < LEAST_VERSION:
        least = ".".join(map(str, LEAST_VERSION))
        raise ServiceError(f"{where}: is version {version[0]}.{version[1]}; {least} is needed")
    info = status["authInfo"]
    if info["authenticatedUsers"]:  # else authentication is off
        lacking = sorted(set(needs) - _may(info["authenticatedUserPrivileges"], server.database))
        if lacking:
            role = "readWrite" if set(needs) > READING else "read"
            raise ServiceError(
                f"{where}: the user may not {', '.join(lacking)} there ({UNAUTHORIZED}): "
                f"it needs the role {role} on {server.database}"
            )


def _refused(error: PyMongoError) -> str:
    code = error.code if isinstance(error, OperationFailure) else None
    if code == UNAUTHORIZED:
        return f"no login, or no right to read there ({code}): {_sources()}"
    if code == WRONG_PASSWORD:
        return f"user or password is wrong ({code}): {_sources()}"
    if heals(error) or error.timeout:
        return f"does not answer within {ANSWER_S:.0f} s ({type(error).__name__})"
    return said(error)


def _sources() -> str:
    return f"{SERVICE}_USERNAME and {SERVICE}_PASSWORD, or the file that is configured"


def _may(privileges: list[Document], database: str) -> set[str]:
    """Return what is allowed on all collections of a database."""
    found: set[str] = set()
    for privilege in privileges:
        resource = privilege["resource"]
        if resource.get("anyResource") or (
            resource.get("db") in ("", database) and resource.get("collection") == ""
        ):
            found |= set(privilege["actions"])
    return found


def _address(error: Exception) -> str:
    """Return what is wrong with an address; a name that is not found may say so itself."""
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, ConfigurationError | ValueError) else kind
