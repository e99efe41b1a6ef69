"""Queries in the words of Kowalski's API, as its clients send them."""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.archive.query.home import MAX_TIME_S, Home, Options, Wanted
from pipeline.archive.query.positions import Positions, read_angle, read_positions

MOST_TEXT = 1_000_000
"""Letters of a filter or a pipeline that is given as a text."""
COMMANDS = ("catalog_names", "catalog_info", "index_info", "db_info")


def answer(
    home: Home,
    query_type: str,
    query: Mapping[str, Any],
    kwargs: Mapping[str, Any] | None = None,
    max_time_s: float = MAX_TIME_S,
) -> Any:
    """Answer a query.

    Parameters
    ----------
    home : Home
        Who answers.
    query_type : str
        One of `QUERY_TYPES`.
    query : mapping
        What that type has: ``catalog``, ``filter``, ``object_coordinates`` …
    kwargs : mapping, optional
        ``limit``, ``skip``, ``sort``, ``max_time_ms``; others are left out, as Kowalski does.
    max_time_s : float
        That a query may take at most, whatever it asks for [s].

    Returns
    -------
    list, dict, int or None
        Documents, or what the type gives.

    Raises
    ------
    ValueError
        If something is wrong with it; the message says what is expected.
    """
    if query_type not in QUERY_TYPES:
        known = ", ".join(QUERY_TYPES)
        raise ValueError(f"query_type: expected one of {known} (found {query_type!r:.100})")
    if not isinstance(query, Mapping):
        raise ValueError("query: expected an object")
    return QUERY_TYPES[query_type](home, query, options_of(kwargs or {}, max_time_s))


def options_of(kwargs: Mapping[str, Any], max_time_s: float = MAX_TIME_S) -> Options:
    """Return the options of a query.

    Raises
    ------
    ValueError
        If one is out of range.

    >>> options_of({"limit": 3, "sort": [["candidate.jd", -1]], "max_time_ms": 500})
    Options(limit=3, skip=0, sort=(('candidate.jd', -1),), max_time_s=0.5)
    """
    limit, skip = (_count(kwargs, name) for name in ("limit", "skip"))
    asked = kwargs.get("max_time_ms")
    if asked is not None and (isinstance(asked, bool) or not isinstance(asked, (int, float))):
        raise ValueError(f"max_time_ms: expected a number (found {asked!r:.100})")
    if asked is not None and not asked > 0:
        raise ValueError(f"max_time_ms: expected more than 0 (found {asked!r})")
    time = max_time_s if asked is None else min(float(asked) / 1e3, max_time_s)
    # a limit of 0 is none, as in MongoDB
    return Options(limit or None, skip or 0, _sort(kwargs.get("sort")), time)


def _count(kwargs: Mapping[str, Any], name: str) -> int | None:
    value = kwargs.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ValueError(f"{name}: expected a number of at least 0 (found {value!r:.100})")
    return value


def _sort(given: Any) -> tuple[tuple[str, int], ...]:
    value = _read("sort", given)
    if value is None:
        return ()
    if isinstance(value, str):
        return ((value, 1),)
    pairs = list(value.items()) if isinstance(value, Mapping) else value
    if isinstance(pairs, Sequence) and len(pairs) == 2 and isinstance(pairs[0], str):
        pairs = [pairs]
    found = []
    for pair in pairs if isinstance(pairs, Sequence) else [None]:
        if not (
            isinstance(pair, Sequence)
            and len(pair) == 2
            and isinstance(pair[0], str)
            and pair[1] in (1, -1)
        ):
            raise ValueError(f"sort: expected pairs of a path and 1 or -1 (found {given!r:.100})")
        found.append((pair[0], int(pair[1])))
    return tuple(found)


def _read(name: str, given: Any) -> Any:
    """Return a value that may be given as a text: a literal of Python, which is never run."""
    if not isinstance(given, str):
        return given
    if len(given) > MOST_TEXT:
        raise ValueError(f"{name}: a text of {len(given)} letters; {MOST_TEXT} at most")
    if name == "sort" and not given.lstrip().startswith(("[", "(", "{")):
        return given
    try:
        return ast.literal_eval(given.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"{name}: cannot be read: {given[:100]!r}") from None


