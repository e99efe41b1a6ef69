"""A batch that is spread out over the features: greedy k-centre, weighted.

Each next alert is the one with the greatest value times its squared distance to the nearest one
chosen (Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5, with weights).
"""

import numpy as np
from numpy.typing import NDArray

FARTHEST = 5.0
"""A feature's distance from its median, in units of its spread, that counts at most."""
_LEAST_WEIGHT = 1e-6
"""Of the greatest value: what is worth nothing is still told apart by distance."""


def spread_out(
    features: NDArray[np.float32],
    rows: NDArray[np.int64],
    value: NDArray[np.float64],
    number: int,
) -> NDArray[np.int64]:
    """Choose among some rows; return places in `rows`, in the order of choice.

    Parameters
    ----------
    features : ndarray of float32, shape (n, k)
        Of all, which say how far is far.
    rows : ndarray of int64, shape (m,)
        The worthiest first; of equals the first is chosen.
    value : ndarray of float64, shape (m,)
        Not negative.
    number : int
        How many at most.
    """
    found = np.empty(min(number, rows.size), np.int64)
    if not found.size:
        return found
    points = standardised(features, rows)
    weight = np.maximum(value, _LEAST_WEIGHT * max(float(value.max()), _LEAST_WEIGHT))
    square = np.einsum("ij,ij->i", points, points)
    nearest = np.full(rows.size, np.inf)
    last = 0
    for k in range(found.size):
        found[k] = last
        apart = square - 2 * (points @ points[last]) + square[last]
        nearest = np.minimum(nearest, np.maximum(apart, 0))
        nearest[last] = -1  # below any other: no row is chosen twice
        last = int(np.argmax(weight * nearest))
    return found


def standardised(features: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return some rows in units of each feature's spread among all; NaN is the median.

    The spread is half of the range of the middle 68 %: one odd light curve does not make all
    others alike.
    """
    points = np.zeros((rows.size, features.shape[1]))
    for k in range(features.shape[1]):
        known = features[np.isfinite(features[:, k]), k].astype(np.float64)
        if not known.size:
            continue
        low, middle, high = np.quantile(known, [0.16, 0.5, 0.84])
        spread = (high - low) / 2 or float(known.std())
        if spread > 0:
            away = np.clip((features[rows, k] - middle) / spread, -FARTHEST, FARTHEST)
            points[:, k] = np.nan_to_num(away)
    return points
