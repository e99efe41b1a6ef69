"""What a client sends: bounded in size, time, depth and length of texts; JSON, never code."""

import asyncio
import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

from pipeline.archive.serve.answers import Refused
from pipeline.documents.extended_json import once
from pipeline.io.messages import words

MOST_BYTES = 16 << 20
"""Of a body: 200,000 positions."""
MOST_SECONDS = 60.0
"""That a body may take to arrive."""
MOST_DEPTH = 100
"""As a MongoDB's documents."""
MOST_TEXT = 200_000
"""Letters of one text: as a literal of Python it takes 0.5 s to read."""


async def read_object(request: Request, most: int = MOST_BYTES) -> dict[str, Any]:
    """Return the JSON object of a request.

    Raises
    ------
    Refused
        If it is too large, too slow, too deep or none.
    """
    try:
        async with asyncio.timeout(MOST_SECONDS):
            body = await _read(request, most)
    except TimeoutError:
        raise Refused(408, f"the body takes longer than {MOST_SECONDS:.0f} s") from None
    except ClientDisconnect:
        raise Refused(400, "the body has no end") from None
    return parse_object(body)


async def _read(request: Request, most: int) -> bytes:
    pieces, size = [], 0
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said[:20]) > most:
        raise _too_large(most)
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise _too_large(most)
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(most: int) -> Refused:
    return Refused(413, f"a body has {most} bytes at most", close=True)


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds.

    Raises
    ------
    Refused

    >>> parse_object(b'{"query_type": "info"}')
    {'query_type': 'info'}
    """
    try:
        value = json.loads(body, parse_constant=_no_number, object_pairs_hook=once)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # of JSON, of UTF-8, of integers of thousands of digits
        raise Refused(400, f"no JSON: {words(error)[:200]}") from None
    if not isinstance(value, dict):
        raise Refused(400, "an object is expected")
    _check(value)
    return value


def _check(value: Any) -> None:
    """See that nothing is too deep or too long."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise _too_deep()
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, str) and len(item) > MOST_TEXT:
                raise Refused(400, f"a text has {MOST_TEXT} letters at most")
        level = below


def _too_deep() -> Refused:
    return Refused(400, f"nested more than {MOST_DEPTH} deep")


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")
