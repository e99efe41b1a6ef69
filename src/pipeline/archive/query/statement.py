"""What a user's SQL may be: one SELECT over the tables, read with DuckDB's own parser."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb

MOST_LETTERS = 200_000
TABLE_FUNCTIONS = {"range", "generate_series", "unnest"}
"""Of DuckDB's, which may stand after FROM: those that read nothing."""
REFUSED_FUNCTIONS = {"current_setting", "getenv", "getvariable", "query", "query_table"}
"""Functions that tell of the machine, or run a text as a query."""


def tables_in(sql: str, tables: Iterable[str]) -> list[str]:
    """Return the tables that a statement reads, if it is one that may be run.

    Parameters
    ----------
    sql : str
        A user's.
    tables : iterable of str
        Those that there are.

    Raises
    ------
    ValueError
        If it is not one SELECT, cannot be parsed, or reads anything but these tables.
    """
    known = {name.lower(): name for name in tables}
    parsed = _parsed(sql)
    own = {name.lower() for node in _nodes(parsed) for name in _common_tables(node)}
    used: dict[str, None] = {}
    for node in _nodes(parsed):
        if (function := _function(node)) in REFUSED_FUNCTIONS:
            raise ValueError(f"SQL: the function {function} is not for queries")
        if node.get("type") == "TABLE_FUNCTION":
            function = _function(node.get("function") or {})
            if function not in TABLE_FUNCTIONS:
                raise ValueError(f"SQL: {function or 'that'} may not stand after FROM")
        if node.get("type") != "BASE_TABLE":
            continue
        name = str(node.get("table_name"))
        if node.get("schema_name") or node.get("catalog_name"):
            raise ValueError(f"SQL: {name!r}: a table has no schema before its name")
        if name.lower() in known:
            used[known[name.lower()]] = None
        elif name.lower() not in own:
            there = ", ".join(known.values()) or "none"
            raise ValueError(f"SQL: there is no table {name[:100]!r}; there are {there}")
    return list(used)


def _parsed(sql: str) -> dict[str, Any]:
    """Return the tree of the one SELECT."""
    if len(sql) > MOST_LETTERS:
        raise ValueError(f"SQL: {len(sql)} letters; {MOST_LETTERS} at most")
    with duckdb.connect(":memory:", config={"threads": 1}) as parser:
        try:
            statements = parser.extract_statements(sql)
            kinds = [statement.type for statement in statements]
            if kinds != [duckdb.StatementType.SELECT]:
                found = ", ".join(kind.name for kind in kinds) or "nothing"
                raise ValueError(f"SQL: expected one SELECT (found {found})")
            row = parser.execute("select json_serialize_sql(?)", [statements[0].query]).fetchone()
            tree = json.loads(row[0] if row else "{}")
        except duckdb.Error as error:
            raise ValueError(f"SQL: {first_line(error)}") from None
        except RecursionError:
            raise ValueError("SQL: nested too deeply") from None
    if tree.get("error") or len(tree.get("statements", ())) != 1:
        # PRAGMA, CALL and the like, which some versions take for a SELECT
        raise ValueError(f"SQL: expected one SELECT ({tree.get('error_message', 'another')})")
    return tree["statements"][0]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a tree, without recursion: it may be deep."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _common_tables(node: dict[str, Any]) -> Iterator[str]:
    """Yield the names that a WITH gives."""
    names = node.get("cte_map")
    for entry in names.get("map", ()) if isinstance(names, dict) else ():
        yield str(entry.get("key"))


def _function(node: dict[str, Any]) -> str:
    """Return the name of a function that is called, in lower case; empty if none is."""
    return str(node.get("function_name") or "").lower()


def first_line(error: Exception) -> str:
    """Return what an error of DuckDB says, without the query that it quotes."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
