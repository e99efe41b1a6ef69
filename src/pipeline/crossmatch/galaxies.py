"""Matches with galaxies by projected distance; M31 and M33 by their ellipses.

The rules are those of the alert broker Kowalski (specs/alerts.md, "Cross-match").
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.crossmatch.distance import ARCSEC, match_radius
from pipeline.crossmatch.entry import Projected
from pipeline.sky.cones import Pairs
from pipeline.sky.healpix import lonlat_to_vec


@dataclass(frozen=True)
class LargeGalaxy:
    """A galaxy far larger than any radius: its ellipse on the sky is tested instead."""

    id: str  # its _id in the CLU catalogue, the name under which users of Kowalski know it
    ra: float  # [deg]
    dec: float
    semi_major: float  # [deg]
    axis_ratio: float
    position_angle: float  # of the major axis, north to east [deg]
    redshift: float
    mpc: float


LARGE_GALAXIES = (
    LargeGalaxy("596900", 10.6847, 41.26901, 1.624875, 0.331283, 35.0, -0.001001, 0.778),  # M31
    LargeGalaxy("597543", 23.46204, 30.66022, 0.603694, 0.602964, 23.0, -0.000597, 0.869),  # M33
)


def galaxy_pairs(
    pairs: Pairs,
    vec: NDArray[np.float64],
    distance: NDArray[np.float64],
    rule: Projected,
) -> Pairs:
    """Keep the pairs nearer than the galaxy's own radius; add those with M31 and M33.

    Parameters
    ----------
    pairs : Pairs
        All within the cone.
    vec : ndarray, shape (n, 3)
        Unit vectors of the positions.
    distance : ndarray, shape (rows,)
        Redshift or distance [Mpc] of the catalogue's rows.
    rule : Projected
        As for :func:`~pipeline.crossmatch.distance.match_radius`.

    Returns
    -------
    Pairs
        Ordered as before; a row of -1, -2 is the first or second of `LARGE_GALAXIES`.
    """
    near = pairs.radians / ARCSEC < match_radius(distance[pairs.row], rule)
    found = [Pairs(pairs.position[near], pairs.row[near], pairs.radians[near])]
    for number, galaxy in enumerate(LARGE_GALAXIES, start=1):
        position, radians = inside_large(galaxy, vec)
        found.append(Pairs(position, np.full(len(position), -number), radians))
    position, row, radians = (np.concatenate(part) for part in zip(*found, strict=True))
    by = np.lexsort((row, radians, position))
    return Pairs(position[by], row[by], radians[by])


def galaxy_values(
    row: NDArray[np.int64], distance: NDArray[np.float64], unit: str
) -> NDArray[np.float64]:
    """Return redshifts or distances [Mpc] of rows as in :func:`galaxy_pairs`."""
    large = [g.redshift if unit == "redshift" else g.mpc for g in LARGE_GALAXIES]
    values = np.empty(len(row))
    values[row >= 0] = distance[row[row >= 0]]
    values[row < 0] = np.array(large)[-1 - row[row < 0]]
    return values


def galaxy_ids(row: NDArray[np.int64]) -> pa.Array:
    """Return the identifiers of `LARGE_GALAXIES` in such rows, null in others."""
    number = np.maximum(-1 - row, 0)
    return pa.array([g.id for g in LARGE_GALAXIES]).take(pa.array(number, mask=row >= 0))


def inside_large(
    galaxy: LargeGalaxy, vec: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which positions lie inside a galaxy's ellipse, and how far from its centre.

    The ellipse is drawn in separation ρ and position angle θ from its centre:
    ρ² (cos²(θ - PA) + sin²(θ - PA) / (b/a)²) < a².

    Parameters
    ----------
    vec : ndarray, shape (n, 3)
        Unit vectors; NaN lies outside.

    Returns
    -------
    rows : ndarray of int64
        Positions inside.
    separation : ndarray of float64
        Of these, from the centre [rad].
    """
    ra, dec = np.radians(galaxy.ra), np.radians(galaxy.dec)
    centre = lonlat_to_vec(galaxy.ra, galaxy.dec)
    north = np.array([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)])
    separation = 2 * np.arcsin(np.minimum(np.linalg.norm(vec - centre, axis=1) / 2, 1.0))
    theta = np.arctan2(vec @ np.cross(north, centre), vec @ north)
    turned = theta - np.radians(galaxy.position_angle)
    size = np.hypot(np.cos(turned), np.sin(turned) / galaxy.axis_ratio)
    rows = np.flatnonzero(separation * size < np.radians(galaxy.semi_major))
    return rows, separation[rows]
