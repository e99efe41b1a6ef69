"""Writes that are repeated until they are acknowledged: a standalone server's driver has none."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from pymongo.errors import PyMongoError

from pipeline.services.mongo_errors import ServiceError, heals, said

PATIENCE_S = 90.0
"""For which a server may be away, as while it starts again after a crash."""
FIRST_WAIT_S, LAST_WAIT_S = 0.1, 5.0

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


def repeated(work: Callable[[], Result], where: str, patience_s: float = PATIENCE_S) -> Result:
    """Do what may be done twice, again and again while its errors can heal.

    Parameters
    ----------
    work : callable
        Raises `pymongo.errors.PyMongoError`.
    where : str
        The server, for messages.
    patience_s : float
        From the first failure on [s].

    Raises
    ------
    ServiceError
        If an error does not heal, at all or in time.
    """
    since, wait = None, FIRST_WAIT_S
    while True:
        try:
            return work()
        except PyMongoError as error:
            failed, told = heals(error), said(error)
        now = time.monotonic()
        since = now if since is None else since
        if not failed:
            raise ServiceError(f"MongoDB at {where}: {told}")
        if now + wait > since + patience_s:
            away = f"and so for {now - since:.0f} s (its own log says why, a full disk perhaps)"
            raise ServiceError(
                f"MongoDB at {where}: {told}, {away}: what is written stays, run again"
            )
        logger.warning("MongoDB at %s: %s; again in %.1f s", where, told, wait)
        time.sleep(wait)
        wait = min(2 * wait, LAST_WAIT_S)
