"""Who fits the pixels of a round: the seam between a scan and whatever does its work.

A scan chooses pixels and keeps results; a `Fitter` turns the one into the other, in this
process (`InThisProcess`), in one of its own (`pipeline.skymaps.scan.isolation`) or anywhere
else. What it returns, when and in which pieces makes no difference to the result.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from time import monotonic
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.events.event import Event
from pipeline.skymaps.recos.base import FIT_DTYPE, Reconstruction
from pipeline.skymaps.recos.registry import get
from pipeline.skymaps.scan.results import COLUMN_OF, PIXEL_DTYPE, Failure, Part

NO_FIT = "no position variation could be fitted"


@dataclass(frozen=True, eq=False)
class Work:
    """Pixels of one nside, and all that fitting them takes beside the event.

    Attributes
    ----------
    nside : int
        Of the pixels.
    index : numpy.ndarray
        Shape (n,), RING.
    directions : numpy.ndarray
        Shape (n, 3), unit vectors of travel.
    seeds : numpy.ndarray
        Shape (n, 4), the vertex to start from: x, y, z [m], t [ns].
    first : bool
        Whether this is the first nside, which may have other position variations.
    """

    nside: int
    index: NDArray[np.int64]
    directions: NDArray[np.float64]
    seeds: NDArray[np.float64]
    first: bool

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, rows: slice) -> "Work":
        """Return some of the pixels."""
        index, directions, seeds = self.index[rows], self.directions[rows], self.seeds[rows]
        return Work(self.nside, index, directions, seeds, self.first)

    def fitted(self, fits: NDArray[np.void], seconds: float) -> Part:
        """Return what fits of all the pixels, of dtype `FIT_DTYPE`, say; each took `seconds`."""
        rows = np.empty(len(self), PIXEL_DTYPE)
        rows["nside"], rows["index"], rows["seconds"] = self.nside, self.index, seconds
        for name, column in COLUMN_OF.items():
            rows[column] = fits[name]
        good = np.isfinite(fits["llh"])
        return Part(rows[good], [Failure(self.nside, int(i), NO_FIT) for i in self.index[~good]])

    def failed(self, reason: str) -> Part:
        """Return that there is no result of any of the pixels."""
        return Part(failures=[Failure(self.nside, int(i), reason) for i in self.index])


class Fitter(Protocol):
    """Fits pixels of the event, with the reconstruction, that it was made for."""

    def fit(self, work: Sequence[Work]) -> Iterator[Part]:
        """Fit pixels; yield results as they come, which is how a scan knows its progress.

        Each pixel must come once, as a result or as a failure with its reason; in any order
        and in parts of any size.

        Raises
        ------
        ValueError
            If the reconstruction cannot load the event: then no pixel can be fitted.
        """
        ...


MakeFitter = Callable[[str, Event, float], AbstractContextManager[Fitter]]
"""Makes a fitter of a reconstruction's name, an event and how long a pixel may take [s]."""


class NoFitError(Exception):
    """Pixels that could not be fitted together; the message is the reason."""


class CannotLoadError(ValueError):
    """An event that a reconstruction cannot take; the message becomes a reason in results."""


def fit_or_split(work: Work, attempt: Callable[[Work], NDArray[np.void]]) -> list[Part]:
    """Fit pixels together; where that fails, one by one.

    Parameters
    ----------
    work : Work
        The pixels.
    attempt : callable
        Returns their fits, of dtype `FIT_DTYPE`, or raises `NoFitError`.
    """
    started = monotonic()
    try:
        return [work.fitted(attempt(work), (monotonic() - started) / len(work))]
    except NoFitError as error:
        if len(work) == 1:
            return [work.failed(str(error))]
    return [p for row in range(len(work)) for p in fit_or_split(work[row : row + 1], attempt)]


class InThisProcess:
    """A `Fitter` in this process: a fit that crashes or hangs takes the scan down with it.

    Parameters
    ----------
    reco : str or Reconstruction
        A name in the registry, or the thing itself.
    event : Event
        What to reconstruct.
    limit_s : float, optional
        Not kept: nothing could interrupt a fit.

    Raises
    ------
    CannotLoadError
        If there is no such reconstruction, or it cannot load the event.
    """

    def __init__(self, reco: str | Reconstruction, event: Event, limit_s: float = np.inf) -> None:
        del limit_s
        try:
            self._reco = get(reco) if isinstance(reco, str) else reco
            self._likelihood = self._reco.load(event)
        except Exception as error:  # a reconstruction of others may raise anything
            raise CannotLoadError(f"{reco} cannot load the event: {words(error)}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def fit(self, work: Sequence[Work]) -> Iterator[Part]:
        """See `Fitter`."""
        for pixels in work:
            yield from fit_or_split(pixels, self.attempt)

    def attempt(self, work: Work) -> NDArray[np.void]:
        """Return the fits of pixels, shape (n,) of dtype `FIT_DTYPE`, or raise `NoFitError`."""
        variations = self._reco.variations
        if not work.first and self._reco.later_variations is not None:
            variations = self._reco.later_variations
        try:
            vertices = variations.vertices(work.directions, work.seeds)
            fits = self._likelihood.fit(work.directions, vertices)
            if fits.shape != (len(work),) or fits.dtype != FIT_DTYPE:
                reason = f"fit returned {fits.dtype} of shape {fits.shape}"
                raise TypeError(reason)  # a result: the words in a raise would not count
        except Exception as error:  # a reconstruction of others may raise anything
            raise NoFitError(words(error)) from error
        return fits


def words(error: BaseException) -> str:
    """Return what went wrong, with its kind.

    >>> words(KeyError("zenith")), words(MemoryError())
    ("KeyError: 'zenith'", 'MemoryError')
    """
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
