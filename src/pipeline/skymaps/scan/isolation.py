"""Fits in a process of their own: one that raises, hangs or crashes costs its pixel only."""

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.events.event import Event
from pipeline.skymaps.recos.base import Reconstruction
from pipeline.skymaps.scan.fitter import (
    CannotLoadError,
    InThisProcess,
    NoFitError,
    Work,
    fit_or_split,
)
from pipeline.skymaps.scan.results import Part

BATCH_SECONDS = 1.0
"""About what a batch of pixels takes: short enough for a lively progress bar."""
MOST_PIXELS = 2000
GROWTH = 8


class OwnProcess:
    """A `pipeline.skymaps.scan.fitter.Fitter` in a child process, which starts with the first fit.

    Parameters
    ----------
    reco : str or Reconstruction
        A name in the registry, which only the child imports, or the thing itself.
    event : Event
        What to reconstruct.
    limit_s : float
        A pixel that takes longer fails [s].
    """

    def __init__(self, reco: str | Reconstruction, event: Event, limit_s: float) -> None:
        self._reco, self._event, self._limit = reco, event, limit_s
        # A fork inherits what is loaded; a fresh interpreter would run the calling script again.
        self._context = multiprocessing.get_context("fork")
        self._process: Any = None
        self._pipe: Any = None
        self._size = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()

    def fit(self, work: Sequence[Work]) -> Iterator[Part]:
        """Fit pixels in batches; see `pipeline.skymaps.scan.fitter.Fitter`."""
        for pixels in work:
            begin = 0
            while begin < len(pixels):
                batch = pixels[begin : begin + self._size]
                started = time.monotonic()
                parts = fit_or_split(batch, self._attempt)
                self._adapt((time.monotonic() - started) / len(batch))
                begin += len(batch)
                yield from parts

    def _attempt(self, work: Work) -> NDArray[np.void]:
        if self._process is None:
            self._start()
        try:
            self._pipe.send(work)
            if self._pipe.poll(self._limit):
                kind, value = self._pipe.recv()
                if kind == "failed":
                    raise NoFitError(value)
                return value
            reason = f"exceeded the time limit of {self._limit:g} s"
        except (EOFError, OSError):
            reason = self._how_it_ended()
        self._kill()
        raise NoFitError(reason)

    def _start(self) -> None:
        self._pipe, child_end = self._context.Pipe()
        self._process = self._context.Process(
            target=_serve,
            args=(child_end, self._pipe, os.getpid(), self._reco, self._event),
            daemon=True,
        )
        self._process.start()
        child_end.close()
        try:
            kind, value = self._pipe.recv()
        except EOFError:
            kind, value = "failed", f"{self._reco} cannot load the event: {self._how_it_ended()}"
        if kind == "failed":
            self._kill()
            raise CannotLoadError(value)

    def _how_it_ended(self) -> str:
        self._process.join()
        return f"its process ended with exit code {self._process.exitcode}"

    def _adapt(self, seconds: float) -> None:
        wanted = BATCH_SECONDS / max(seconds, 1e-9)
        self._size = int(np.clip(wanted, 1, min(GROWTH * self._size, MOST_PIXELS)))

    def _kill(self) -> None:
        if self._process is not None:
            self._pipe.close()
            self._process.kill()
            self._process.join()
            self._process = self._pipe = None


def _serve(
    pipe: Connection,
    parent_end: Connection,
    parent: int,
    reco: str | Reconstruction,
    event: Event,
) -> None:
    """Be the child: load the reconstruction once, then answer until the pipe closes."""
    parent_end.close()
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    try:
        fitter = InThisProcess(reco, event)
    except CannotLoadError as error:
        pipe.send(("failed", str(error)))
        return
    pipe.send(("ready", None))
    while True:
        try:
            work = pipe.recv()
        except EOFError:
            return
        try:
            answer: tuple[str, Any] = ("fits", fitter.attempt(work))
        except NoFitError as error:
            answer = ("failed", str(error))
        pipe.send(answer)


def _die_with(parent: int) -> None:
    """End when the parent is killed, even inside a fit that never returns (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)
