"""DuckDB with the tables as views and nothing else: no other file, no settings, no writing."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.archive.query.statement import first_line

MEMORY = "2GB"
THREADS = 2
LOCK = (
    "set enable_external_access = false",
    "set lock_configuration = true",
)


class TookTooLong(ValueError):
    """A query that was stopped at its time limit."""


@contextmanager
def sandbox(
    views: Mapping[str, Sequence[Path]], memory: str = MEMORY, threads: int = THREADS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that has views of parquet files, and can read no others.

    Parameters
    ----------
    views : mapping of str to sequence of Path
        The files of each view; their columns are matched by name. ``night`` is the folder
        that a file lies in.
    memory : str
        That a query may take; it uses no disk.
    threads : int
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "threads": threads,
        "temp_directory": "",
        "python_enable_replacements": False,  # a variable's name is no table
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=config) as connection:
        files = {name: [str(file) for file in listed] for name, listed in views.items()}
        for name, listed in files.items():
            read = connection.read_parquet(listed, union_by_name=True, filename=True)
            night = "split_part(filename, '/', -2) as night"
            read.project(f"* exclude (filename), {night}").create_view(name)
        every = [file for listed in files.values() for file in listed]
        connection.execute("set variable files = ?", [every])
        connection.execute("set allowed_paths = getvariable('files')")
        connection.execute("reset variable files")
        for statement in LOCK:
            connection.execute(statement)
        yield connection


def run(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Iterable[Any] = (),
    max_time_s: float | None = None,
) -> pa.Table:
    """Run one statement and return its rows.

    Raises
    ------
    TookTooLong
        If it takes longer than `max_time_s`.
    ValueError
        With what DuckDB says, if it cannot be run.
    """
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        connection.interrupt()

    timer = threading.Timer(max_time_s, stop) if max_time_s is not None else None
    try:
        if timer:
            timer.start()
        relation = connection.sql(sql, params=list(parameters))
        return relation.to_arrow_table()
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        if stopped.is_set():
            raise TookTooLong(f"stopped after {max_time_s:g} s") from None
        raise ValueError(f"SQL: {first_line(error)}") from None
    finally:
        if timer:
            timer.cancel()
