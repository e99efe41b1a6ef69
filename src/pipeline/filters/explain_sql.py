"""A filter in SQL on one alert: what it sees, which conditions of its WHERE hold, and the verdict.

The conditions are what an AND joins at the top of the outermost WHERE, by DuckDB's own parser;
each is asked by itself. What is grouped or computed after it is told by the rows that come out.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.documents.sandbox import SandboxError, connect, lock, query
from pipeline.filters.explain import SHOWN, short
from pipeline.filters.filter import Filter
from pipeline.filters.run import NOT_PERMITTED, Seen
from pipeline.filters.sql_filters import VIEWS, check_sql, load_views, sql_outcome
from pipeline.filters.upstream import shape_of


def explain_sql(one: Filter, seen: Seen) -> Iterator[str]:
    """Yield lines on what a filter does with one alert.

    Parameters
    ----------
    one : Filter
        In SQL.
    seen : Seen
        The alert, with all its tables.

    Raises
    ------
    pipeline.documents.sandbox.SandboxError
        If it is not one SELECT over the views, or fails.
    """
    check_sql(one.sql)
    with connect() as connection:
        load_views(connection, seen.tables, one.permissions, shape_of(seen.survey))
        for name in VIEWS:
            # one alert is loaded: all that there is belongs to it
            connection.execute(f'CREATE VIEW "{name}" AS SELECT * FROM "all_{name}"')  # noqa: S608
        lock(connection)
        counts = {name: _count(connection, f'FROM "{name}"') for name in VIEWS}
        if not counts["alerts"]:
            yield f"does not pass: {NOT_PERMITTED}"
            return
        yield f"sees {', '.join(f'{count} of {name}' for name, count in counts.items())}"
        (alert,) = query(connection, "FROM alerts").to_pylist()
        yield from _conditions(connection, one.sql, alert)
        sql = one.sql.rstrip().removesuffix(";")
        rows = _count(connection, f"FROM ({sql}\n)")
        passed = sql_outcome(connection, one.sql).passed
        yield _verdict(passed, rows)


def _verdict(passed: pa.Table, rows: int) -> str:
    if not passed.num_rows:
        return f"does not pass: {rows} rows come out, one would pass"
    (said,) = passed["annotations"].to_pylist()
    return f"passes{f' with {said}' if said else ''}"


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    # a view of ours, or what check_sql has looked at
    (number,) = query(connection, f"SELECT count(*) AS n {source}")["n"].to_pylist()
    return int(number)


def _conditions(
    connection: duckdb.DuckDBPyConnection, sql: str, alert: dict[str, Any]
) -> Iterator[str]:
    """Yield a line for each condition, and what the alert has in its columns."""
    (row,) = query(connection, _call("json_serialize_sql", sql)).to_pylist()
    parsed = json.loads(row["said"])
    node = parsed["statements"][0]["node"]
    where = node.get("where_clause")
    if where is None:
        return
    plain = _counting(parsed, None)
    rows = _counted(connection, plain)
    for number, condition in enumerate(_parts(where), 1):
        statement = _counting(parsed, condition)
        text = _text(connection, statement)
        held = _counted(connection, statement)
        said = "cannot be asked by itself" if held is None else f"holds for {held} of {rows} rows"
        yield f"condition {number}: {short(text.partition(' WHERE ')[2], 4 * SHOWN)}: {said}"
        for name in dict.fromkeys(_names(condition)):
            if name in alert:
                yield f"    {name} = {short(json.dumps(alert[name], default=str), SHOWN)}"


def _call(function: str, argument: str) -> str:
    quoted = argument.replace("'", "''")
    return f"SELECT CAST({function}('{quoted}') AS VARCHAR) AS said"


def _parts(where: dict[str, Any]) -> list[dict[str, Any]]:
    return list(where["children"]) if where["type"] == "CONJUNCTION_AND" else [where]


def _counting(parsed: dict[str, Any], condition: dict[str, Any] | None) -> dict[str, Any]:
    """Return a statement that counts the rows of another's FROM for which a condition holds."""
    counting = deepcopy(parsed)
    node = counting["statements"][0]["node"]
    kept = {name: node[name] for name in ("cte_map", "from_table")}
    node |= {**_count_node(), **kept, "where_clause": condition}
    return counting


def _text(connection: duckdb.DuckDBPyConnection, statement: dict[str, Any]) -> str:
    (row,) = query(connection, _call("json_deserialize_sql", json.dumps(statement))).to_pylist()
    return str(row["said"])


def _counted(connection: duckdb.DuckDBPyConnection, statement: dict[str, Any]) -> int | None:
    """Return how many rows there are; None where the condition needs more of its SELECT."""
    try:
        (row,) = query(connection, _text(connection, statement)).to_pylist()
    except SandboxError:
        return None
    return int(next(iter(row.values())))


def _names(node: Any) -> Iterator[str]:
    """Yield the columns that a condition names; what stands in a subquery is of its own tables."""
    if isinstance(node, list):
        for each in node:
            yield from _names(each)
    elif isinstance(node, dict) and node.get("class") != "SUBQUERY":
        if node.get("class") == "COLUMN_REF":
            yield node["column_names"][-1]
        for each in node.values():
            yield from _names(each)


@cache
def _count_node() -> dict[str, Any]:
    """Return what DuckDB's parser makes of a count."""
    with duckdb.connect() as parser:
        row = parser.execute("SELECT json_serialize_sql('SELECT count(*)')").fetchone()
    assert row is not None
    found: dict[str, Any] = json.loads(row[0])["statements"][0]["node"]
    return found
