"""Mollweide's projection of the whole sky, as the page draws it.

Source: Snyder, Map Projections: A Working Manual, USGS 1395 (1987), p. 249. Right ascension
runs to the left, from 0 h at the right edge.
"""

import numpy as np
from numpy.typing import ArrayLike

WIDTH, HEIGHT = 800, 400
"""Of the map; the drawing has room for labels around it."""
_HALVES = 40


def project(ra: ArrayLike, dec: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions [pix] of right ascensions and declinations [deg], y downwards."""
    longitude = np.radians(180.0 - np.mod(np.asarray(ra, dtype=float), 360.0))
    latitude = np.radians(np.clip(np.asarray(dec, dtype=float), -90.0, 90.0))
    # by halves: Newton's iteration fails near the poles, where the slope is none
    low, high = np.full(latitude.shape, -np.pi / 2), np.full(latitude.shape, np.pi / 2)
    for _ in range(_HALVES):
        theta = (low + high) / 2
        below = 2 * theta + np.sin(2 * theta) < np.pi * np.sin(latitude)
        low, high = np.where(below, theta, low), np.where(below, high, theta)
    theta = (low + high) / 2
    x = longitude / np.pi * np.cos(theta)
    return (1 + x) * WIDTH / 2, (1 - np.sin(theta)) * HEIGHT / 2


def unproject(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return right ascensions and declinations [deg] of positions, and which are on the sky."""
    v, u = 1 - 2 * y / HEIGHT, 2 * x / WIDTH - 1
    theta = np.arcsin(np.clip(v, -1, 1))
    inside = u**2 + v**2 < 1
    with np.errstate(divide="ignore", invalid="ignore"):
        longitude = np.where(inside, u * np.pi / np.cos(theta), 0.0)
    sine = np.clip((2 * theta + np.sin(2 * theta)) / np.pi, -1, 1)
    return (180.0 - np.degrees(longitude)) % 360.0, np.degrees(np.arcsin(sine)), inside
