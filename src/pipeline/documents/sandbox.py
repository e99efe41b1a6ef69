"""Users' SQL, fenced in: one SELECT over named tables, without files, within time and memory.

Two fences, each enough by itself for files: what the text says is looked at before anything
runs (DuckDB's own parser, by `json_serialize_sql`), and the database that runs it can open
no file, load no extension, see no variable of Python and change no setting.
"""

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
"""Functions that may stand for a table; others read files, settings or other tables by name."""
FUNCTIONS_REFUSED = frozenset({"current_setting", "getenv", "getvariable"})
"""Functions that tell of the machine and its settings."""
MAX_SQL_BYTES = 100_000
_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
"""What a query may consist of: a WITH may hold an INSERT, UPDATE or DELETE else."""
_DEPTH = "expression depth limit"
SECONDS = 300.0
MEMORY_MB = 4000


class SandboxError(ValueError):
    """SQL that is not run, or that failed; the message says why."""


def connect(memory_mb: int = MEMORY_MB, threads: int = 1) -> duckdb.DuckDBPyConnection:
    """Return an empty database in memory that can open nothing; see `lock`.

    Parameters
    ----------
    memory_mb : int
        That it may take; nothing is spilled to disk.
    threads : int
    """
    return duckdb.connect(
        config={**settings(memory_mb, threads), "enable_external_access": "false"}
    )


def settings(memory_mb: int, threads: int) -> dict[str, str | bool | int | float | list[str]]:
    """Return what holds for any database that strangers' SQL runs in; see `connect`."""
    return {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
        "allow_community_extensions": "false",
        "memory_limit": f"{memory_mb}MB",
        "temp_directory": "",
        "threads": str(threads),
    }


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Fix the settings: to be called when the tables are in."""
    connection.execute("SET lock_configuration = true")


def check_select(sql: str, tables: Collection[str]) -> list[str]:
    """Return which of these tables a text names; raise unless it is one SELECT of no others.

    Raises
    ------
    SandboxError

    Examples
    --------
    >>> check_select("with q as (select * from alerts) select candid from q", {"alerts"})
    ['alerts']
    >>> check_select("select * from read_csv('/etc/passwd')", {"alerts"})
    Traceback (most recent call last):
        ...
    pipeline.documents.sandbox.SandboxError: read_csv() stands for a table: only generate_series, \
range, unnest may
    """
    return _named_tables(parsed_select(sql), frozenset(tables))


def parsed_select(sql: str) -> dict[str, Any]:
    """Return what DuckDB's parser makes of a text; raise unless it is one SELECT.

    Raises
    ------
    SandboxError
    """
    if len(sql.encode("utf-8", "replace")) > MAX_SQL_BYTES:
        raise SandboxError(f"more than {MAX_SQL_BYTES} bytes of SQL")
    with duckdb.connect() as parser:
        try:
            row = parser.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
        except duckdb.Error as error:
            raise SandboxError(_first_line(error)) from error
    assert row is not None  # a SELECT without FROM has one
    parsed: dict[str, Any] = json.loads(row[0])
    if parsed["error"]:
        raise SandboxError(_what_is_wrong(parsed))
    if len(parsed["statements"]) != 1:
        raise SandboxError(f"{len(parsed['statements'])} statements: one SELECT is expected")
    return parsed


def _what_is_wrong(parsed: dict[str, Any]) -> str:
    if parsed.get("error_type") == "not implemented":
        return "one SELECT is expected, and nothing else"
    said = " ".join(str(parsed.get("error_message", "no SQL")).split())
    return "nested too deep" if _DEPTH in said else said


def _named_tables(parsed: Any, tables: frozenset[str]) -> list[str]:
    all_nodes = list(nodes(parsed))
    own = {item["key"].lower() for node in all_nodes for item in _ctes(node)}
    known = {name.lower(): name for name in tables}
    found: set[str] = set()
    for node in all_nodes:
        kind = str(node.get("type", ""))
        if kind.endswith("_NODE") and kind not in _NODES:
            word = kind.partition("_")[0]
            raise SandboxError(f"{word}: one SELECT is expected, and nothing else")
        if kind == "BASE_TABLE":
            parts = [node.get(k) for k in ("catalog_name", "schema_name", "table_name")]
            name = ".".join(part for part in parts if part)
            if name.lower() in known:
                found.add(known[name.lower()])
            elif name.lower() not in own:
                raise SandboxError(
                    f"there is no table {name}: there are {', '.join(sorted(tables))}"
                )
        elif kind == "TABLE_FUNCTION":
            function = node.get("function") or {}
            name = str(function.get("function_name", "")).lower()
            if name not in TABLE_FUNCTIONS or function.get("schema"):
                allowed_names = ", ".join(sorted(TABLE_FUNCTIONS))
                raise SandboxError(f"{name}() stands for a table: only {allowed_names} may")
        elif kind == "SHOW_REF":
            raise SandboxError("one SELECT is expected, and nothing else")
        elif str(node.get("function_name", "")).lower() in FUNCTIONS_REFUSED:
            raise SandboxError(f"{node['function_name']}() is not for queries")
    return sorted(found)


def nodes(parsed: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a parsed statement; deep ones too, without recursion."""
    waiting = [parsed]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _ctes(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = node.get("cte_map")
    return list(found.get("map", [])) if isinstance(found, dict) else []


def query(connection: duckdb.DuckDBPyConnection, sql: str, seconds: float = SECONDS) -> pa.Table:
    """Run a statement and return what it gives; stop it when its time is over.

    Raises
    ------
    SandboxError
        If it fails, or takes longer.
    """
    with _time_limit(connection, seconds):
        try:
            return connection.sql(sql).to_arrow_table()
        except duckdb.InterruptException as error:
            raise SandboxError(f"stopped: it takes longer than {seconds:g} s") from error
        except duckdb.Error as error:
            raise SandboxError(_first_line(error)) from error


@contextmanager
def _time_limit(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # it holds the database, which would be told as leaked at an exit


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
