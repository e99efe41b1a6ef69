"""Filters that answer the same whenever they are asked: what says otherwise, by name."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import duckdb

from pipeline.documents.refused import Refused
from pipeline.documents.sandbox import SandboxError, nodes, parsed_select

OPERATORS = {"$rand", "$sample", "$sampleRate"}
VARIABLES = {"$$NOW", "$$CLUSTER_TIME", "$$USER_ROLES"}
CHANGES = "not in a filter: it may answer otherwise each time"
_FAILS_ALWAYS = {"error"}
"""Volatile to DuckDB, so that it is not called beforehand."""
_BY_NAME = {
    # consistent to DuckDB, as it counts: within a session, a release, or a seed
    "current_localtime", "current_localtimestamp", "version", "reservoir_quantile", "getenv",
    # written without brackets, as if they were columns
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
}  # fmt: skip
_CLOCKS = {name for name in _BY_NAME if "time" in name or "date" in name}


def check_repeatable_pipeline(pipeline: list[dict[str, Any]]) -> None:
    """Raise if a pipeline draws numbers or looks at a clock.

    Parameters
    ----------
    pipeline : list of dict
        That `pipeline.documents.check.check_pipeline` has looked at.

    Raises
    ------
    Refused
        Naming stage and operator.

    Examples
    --------
    >>> check_repeatable_pipeline([{"$match": {"$expr": {"$lt": [{"$rand": {}}, 0.5]}}}])
    Traceback (most recent call last):
    pipeline.documents.refused.Refused: stage 1 ($match): $rand: not in a filter: it may answer \
otherwise each time
    """
    for number, stage in enumerate(pipeline, 1):
        for word in _words(stage):
            variable = word.partition(".")[0]
            if word in OPERATORS or variable in VARIABLES:
                raise Refused(f"stage {number} ({next(iter(stage))}): {variable}: {CHANGES}")


def _words(given: Any) -> Iterator[str]:
    """Yield keys and texts; none of what is taken literally."""
    if isinstance(given, Mapping):
        for key, value in given.items():
            yield key
            if key not in ("$literal", "$const"):
                yield from _words(value)
    elif isinstance(given, list):
        for value in given:
            yield from _words(value)
    elif isinstance(given, str) and given.startswith("$$"):
        yield given


def check_repeatable_sql(sql: str) -> None:
    """Raise if a SELECT draws numbers, samples, looks at a clock or at its database.

    Parameters
    ----------
    sql : str
        That `pipeline.documents.sandbox.check_select` has looked at.

    Raises
    ------
    SandboxError
        Naming the function.
    """
    for node in nodes(parsed_select(sql)):
        if node.get("sample"):
            raise SandboxError(f"a sample: {CHANGES}")
        name = str(node.get("function_name", "")).lower()
        if name in changing() or (name == "age" and len(_arguments(node)) == 1):
            raise SandboxError(f"{name}(): {CHANGES}")
        columns = node.get("column_names")
        if columns and len(columns) == 1 and str(columns[0]).lower() in _CLOCKS:
            raise SandboxError(f"{columns[0]}: {CHANGES}")


def _arguments(node: dict[str, Any]) -> list[Any]:
    return list(node.get("arguments") or node.get("children") or [])


@cache
def changing() -> frozenset[str]:
    """Return the functions of DuckDB whose answers change, and macros that call one."""
    with duckdb.connect() as database:
        rows = database.execute(
            "SELECT lower(function_name), stability, lower(macro_definition) "
            "FROM duckdb_functions() WHERE stability IS NOT NULL OR macro_definition IS NOT NULL"
        ).fetchall()
    found = {name for name, stability, _ in rows if stability not in (None, "CONSISTENT")}
    found = (found | _BY_NAME) - _FAILS_ALWAYS
    words = re.compile(rf"\b({'|'.join(map(re.escape, sorted(found)))})\b")
    return frozenset(found | {name for name, _, text in rows if text and words.search(text)})
