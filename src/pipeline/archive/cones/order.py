"""The order of pixels, stable."""

import numpy as np
from numpy.typing import NDArray

from pipeline.sky.cones import NSIDE

_BITS = 63 - (12 * NSIDE**2 - 1).bit_length()
"""What a pixel leaves of a 64-bit integer for the number of its row."""


def by_pixel(pixel: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order that sorts nested pixels at `NSIDE`; equal ones stay as they are.

    The pixel and the row in one integer are sorted: four times as fast as ``argsort``, which
    follows its indices through the memory.

    >>> by_pixel(np.array([7, 5, 7, 5]))
    array([1, 3, 0, 2])
    """
    if len(pixel) >= 1 << _BITS:
        return np.argsort(pixel, kind="stable")
    both = pixel << _BITS
    both |= np.arange(len(pixel))
    both.sort()
    both &= (1 << _BITS) - 1
    return both
