"""Tokens: what a user shows instead of a password, for some hours."""

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import NamedTuple

MOST_OF_A_USER = 1000
"""Beyond these a user's oldest token ends."""


class TokenError(ValueError):
    """A token that does not count; the message says why, as Kowalski does."""


class Holder(NamedTuple):
    """Whose a token is.

    Attributes
    ----------
    user : str
    entry : str
        What was stored of the password when the token was given: another one ends it.
    ends : float
        By the clock [s].
    """

    user: str
    entry: str
    ends: float


class Tokens:
    """The tokens that are out: random, known by their hashes, gone with the process.

    Parameters
    ----------
    lifetime_s : float
        After which a token ends.
    clock : callable
        Monotonic [s].
    """

    def __init__(self, lifetime_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._holders: dict[bytes, Holder] = {}  # the oldest first

    def issue(self, user: str, entry: str) -> str:
        """Return a new token."""
        now = self._clock()
        self._forget(now)
        own = [digest for digest, holder in self._holders.items() if holder.user == user]
        if len(own) >= MOST_OF_A_USER:
            del self._holders[own[0]]
        token = secrets.token_urlsafe(32)
        self._holders[_digest(token)] = Holder(user, entry, now + self._lifetime_s)
        return token

    def holder(self, token: str) -> Holder:
        """Return whose it is.

        Raises
        ------
        TokenError
            If there is no such token, or not any more.
        """
        holder = self._holders.get(_digest(token))
        if holder is None:
            raise TokenError("token is invalid")
        if self._clock() >= holder.ends:
            raise TokenError("token has expired")
        return holder

    def _forget(self, now: float) -> None:
        """Forget tokens that have ended long ago; others are told that they have."""
        for digest, holder in list(self._holders.items()):
            if holder.ends + self._lifetime_s > now:
                break
            del self._holders[digest]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
