"""What a contour contains: levels of 2Δllh that hold the truth as often as they say.

By Wilks' theorem the truth lies within 2Δllh < 4.61 of the best fit in 90 % of all events.
It holds for a likelihood that is true; in layered ice, with several photons a DOM and pixels
of finite size it does not. So tracks are simulated, scanned as events are, and the levels
read off: the statistic of a track is 2Δllh between the truth's direction and the best pixel.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from pipeline.skymaps.map.levels import CONTENTS, wilks


@dataclass(frozen=True)
class CalibratedContour:
    """The level of one contour.

    Attributes
    ----------
    containment : float
        How often the region shall hold the truth.
    level : float
        2Δllh of its border.
    low, high : float or None
        The central 68 % interval of the level, binomial. None where it was extrapolated.
    wilks : float
        The level by Wilks' theorem with two parameters.
    wilks_holds, wilks_error : float
        How often Wilks' region held the truth, and the binomial error.
    """

    containment: float
    level: float
    low: float | None
    high: float | None
    wilks: float
    wilks_holds: float
    wilks_error: float


def calibrate(
    statistics: ArrayLike, containments: Iterable[float] = tuple(CONTENTS.values())
) -> list[CalibratedContour]:
    """Derive the levels that truly contain given shares.

    The level of containment p is the ⌈p (n + 1)⌉-th lowest statistic: a further track stays
    below it with at least the probability p, whatever the statistic's distribution. Where
    that takes more tracks than there are (3σ: 370), Wilks' level is stretched by the factor
    of the containment before.

    Parameters
    ----------
    statistics : array_like
        Shape (n,), 2Δllh of the tracks' truths.
    containments : iterable of float
        Ascending, in (0, 1).

    Raises
    ------
    ValueError
        If there are too few tracks for the lowest containment, or a statistic is not finite.

    Examples
    --------
    >>> [contour.level for contour in calibrate(range(1, 100), [0.5, 0.9])]
    [50.0, 90.0]
    """
    ordered = np.sort(np.asarray(statistics, float))
    if not np.isfinite(ordered).all():
        raise ValueError("calibration: the 2Δllh of a track is not a finite number")
    n = len(ordered)
    contours: list[CalibratedContour] = []
    for p in containments:
        rank, by_wilks = math.ceil(p * (n + 1)), wilks(p)
        if rank <= n:
            level, (low, high) = float(ordered[rank - 1]), _interval(ordered, p)
        elif contours:
            stretch = contours[-1].level / contours[-1].wilks
            level, low, high = by_wilks * stretch, None, None
        else:
            raise ValueError(f"calibration: {n} tracks are too few for a containment of {p}")
        holds, error = coverage(ordered, by_wilks)
        contours.append(CalibratedContour(p, level, low, high, by_wilks, holds, error))
    return contours


def check_levels(contours: Iterable[CalibratedContour], reco: str, nsides: str) -> None:
    """See that contours can be drawn at these levels: positive, and each above the one before.

    Where pixels are so coarse that the truth fits better than any, its statistic is negative.

    Parameters
    ----------
    contours : iterable of CalibratedContour
        Of ascending containments.
    reco, nsides : str
        What the tracks were scanned with.

    Raises
    ------
    ValueError
        If they are not; the message says what to change.
    """
    levels = [contour.level for contour in contours]
    if levels[0] <= 0:
        raise ValueError(
            f"calibration: the pixels of {nsides} are too coarse for {reco}: the truth fits "
            "better than any pixel; use finer nsides"
        )
    if any(b <= a for a, b in pairwise(levels)):
        words = ", ".join(f"{level:.3g}" for level in levels)
        raise ValueError(
            f"calibration: the levels of {reco} do not ascend ({words}): too many tracks have "
            "the same 2Δllh; use finer nsides"
        )


def coverage(statistics: ArrayLike, level: float) -> tuple[float, float]:
    """Return how often the region of a level holds the truth, and the binomial error.

    >>> coverage([0.5, 1.0, 2.0, 6.0], 4.61)
    (0.75, 0.21650635094610965)
    """
    values = np.asarray(statistics)
    share = float(np.mean(values <= level))
    return share, math.sqrt(share * (1 - share) / len(values))


def _interval(ordered: np.ndarray, p: float) -> tuple[float, float]:
    """Return the statistics whose ranks bound the central 68 % of the binomial distribution."""
    from scipy.stats import binom  # noqa: PLC0415 - slow to import

    low, high = binom.ppf([0.1587, 0.8413], len(ordered), p).astype(int)
    return float(ordered[max(low - 1, 0)]), float(ordered[min(high, len(ordered) - 1)])
