"""What a MongoDB's errors are: whether they heal, and in which words they may be told.

The driver's own words hold whole documents (of a bulk that failed, megabytes of them) and
keys: only codes and our words go on.
"""

from collections import Counter

from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

DUPLICATE = 11000
UNAUTHORIZED, WRONG_PASSWORD = 13, 18
DISK_FULL = 14031
_HEALING = {
    *(6, 7, 89, 9001),  # HostUnreachable, HostNotFound, NetworkTimeout, SocketException
    *(91, 189, 10107, 11600, 11602, 13435, 13436),  # shutting down, or no primary
    *(64, 112, 133, 134, 262),  # write concern, conflict, no host, read concern, time limit
    DUPLICATE,  # of two upserts at once, where one comes too late
}
"""Codes: https://github.com/mongodb/mongo/blob/v6.0/src/mongo/base/error_codes.yml."""
_WORDS = {
    UNAUTHORIZED: "the user has no right to do this",
    WRONG_PASSWORD: "user or password is wrong",
    DISK_FULL: "its disk is full",
    DUPLICATE: "there already",
}


class ServiceError(RuntimeError):
    """A service that cannot be used; the message has neither documents nor credentials."""


def codes(error: PyMongoError) -> Counter[int]:
    """Return the server's codes in an error and how often each stands there.

    >>> codes(OperationFailure("document, secret", 13))
    Counter({13: 1})
    """
    if isinstance(error, BulkWriteError):
        details = error.details or {}
        parts = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
        return Counter(int(part.get("code") or 0) for part in parts)
    if isinstance(error, OperationFailure) and error.code is not None:
        return Counter([error.code])
    return Counter()


def heals(error: PyMongoError) -> bool:
    """Return whether the same may work a little later: the server is away, or others write."""
    if isinstance(error, AutoReconnect):
        return True
    found = codes(error)
    return bool(found) and set(found) <= _HEALING


def said(error: PyMongoError) -> str:
    """Return what went wrong: kind, codes, and words of our own for those that people meet.

    >>> said(OperationFailure("not authorized on db to execute {insert: …}", 13))
    'OperationFailure 13 (the user has no right to do this)'
    """
    if isinstance(error, ServerSelectionTimeoutError):
        return "ServerSelectionTimeoutError: no server answers"
    parts = [_one(code, number) for code, number in sorted(codes(error).items())]
    return " ".join([type(error).__name__, ", ".join(parts)]).strip()


def _one(code: int, number: int) -> str:
    words = f" ({_WORDS[code]})" if code in _WORDS else ""
    return f"{code}{words}" if number == 1 else f"{number} x {code}{words}"