def _object(query: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = _read(name, query.get(name))
    if value is not None and not isinstance(value, Mapping):
        raise ValueError(f"{name}: expected an object (found {value!r:.100})")
    return value


def catalog_of(query: Mapping[str, Any]) -> str:
    """Return the one catalogue that a query names."""
    catalog = query.get("catalog")
    if not isinstance(catalog, str):
        raise ValueError(f"catalog: expected a name (found {catalog!r:.100})")
    return catalog


def wanted_of(query: Mapping[str, Any]) -> Wanted:
    """Return the filter and the projection of a query."""
    return Wanted(_object(query, "filter") or {}, _object(query, "projection") or None)


def _catalogs(query: Mapping[str, Any]) -> dict[str, Wanted]:
    """Return which documents of which catalogues; one may be named alone."""
    given = query.get("catalogs")
    if isinstance(given, Sequence) and not isinstance(given, str):
        given = {str(name): {} for name in given}
    if not isinstance(given, Mapping) or not given:
        raise ValueError("catalogs: expected a name or several, each with filter and projection")
    for name, of in given.items():
        if of is not None and not isinstance(of, Mapping):
            raise ValueError(f"catalogs: {name}: expected an object (found {of!r:.100})")
    return {str(name): wanted_of(of or {}) for name, of in given.items()}


def _find(home: Home, query: Mapping[str, Any], options: Options) -> Any:
    return home.find(catalog_of(query), wanted_of(query), options)


def _find_one(home: Home, query: Mapping[str, Any], options: Options) -> Any:
    return home.find_one(catalog_of(query), wanted_of(query), options)


def _count_documents(home: Home, query: Mapping[str, Any], options: Options) -> Any:
    return home.count_documents(catalog_of(query), _object(query, "filter") or {}, options)


def _estimated(home: Home, query: Mapping[str, Any], options: Options) -> Any:
    return home.estimated_document_count(catalog_of(query))


def _aggregate(home: Home, query: Mapping[str, Any], options: Options) -> Any:
    pipeline = _read("pipeline", query.get("pipeline"))
    if not isinstance(pipeline, Sequence) or isinstance(pipeline, str):
        raise ValueError(f"pipeline: expected a list of stages (found {pipeline!r:.100})")
    return home.aggregate(catalog_of(query), pipeline, options)


def _info(home: Home, query: Mapping[str, Any], options: Options) -> Any:
    command = query.get("command")
    if command not in COMMANDS:
        raise ValueError(f"command: expected one of {', '.join(COMMANDS)} (found {command!r:.100})")
    if command == "catalog_names":
        return home.catalog_names()
    if command == "db_info":
        return home.db_info()
    of = home.catalog_info if command == "catalog_info" else home.index_info
    return of(catalog_of(query))


def _place(query: Mapping[str, Any]) -> tuple[Positions, Mapping[str, Any]]:
    given = query.get("object_coordinates")
    where = given if isinstance(given, Mapping) else query
    if where.get("radec") is None:
        raise ValueError("radec: expected a position, a list or names of them")
    return read_positions(where["radec"]), where


def _cone_search(home: Home, query: Mapping[str, Any], options: Options) -> Any:
    positions, where = _place(query)
    unit = where.get("cone_search_unit", "arcsec")
    arcsec = read_angle(where.get("cone_search_radius"), unit)
    return home.cone_search(positions, arcsec, _catalogs(query), options)


def _near(home: Home, query: Mapping[str, Any], options: Options) -> Any:
    positions, where = _place(query)
    unit = where.get("distance_units", query.get("distance_units", "rad"))  # as Kowalski
    least, most = (
        read_angle(where.get(name, query.get(name, default)), unit)
        for name, default in (("min_distance", 0), ("max_distance", None))
    )
    return home.near(positions, least, most, _catalogs(query), options)


QUERY_TYPES: dict[str, Callable[[Home, Mapping[str, Any], Options], Any]] = {
    "find": _find,
    "find_one": _find_one,
    "count_documents": _count_documents,
    "estimated_document_count": _estimated,
    "aggregate": _aggregate,
    "cone_search": _cone_search,
    "near": _near,
    "info": _info,
}
"""What can be asked, and how."""
