"""Pipelines from text: JSON or extended JSON, with comments as people write them into filters."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from bson import json_util
from bson.errors import BSONError

_OPTIONS = json_util.JSONOptions(tz_aware=True, document_class=dict)
_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<comment>//[^\n]*|\#[^\n]*|/\*.*?\*/)|(?P<comma>,(?=\s*[\]}]))',
    re.DOTALL,
)
MOST_BYTES = 2_000_000


class JsonError(ValueError):
    """Text that is no extended JSON; the message says where."""


def without_comments(text: str) -> str:
    r"""Blank out comments and commas before a closing bracket; lines and columns stay.

    >>> without_comments('[1, // one\n 2,]')
    '[1,       \n 2 ]'
    """

    def blank(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return found["text"]
        return re.sub(r"[^\n]", " ", found.group())

    return _TOKEN.sub(blank, _TOKEN.sub(blank, text))


def parse(text: str) -> Any:
    """Read extended JSON with comments (``//``, ``#`` to the line's end, ``/* */``).

    Parameters
    ----------
    text : str
        Of a filter's pipeline, or any other.

    Returns
    -------
    object
        Dicts, lists, numbers; bson's types for {"$oid": ...} and the like.

    Raises
    ------
    JsonError
        With line and column.
    """
    if len(text) > MOST_BYTES:
        raise JsonError(f"{len(text)} characters: more than {MOST_BYTES}")
    try:
        return json_util.loads(
            without_comments(text), json_options=_OPTIONS, object_pairs_hook=_converted
        )
    except RecursionError as error:
        raise JsonError("nested too deep") from error
    except JsonError:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise JsonError(f"{place}: {error.msg}") from error
    except (BSONError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise JsonError(f"no extended JSON: {_said(error)}") from error


def _said(error: Exception) -> str:
    """Return what is wrong, without what the driver says to its programmers."""
    words = str(error)
    if "CodecOptions" in words or "time data" in words or isinstance(error, OverflowError):
        return "a $date is in ISO 8601, or milliseconds, of the years 1 to 9999"
    return words


def _converted(pairs: list[tuple[str, Any]]) -> Any:
    return json_util.object_pairs_hook(list(once(pairs).items()), _OPTIONS)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; refuse keys that stand twice in it: one would be lost.

    Raises
    ------
    JsonError
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise JsonError(f"{twice[:100]!r} stands twice in one object")
    return found


def parse_pipeline(given: Any) -> list[dict[str, Any]]:
    """Read a filter's pipeline: text, or what a YAML file has in its place.

    Parameters
    ----------
    given : str or list of dict
        Extended JSON, or lists and dicts that may hold {"$date": ...} and the like.

    Returns
    -------
    list of dict
        Stages.

    Raises
    ------
    JsonError
        With line and column, if it is text.
    """
    found = parse(given) if isinstance(given, str) else _decoded(given)
    if isinstance(found, Mapping) and set(found) == {"pipeline"}:
        found = found["pipeline"]
    if not isinstance(found, list) or not all(isinstance(stage, Mapping) for stage in found):
        raise JsonError("a pipeline is a list of stages, each an object")
    return [dict(stage) for stage in found]


def _decoded(given: Any) -> Any:
    """Read the extended JSON in what was parsed already."""
    try:
        if isinstance(given, Mapping):
            return json_util.object_hook({k: _decoded(v) for k, v in given.items()}, _OPTIONS)
        if isinstance(given, list):
            return [_decoded(item) for item in given]
    except JsonError:
        raise
    except RecursionError as error:
        raise JsonError("nested too deep") from error
    except (BSONError, TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
        raise JsonError(f"no extended JSON: {_said(error)}") from error
    if isinstance(given, date) and not isinstance(given, datetime):
        raise JsonError(f'{given}: YAML reads a date: quote it, or write {{$date: "{given}"}}')
    return given
