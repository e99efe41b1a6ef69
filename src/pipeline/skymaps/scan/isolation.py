"""Fits in a process of their own: one that raises, hangs or crashes costs its pixel only."""

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Self

import numpy as np

from pipeline.events.event import Event
from pipeline.skymaps.recos.base import FIT_DTYPE, Reconstruction
from pipeline.skymaps.recos.registry import get

BATCH_SECONDS = 1.0
"""About what a batch of pixels takes: short enough for a lively progress bar."""
MOST_PIXELS = 2000
GROWTH = 8


@dataclass
class Fits:
    """What came of some pixels.

    Attributes
    ----------
    rows : numpy.ndarray
        Shape (n,) of dtype `pipeline.skymaps.recos.base.FIT_DTYPE`.
    seconds : numpy.ndarray
        Shape (n,), what each took.
    reasons : dict of int to str
        For each row that is no result, why not.
    """

    rows: np.ndarray
    seconds: np.ndarray
    reasons: dict[int, str] = field(default_factory=dict)


class Fitter:
    """A reconstruction loaded with one event, in a child process.

    Parameters
    ----------
    reco : str or Reconstruction
        A name in the registry, which only the child imports, or the thing itself.
    event : Event
        What to reconstruct.
    limit_s : float
        A pixel that takes longer fails [s].

    Raises
    ------
    ValueError
        On the first fit: if there is no such reconstruction, or it cannot load the event.
    """

    def __init__(self, reco: str | Reconstruction, event: Event, limit_s: float) -> None:
        self._reco, self._event, self._limit = reco, event, limit_s
        # A fork inherits what is loaded; a fresh interpreter would run the calling script again.
        self._context = multiprocessing.get_context("fork")
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._size = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()

    def fit(
        self,
        directions: np.ndarray,
        seeds: np.ndarray,
        first: bool,
        report: Callable[[int], None] = lambda _: None,
    ) -> Fits:
        """Fit pixels in batches; where a batch fails, its pixels one by one.

        Parameters
        ----------
        directions : numpy.ndarray
            Shape (n, 3), unit vectors of travel.
        seeds : numpy.ndarray
            Shape (n, 4), the vertex to start from: x, y, z [m], t [ns].
        first : bool
            Whether this is the first nside, which may have other position variations.
        report : callable
            Told the number of pixels done, after each batch.
        """
        fits = Fits(np.full(len(directions), np.nan, FIT_DTYPE), np.zeros(len(directions), "f4"))
        begin = 0
        while begin < len(directions):
            rows = np.arange(begin, min(begin + self._size, len(directions)))
            if not self._try(fits, rows, directions, seeds, first):
                for row in rows if len(rows) > 1 else []:
                    fits.reasons.pop(row, None)
                    self._try(fits, np.array([row]), directions, seeds, first)
            self._adapt(fits.seconds[rows].mean())
            begin += len(rows)
            report(len(rows))
        return fits

    def _try(self, fits: Fits, rows: np.ndarray, directions, seeds, first) -> bool:
        """Fit one batch; return whether it went through, and note the reason where not."""
        started = time.monotonic()
        kind, value = self._ask((directions[rows], seeds[rows], first))
        fits.seconds[rows] = (time.monotonic() - started) / len(rows)
        if kind == "fits":
            fits.rows[rows] = value
            for row in rows[~np.isfinite(value["llh"])]:
                fits.reasons[int(row)] = "no position variation could be fitted"
            return True
        fits.reasons |= dict.fromkeys(rows.tolist(), value)
        return False

    def _ask(self, question: tuple) -> tuple:
        if self._process is None:
            self._start()
        try:
            self._pipe.send(question)
            if self._pipe.poll(self._limit):
                return self._pipe.recv()
            reason = f"exceeded the time limit of {self._limit:g} s"
        except (EOFError, OSError):
            self._process.join()
            reason = f"its process ended with exit code {self._process.exitcode}"
        self._kill()
        return "failed", reason

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
            self._process.join()
            kind, value = "failed", f"its process ended with exit code {self._process.exitcode}"
        if kind == "failed":
            self._kill()
            raise ValueError(f"{self._reco} cannot load the event: {value}")

    def _adapt(self, seconds: float) -> None:
        wanted = BATCH_SECONDS / max(float(seconds), 1e-9)
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
        reconstruction = get(reco) if isinstance(reco, str) else reco
        likelihood = reconstruction.load(event)
    except Exception as error:
        pipe.send(("failed", _words(error)))
        return
    pipe.send(("ready", None))
    while True:
        try:
            directions, seeds, first = pipe.recv()
        except EOFError:
            return
        variations = reconstruction.variations
        if not first and reconstruction.later_variations is not None:
            variations = reconstruction.later_variations
        try:
            fits = likelihood.fit(directions, variations.vertices(directions, seeds))
            if fits.shape != (len(directions),) or fits.dtype != FIT_DTYPE:
                raise TypeError(f"fit returned {fits.dtype} of shape {fits.shape}")
            pipe.send(("fits", fits))
        except Exception as error:
            pipe.send(("failed", _words(error)))


def _die_with(parent: int) -> None:
    """End when the parent is killed, even inside a fit that never returns (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
