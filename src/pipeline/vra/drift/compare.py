"""Two samples of one number: how far apart, and how far they would be by chance.

The statistic is Kolmogorov and Smirnov's D, the largest difference of the two cumulative
distributions. Where both samples are of one distribution, D sqrt(nm / (n + m)) has Kolmogorov's,
whose mean is sqrt(pi / 2) ln 2 and whose variance pi^2 / 12 - pi / 2 ln^2 2 (Marsaglia, Tsang &
Wang 2003, J. Stat. Softw. 8, 18); ties and small samples make D smaller, never larger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
LEAST = 8
"""Of either sample; fewer say nothing."""
_MEAN = sqrt(pi / 2) * log(2)
_SIGMA = sqrt(pi**2 / 12 - pi / 2 * log(2) ** 2)


@dataclass(frozen=True)
class Compared:
    """How two samples compare.

    Attributes
    ----------
    ks : float or None
        Kolmogorov and Smirnov's D.
    p : float or None
        Of as large a one by chance.
    chance, chance_sigma : float or None
        D by chance alone, and its standard deviation.
    night, training : int
        Numbers in each.
    night_null, training_null : float or None
        Share of nulls in each.
    p_null : float or None
        Of shares of nulls as different by chance (Fisher's exact test).
    night_median, training_median : float or None
    reason : str or None
        Why there is no D.
    """

    ks: float | None
    p: float | None
    chance: float | None
    chance_sigma: float | None
    night: int
    training: int
    night_null: float | None
    training_null: float | None
    p_null: float | None
    night_median: float | None
    training_median: float | None
    reason: str | None


def compare(night: Floats, training: Floats) -> Compared:
    """Compare two samples, NaN where null.

    >>> found = compare(np.arange(100.0), np.arange(50.0, 150.0))
    >>> found.ks, round(found.chance, 3), found.p < 1e-9
    (0.5, 0.123, True)
    """
    from scipy.stats import fisher_exact, ks_2samp  # noqa: PLC0415 - 0.3 s

    one, other = night[np.isfinite(night)], training[np.isfinite(training)]
    few = min(one.size, other.size)
    reason = ks = p = chance = sigma = None
    if few < LEAST:
        which = "the night" if one.size <= other.size else "the training set"
        reason = f"{which} has {few} number{'' if few == 1 else 's'}; {LEAST} are needed"
    else:
        found = ks_2samp(one, other, method="auto" if one.size * other.size < 1e4 else "asymp")
        ks, p = float(found.statistic), float(found.pvalue)
        scale = sqrt(1 / one.size + 1 / other.size)
        chance, sigma = _MEAN * scale, _SIGMA * scale
    nulls = [[one.size, night.size - one.size], [other.size, training.size - other.size]]
    p_null = float(fisher_exact(nulls)[1]) if night.size and training.size else None
    return Compared(
        ks,
        p,
        chance,
        sigma,
        one.size,
        other.size,
        _missing(one, night),
        _missing(other, training),
        p_null,
        _median(one),
        _median(other),
        reason,
    )


def _missing(known: Floats, every: Floats) -> float | None:
    return 1 - known.size / every.size if every.size else None


def _median(known: Floats) -> float | None:
    return float(np.median(known)) if known.size else None


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Return p-values that allow for how many were looked at (Holm 1979, Scand. J. Stat. 6, 65).

    >>> holm([0.01, 0.04, None, 0.03])
    [0.03, 0.06, None, 0.06]
    """
    known = sorted((value, n) for n, value in enumerate(p) if value is not None)
    found: list[float | None] = [None] * len(p)
    largest = 0.0
    for rank, (value, n) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * value))
        found[n] = largest
    return found
