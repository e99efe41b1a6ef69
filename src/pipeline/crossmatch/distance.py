"""How far a projected distance reaches on the sky, and what an angle is in kpc.

The rules are those of the alert broker Kowalski (specs/alerts.md, "Cross-match").
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.crossmatch.entry import Projected

ARCSEC = np.pi / 180 / 3600  # [rad]

# 1 arcsec is about 1 kpc at this redshift (0.98 kpc for H0 = 70, Ωm = 0.3)
KPC_PER_ARCSEC_REDSHIFT = 0.05

# Nearer than these the projected distance is a circle on the sky of unphysical size.
LOW_REDSHIFT = 0.01
LOW_MPC = 40.0

# Nearer than these the kpc are not worth telling (peculiar velocities).
LEAST_REDSHIFT = 0.005
LEAST_MPC = 0.005


def match_radius(value: ArrayLike, rule: Projected) -> NDArray[np.float64]:
    """Return the radius within which an alert belongs to a galaxy.

    Parameters
    ----------
    value : array_like, shape (n,)
        Redshift, or distance [Mpc], as ``rule.unit`` says.
    rule : Projected
        ``rule.kpc`` is the projected distance, ``rule.low_arcsec`` the radius for galaxies
        with z < 0.01 or D < 40 Mpc, negative ones included.

    Returns
    -------
    ndarray of float64, shape (n,)
        Exclusive upper limit [arcsec]: kpc · (0.05 / z), or arctan(kpc / D).
    """
    value = np.asarray(value, dtype=np.float64)
    if rule.unit == "redshift":
        far = np.maximum(value, LOW_REDSHIFT)
        low, radius = value < LOW_REDSHIFT, rule.kpc * KPC_PER_ARCSEC_REDSHIFT / far
    else:
        far = np.maximum(value, LOW_MPC)
        low, radius = value < LOW_MPC, np.arctan(rule.kpc / (far * 1000)) / ARCSEC
    return np.where(low, rule.low_arcsec, radius)


def projected_kpc(arcsec: ArrayLike, value: ArrayLike, unit: str) -> NDArray[np.float64]:
    """Return the projected distance [kpc] at an angle from a galaxy; -1 if it is too near.

    Parameters
    ----------
    arcsec : array_like, shape (n,)
        Angle [arcsec].
    value : array_like, shape (n,)
        Redshift, or distance [Mpc].
    unit : {"redshift", "Mpc"}
    """
    arcsec, value = np.asarray(arcsec, np.float64), np.asarray(value, np.float64)
    if unit == "redshift":
        return np.where(value > LEAST_REDSHIFT, arcsec * value / KPC_PER_ARCSEC_REDSHIFT, -1.0)
    return np.where(value > LEAST_MPC, arcsec * ARCSEC * value * 1000, -1.0)
