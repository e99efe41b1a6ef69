"""Users' SQL in a process of its own: what takes too long is ended, whatever it is doing.

DuckDB looks for an interruption between the pieces of its work; one expression can be such a
piece (``list_sum(range(1000000000))``), so that only the end of its process ends it.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import duckdb

from pipeline.documents.sandbox import SECONDS, SandboxError
from pipeline.filters.evaluate import Outcome
from pipeline.filters.sql_filters import sql_outcome

GRACE = 10.0
"""Seconds after `SECONDS` in which DuckDB may stop by itself, and say so."""
Opened = Callable[[], duckdb.DuckDBPyConnection]


class Apart:
    """A process that answers filters in SQL one after the other; a new one where it was ended.

    Parameters
    ----------
    opened : callable
        Opens a locked database with the views; called in the process.
    seconds : float
        That a filter may take, the loading of the views included.
    """

    def __init__(self, opened: Opened, seconds: float = SECONDS + GRACE) -> None:
        self._opened = opened
        self._seconds = seconds
        self._process: Any = None
        self._pipe: Connection | None = None

    def outcome(self, sql: str) -> Outcome:
        """Return what a filter says of each alert of the views.

        Raises
        ------
        pipeline.documents.sandbox.SandboxError
            If it is not one SELECT over the views, fails, or takes too long.
        """
        pipe = self._pipe or self._started()
        try:
            pipe.send(sql)
            if not pipe.poll(self._seconds):
                self.close()
                raise SandboxError(f"stopped: it takes longer than {self._seconds:g} s")
            found, why = pipe.recv()
        except (EOFError, OSError):
            self.close()
            raise SandboxError("stopped: its process was ended, as for its memory") from None
        if found is None:
            raise SandboxError(why)
        assert isinstance(found, Outcome)
        return found

    def _started(self) -> Connection:
        # A fork has the tables already; a fresh interpreter would run the calling script again.
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_answer, args=(ours, theirs, self._opened), daemon=True
        )
        self._process.start()
        theirs.close()
        self._pipe = ours
        return ours

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _answer(others: Connection, pipe: Connection, opened: Opened) -> None:
    """Answer until nobody asks; an internal error of DuckDB's ends a database."""
    others.close()  # or the end of the process that asks would not be seen
    connection: duckdb.DuckDBPyConnection | None = None
    while True:
        try:
            sql = pipe.recv()
        except EOFError:
            return
        try:
            connection = connection or opened()
            pipe.send((sql_outcome(connection, sql), ""))
        except (SandboxError, duckdb.Error) as error:
            pipe.send((None, str(error).partition("\n")[0]))
            if connection is not None and not alive(connection):
                connection.close()
                connection = None


def alive(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a database can be asked further: an internal error of DuckDB's ends it."""
    try:
        connection.execute("SELECT 1").fetchall()
    except duckdb.Error:
        return False
    return True
