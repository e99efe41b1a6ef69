"""Credible regions: which positions lie within, and what an index has to look at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.sky.maps import cells


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the sky, as sorted half-open intervals of nested pixels of order 29.

    Attributes
    ----------
    begin, end : ndarray of int64, shape (n,)
        None touches the next.
    frame : str
        Of the pixels: 'icrs' or 'galactic'.
    """

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    frame: str

    @property
    def area(self) -> float:
        """Its area [deg²]."""
        return float((self.end - self.begin).sum() * cells.PIXEL_SR / cells.SQUARE_DEGREE)

    def holds(self, pixel: ArrayLike) -> NDArray[np.bool_]:
        """Return which nested pixels of order 29, in any order, lie within; -1 does not."""
        pixel = np.asarray(pixel, np.int64)
        at = np.searchsorted(self.begin, pixel, "right") - 1
        return (at >= 0) & (pixel < self.end[at])

    def among(self, pixel: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places of those within among *sorted* nested pixels of order 29.

        The intervals are looked up among the pixels, not the pixels among the intervals: 1e7
        sorted alerts cost no more than the region has intervals and results.
        """
        first, last = np.searchsorted(pixel, self.begin), np.searchsorted(pixel, self.end)
        count = last - first
        inside = np.repeat(first - np.cumsum(count) + count, count)
        return inside + np.arange(count.sum())

    def at_order(self, order: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the intervals of pixels of a coarser order that touch it: begins and ends.

        For an index whose pixels are of that order: what it finds there is looked at again.
        """
        shift = 2 * (cells.ORDER - order)
        return united(self.begin >> shift, ((self.end - 1) >> shift) + 1)


def region_of(
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    levels: NDArray[np.float64],
    level: float,
    frame: str,
) -> Region:
    """Return the region of the cells of at most a level; of the lowest one if all are above.

    Raises
    ------
    ValueError
        If the level is not in (0, 1].
    """
    if not 0 < level <= 1:
        raise ValueError(f"a credible level is in (0, 1]; 90 % is 0.9 (found {level})")
    inside = levels <= max(level, float(levels.min()))
    return Region(*united(begin[inside], end[inside]), frame)


def united(
    begin: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Unite intervals, sorted by begin and by end, that touch or overlap."""
    apart = begin[1:] > end[:-1]
    return begin[np.append(True, apart)[: len(begin)]], end[np.append(apart, True)[: len(end)]]
