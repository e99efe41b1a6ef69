"""Queries in processes of their own: what takes too much time or memory is ended.

A process is kept for the next query and replaced where it was ended. Processes are forked from
one that has nothing but the modules loaded (``forkserver``), as the server itself has threads.
"""

import logging
import math
import multiprocessing
import os
import select
import signal
import threading
import time
import traceback
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from pipeline.archive.query.bounded import PROCESS_MB
from pipeline.archive.query.files import FilesHome
from pipeline.archive.serve.answers import Refused, told
from pipeline.archive.serve.log import log_to_stderr
from pipeline.archive.serve.queries import Query, answered
from pipeline.archive.serve.skymaps import AreaOf
from pipeline.io.limits import memory_limit

logger = logging.getLogger(__name__)
LOADED = ("pipeline.archive.serve.apart", "pipeline.archive.query.documents")
ORPHAN_S = 10
"""After its time limit a process is ended by the system, if nobody else has."""


class Failed(NamedTuple):
    """What a client is told, and what the log is: nothing where a query is wrong."""

    message: str
    log: str = ""


class Apart:
    """Answers queries of the tables in other processes: as many as are asked at once.

    Parameters
    ----------
    home : FilesHome
    area_of : AreaOf, optional
        Both are sent to the processes.
    memory_mb : int
        That a process may take.
    """

    def __init__(
        self, home: FilesHome, area_of: AreaOf | None = None, memory_mb: int = PROCESS_MB
    ) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(LOADED))
        self._given = home, area_of, memory_mb
        self._free: list[_Process] = [_Process(self._context, self._given)]  # loads the modules

    def answered(self, asked: Query, deadline: float) -> bytes:
        """Return the text of the answer; may be called by several threads at once.

        Parameters
        ----------
        asked : Query
        deadline : float
            Of `time.monotonic` [s]; then the process is ended.

        Raises
        ------
        Refused
            If it cannot be answered.
        TimeoutError
            If it takes too long.
        """
        try:
            process = self._free.pop()
        except IndexError:
            process = _Process(self._context, self._given)
        try:
            found = process.ask(asked, deadline - time.monotonic())
        except BaseException:
            process.close()
            raise
        self._free.append(process)
        if isinstance(found, bytes):
            return found
        if found.log:
            logger.error("a query failed\n%s", found.log)
        raise Refused(400, found.message)

    def close(self) -> None:
        """End the processes that are free."""
        while self._free:
            self._free.pop().close()


class _Process:
    """One of them; it ends with the connection to it."""

    def __init__(self, context: Any, given: tuple[FilesHome, AreaOf | None, int]) -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, *given), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, asked: Query, seconds: float) -> bytes | Failed:
        try:
            self._pipe.send((asked, max(seconds, 0.0)))
            if not self._pipe.poll(max(seconds, 0.0)):
                raise TimeoutError(f"stopped: it takes longer than {asked.options.max_time_s:g} s")
            failed: Failed | None = self._pipe.recv()
            return failed or self._pipe.recv_bytes()
        except (EOFError, ConnectionError):
            raise Refused(400, "stopped: its process was ended, as for its memory") from None

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _serve(pipe: Connection, home: FilesHome, area_of: AreaOf | None, memory_mb: int) -> None:
    """Answer until nobody asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal, which is the server's to heed
    log_to_stderr()
    threading.Thread(target=_end_with_server, args=(pipe.fileno(),), daemon=True).start()
    with closing(pipe):
        while True:
            try:
                asked, seconds = pipe.recv()
            except EOFError:
                return
            signal.alarm(math.ceil(seconds) + ORPHAN_S)
            found = _found(home, area_of, asked, memory_mb)
            signal.alarm(0)
            if isinstance(found, Failed):
                pipe.send(found)
            else:
                pipe.send(None)
                pipe.send_bytes(found)


def _end_with_server(descriptor: int) -> None:
    """End this process when the other end of its connection closes, whatever it is doing."""
    closed = select.poll()
    closed.register(descriptor, 0)  # a hang-up is told unasked
    closed.poll()
    os._exit(0)


def _found(home: FilesHome, area_of: AreaOf | None, asked: Query, memory_mb: int) -> bytes | Failed:
    try:
        with memory_limit(memory_mb):
            return answered(home, area_of, asked)
    except (ValueError, TimeoutError) as error:
        return Failed(told(error))
    except Exception as error:  # whatever is wrong with a query, the client is told
        return Failed(told(error), "".join(traceback.format_exception(error)))
