"""Statistics of many short series at once: each is a group of neighbouring rows."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_FOR_LINE = 3
"""Measurements: with two a line leaves nothing to judge it by."""


class Groups:
    """Rows of n groups; a group may have none.

    Parameters
    ----------
    number : ndarray of int64, shape (m,)
        The group of each row, in any order.
    count : int
        n.
    """

    def __init__(self, number: NDArray[np.int64], count: int) -> None:
        self.number = number
        self.size: NDArray[np.int64] = np.bincount(number, minlength=count)
        self._begin = np.cumsum(self.size) - self.size

    def sum(self, values: Floats) -> Floats:
        """Return the sum of each group; 0 of none."""
        found = np.bincount(self.number, weights=values, minlength=self.size.size)
        return found.astype(np.float64, copy=False)

    def median(self, values: Floats) -> Floats:
        """Return the median of each group; NaN of none."""
        ranked = self._ranked(values)
        low, high = (self._pick(ranked, (self.size - 1 + k) // 2) for k in (0, 1))
        return (low + high) / 2

    def deviation(self, values: Floats) -> Floats:
        """Return the median absolute deviation from the median of each group."""
        return self.median(np.abs(values - self.median(values)[self.number]))

    def half_range(self, values: Floats) -> Floats:
        """Return half of what lies between the extremes of each group; NaN of none."""
        ranked = self._ranked(values)
        last = self._pick(ranked, self.size - 1)
        return (last - self._pick(ranked, np.zeros_like(self.size))) / 2

    def spread(self, values: Floats) -> Floats:
        """Return the standard deviation of each group, of all it has (ddof 0); NaN of none."""
        away = values - (self.sum(values) / self._divisor)[self.number]
        return np.sqrt(self.sum(away * away) / self._divisor)

    def line(self, x: Floats, y: Floats, error: Floats) -> tuple[Floats, Floats, Floats]:
        """Fit a line to each group by least squares weighted with 1/error².

        Press et al., Numerical Recipes, 3rd ed., section 15.2.

        Returns
        -------
        slope, its standard error, reduced chi² : ndarray of float64, shape (n,)
            NaN of groups of less than `LEAST_FOR_LINE`, without errors or at one x alone.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = 1 / np.square(error)
            total = self.sum(weight)
            dx = x - (self.sum(weight * x) / total)[self.number]
            dy = y - (self.sum(weight * y) / total)[self.number]
            width = self.sum(weight * dx * dx)
            slope = self.sum(weight * dx * dy) / width
            rest = dy - slope[self.number] * dx
            chi2 = self.sum(weight * rest * rest) / (self.size - 2)
            known = (self.size >= LEAST_FOR_LINE) & np.isfinite(slope) & np.isfinite(chi2)
            found = slope, width**-0.5, chi2
        return (
            np.where(known, found[0], np.nan),
            np.where(known, found[1], np.nan),
            np.where(known, found[2], np.nan),
        )

    @property
    def _divisor(self) -> Floats:
        return np.where(self.size > 0, self.size, np.nan)

    def _ranked(self, values: Floats) -> Floats:
        """Return the values by group, then by size."""
        return values[np.lexsort((values, self.number))]

    def _pick(self, ranked: Floats, place: NDArray[np.int64]) -> Floats:
        found = np.full(self.size.size, np.nan)
        there = self.size > 0
        found[there] = ranked[(self._begin + place)[there]]
        return found
