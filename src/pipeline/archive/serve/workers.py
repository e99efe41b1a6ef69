"""Threads that answer queries: a few at once, the others wait, and none for ever."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from pipeline.archive.serve.answers import Refused

Result = TypeVar("Result")


class Workers:
    """Runs work in threads that end with the process, whatever they do.

    Parameters
    ----------
    at_once : int
        Threads at most.
    waiting : int
        How many may wait for one; who comes then is told to come again.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._waiting, self._most = 0, waiting

    async def run(self, work: Callable[[], Result], seconds: float) -> Result:
        """Return what the work gives.

        Raises
        ------
        Refused
            If too many wait already.
        TimeoutError
            If it takes longer, its wait included. Its thread is not free until it ends.
        """
        if self._waiting >= self._most:
            raise Refused(503, "too many queries at once", retry_s=1)
        try:
            async with asyncio.timeout(seconds):
                self._waiting += 1
                try:
                    await self._free.acquire()
                finally:
                    self._waiting -= 1
                return await self._started(work)
        except TimeoutError as error:
            if str(error):  # the work's own
                raise
            raise TimeoutError(f"stopped: it takes longer than {seconds:g} s") from None

    def _started(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            self._free.release()
            if future.done():  # nobody waits any more
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def body() -> None:
            try:
                outcome: tuple[Any, BaseException | None] = work(), None
            except BaseException as error:  # whatever it is, the client is told
                outcome = None, error
            with suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(settle, *outcome)

        threading.Thread(target=body, name="query", daemon=True).start()
        return future
