"""One query as a client sends it: seen to be one, bounded, answered."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from pipeline.archive.query.home import Home, Options
from pipeline.archive.query.request import answer, options_of
from pipeline.archive.serve.answers import Refused, success
from pipeline.archive.serve.skymaps import SKYMAP, AreaOf, inside

REFUSED_TYPES = ("drop",)
WHOLE = ("find", SKYMAP)
"""Types whose answer a limit would cut short unseen."""
MOST_DOCUMENTS = 1_000_000
"""Of an answer: more do not fit into memory with certainty."""


class Query(NamedTuple):
    """A query.

    Attributes
    ----------
    kind : str
    query, kwargs : mapping
    options : Options
        What the kwargs say, within what the server grants.
    """

    kind: str
    query: Mapping[str, Any]
    kwargs: Mapping[str, Any]
    options: Options


def read_query(said: Mapping[str, Any], most_s: float) -> Query:
    """Return the query of a body.

    Parameters
    ----------
    said : mapping
        ``query_type``, ``query``, ``kwargs``.
    most_s : float
        That it may take, whatever it asks for [s].

    Raises
    ------
    Refused
        If it would write.
    ValueError
        If it is none.
    """
    kind, query, kwargs = said.get("query_type"), said.get("query"), said.get("kwargs") or {}
    if kind in REFUSED_TYPES:
        raise Refused(403, f"{kind} is refused: this server only reads")
    if not isinstance(kind, str) or not isinstance(query, Mapping):
        raise ValueError("query_type and query: expected a text and an object")
    if not isinstance(kwargs, Mapping):
        raise ValueError("kwargs: expected an object")
    return Query(kind, query, kwargs, options_of(kwargs, most_s))


def answered(home: Home, area_of: AreaOf | None, asked: Query) -> bytes:
    """Return the text of the answer.

    Raises
    ------
    ValueError
        If it cannot be answered, or the answer would be too large.
    """
    kind, query, kwargs, options = asked
    if kind in WHOLE and (options.limit is None or options.limit > MOST_DOCUMENTS):
        options = replace(options, limit=MOST_DOCUMENTS + 1)  # one more, which tells
        kwargs = {**kwargs, "limit": options.limit}
    if kind == SKYMAP:
        data: Any = inside(home, area_of, query, options)
    else:
        data = answer(home, kind, query, kwargs, options.max_time_s)
    if isinstance(data, list) and len(data) > MOST_DOCUMENTS:
        raise ValueError(f"more than {MOST_DOCUMENTS} documents: say limit, and skip")
    return success(data)
