"""How well two maps agree: the overlap integral of associations."""

import numpy as np

from pipeline.sky.maps.cells import PIXEL_SR
from pipeline.sky.maps.skymap import SkyMap


def overlap(a: SkyMap, b: SkyMap) -> float:
    """Return I_Ω = 4π ∫ p_a p_b dΩ of two maps: exact, on their common refinement.

    1 on average for unrelated events, more where they agree (Ashton et al. 2018, ApJ 860, 6,
    equation 12, with a uniform prior).

    Raises
    ------
    ValueError
        If they are of different frames, whose cells cut each other.
    """
    if a.frame != b.frame:
        raise ValueError(f"a map in {a.frame} and one in {b.frame} coordinates: expected one frame")
    edges = np.unique(np.concatenate([a.begin, a.end, b.begin, b.end]))
    density = a.at_pixels(edges[:-1]).density * b.at_pixels(edges[:-1]).density
    return float(4 * np.pi * PIXEL_SR * np.sum(density * np.diff(edges)))
