"""Sherlock's answers by Lasair's API: one call a place, patient, and never more than it allows.

API: https://lasair.readthedocs.io, REST API, ``sherlock/position``.
"""

import logging
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from pipeline.io.progress import progress
from pipeline.vra.context.answers import Answers, Place

TOKEN = "LASAIR_TOKEN"  # noqa: S105 - the name of a variable
PATIENCE_S = 90.0
"""For which the server may be away, or busy, for one place."""
TIMEOUT_S = (10.0, 60.0)
"""To connect, and between two pieces of an answer."""
FIRST_WAIT_S, LAST_WAIT_S = 0.5, 20.0
MOST_BYTES = 1_000_000
"""Of an answer."""
_HEALS = (408, 425, 429, 500, 502, 503, 504)
logger = logging.getLogger(__name__)


class LasairError(OSError):
    """Lasair does not answer as expected; the message never has the token."""


class _MayHeal(Exception):
    """Something that may be over after a while; `args`: what, and after how long [s]."""


def ask_all(places: Iterable[Place], url: str, answers: Answers, per_hour: int) -> int:
    """Ask for places that have no answer yet, and keep each answer; return how many were asked.

    Parameters
    ----------
    places : iterable of Place
    url : str
        Of the API, for example ``https://lasair-ztf.lsst.ac.uk/api``.
    answers : Answers
        What is in it is never asked again, so that a run that was ended goes on where it was.
    per_hour : int
        Calls in any hour at most, those of other jobs among them, by the answers' dates.

    Raises
    ------
    LasairError
        If there is no token, Lasair does not know it, is away for long, or allows no more calls
        for now. The next run goes on.
    """
    missing = [place for place in dict.fromkeys(places) if place not in answers]
    if not missing:
        return 0
    token = os.environ.get(TOKEN, "")
    if not token.isascii() or not token.isprintable() or not token:
        raise LasairError(
            f"{len(missing)} places have no answer in {answers.folder}: set {TOKEN} to ask "
            f"{url} (a line of plain text)"
        )
    with requests.Session() as session, progress("asking Lasair", len(missing)) as advance:
        session.headers["Authorization"] = f"Token {token}"
        for number, place in enumerate(missing):
            _wait_for_room(answers, per_hour, len(missing) - number)
            answers.keep(place, url, _patiently(session, url, place, answers.folder))
            advance(1)
    return len(missing)


def _wait_for_room(answers: Answers, per_hour: int, left: int) -> None:
    """Wait until one more call is allowed, if that is soon.

    Raises
    ------
    LasairError
        If it is not.
    """
    wait = answers.seconds_until_fewer(per_hour)
    if wait > PATIENCE_S:
        raise LasairError(
            f"{per_hour} calls an hour are used up (vra.context.lasair.per_hour): {left} places "
            f"are left for the next run, {wait / 60:.0f} min from now"
        )
    time.sleep(wait)


def _patiently(session: requests.Session, url: str, place: Place, folder: Path) -> Any:
    """Ask for one place, again and again while that may help."""
    since, wait = time.monotonic(), FIRST_WAIT_S
    while True:
        try:
            return _asked(session, url, place)
        except _MayHeal as error:
            told, after = error.args
        pause = max(wait, after)
        if time.monotonic() + pause > since + PATIENCE_S:
            raise LasairError(
                f"{url}: {told}: run again later; what was answered is kept in {folder}"
            )
        logger.info("%s: %s: again in %.1f s", url, told, pause)
        time.sleep(pause)
        wait = min(2 * wait, LAST_WAIT_S)


def _asked(session: requests.Session, url: str, place: Place) -> Any:
    """Ask once."""
    asked = {"ra": f"{place.ra:.5f}", "dec": f"{place.dec:.5f}", "lite": "true"}
    address = f"{url.rstrip('/')}/sherlock/position/"
    try:
        with session.get(
            address, params=asked, timeout=TIMEOUT_S, allow_redirects=False, stream=True
        ) as answer:
            if answer.status_code in _HEALS:
                raise _MayHeal(f"answers {answer.status_code}", _retry_after(answer))
            if answer.status_code != requests.codes.ok:
                raise LasairError(f"{url}: answers {answer.status_code} {answer.reason}")
            content = answer.raw.read(MOST_BYTES + 1, decode_content=True)
    except requests.RequestException as error:
        raise _MayHeal(type(error).__name__, 0.0) from None
    except OSError as error:
        if isinstance(error, LasairError):
            raise
        raise _MayHeal(type(error).__name__, 0.0) from None
    if len(content) > MOST_BYTES:
        raise LasairError(f"{url}: an answer of more than {MOST_BYTES:,} bytes")
    return content


def _retry_after(answer: requests.Response) -> float:
    """Return for how long the server asks to wait [s] (RFC 9110, 10.2.3)."""
    told = answer.headers.get("Retry-After", "")
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        return max((parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return 0.0
