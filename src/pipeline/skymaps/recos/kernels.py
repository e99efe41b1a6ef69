"""Compiled: the tables' splines, and the likelihood of a track with its gradient.

A track of a given direction p has three parameters: where it passes in the plane across p
(a, b) and when (t0); along p it is degenerate. In the frame of `transverse` the geometry of
Cherenkov light (AMANDA, NIM A524 (2004) 169) needs no trigonometry: a DOM at (X, Y) from
the track in that plane, d = √(X² + Y²), is reached after the unscattered time
[l + d (n_g / sinθc − 1 / tanθc)] / c, l along p, by light whose direction has the vertical
component cosη = sinθc √(1 − p_z²) X / d + cosθc p_z.
"""

import math

import numpy as np
from numba import njit

from pipeline.skymaps.recos.table import (
    D_MAX,
    FLOOR,
    T_MAX,
    T_MIN,
    T_SCALE,
    T_SHIFT,
    U_STEP,
    X_FIRST,
    X_STEP,
)

SPEED_OF_LIGHT = 0.299792458  # m/ns
PHASE_INDEX, GROUP_INDEX = 1.3195, 1.35634  # of ice at 400 nm
COS_C = 1 / PHASE_INDEX  # the Cherenkov angle, 40.724°
SIN_C = math.sqrt(1 - COS_C**2)
DELAY = (GROUP_INDEX / SIN_C - COS_C / SIN_C) / SPEED_OF_LIGHT  # ns per m of distance
LOG_FLOOR = math.log(FLOOR)
D_LEAST = 0.01  # m; a track through a DOM has no direction of its light

# How directed the light still is: d_eff = E_0 + E_D d + E_1 cosη + E_2 cos²η, fitted to
# simulations of photons (IceTray's PandelParameterization; see specs in docs/reconstructions.md)
E_0, E_D, E_1, E_2 = 3.094, 0.8395, -3.946, 4.636


@njit(cache=True, error_model="numpy")
def spline(table, d_eff, t):
    """Return value, derivative by d_eff and derivative by t inside the table's range."""
    inverse = 1.0 / (t + T_SHIFT + T_SCALE)
    root = math.sqrt(d_eff)
    u = (t + T_SHIFT) * inverse / U_STEP
    x = (root - X_FIRST) / X_STEP
    i, j = int(u), int(x)
    (w0, w1, w2, w3), (s0, s1, s2, s3) = _cubic(x - j)
    rows, row_slopes = _cubic(u - i)
    value = by_u = by_x = 0.0
    for k in range(4):
        c0, c1, c2, c3 = (
            table[i - 1 + k, j - 1],
            table[i - 1 + k, j],
            table[i - 1 + k, j + 1],
            table[i - 1 + k, j + 2],
        )
        f = w0 * c0 + w1 * c1 + w2 * c2 + w3 * c3
        value += rows[k] * f
        by_u += row_slopes[k] * f
        by_x += rows[k] * (s0 * c0 + s1 * c1 + s2 * c2 + s3 * c3)
    return value, by_x / (2 * root * X_STEP), by_u * T_SCALE * inverse * inverse / U_STEP


@njit(cache=True, inline="always")
def _cubic(a):
    """Return the four weights of a uniform cubic B-spline, and their derivatives."""
    c = 1.0 - a
    weights = (
        c * c * c / 6,
        (4 - 3 * a * a * (2 - a)) / 6,
        (4 - 3 * c * c * (2 - c)) / 6,
        a * a * a / 6,
    )
    return weights, (-c * c / 2, a * (1.5 * a - 2), c * (2 - 1.5 * c), a * a / 2)


@njit(cache=True)
def transverse(doms, direction, anchor, out):
    """Put DOMs into the frame across a direction.

    Parameters
    ----------
    doms : ndarray of float64, shape (n, 5)
        x, y, z [m], time of the first photon [ns], number of photons.
    direction, anchor : ndarray of float64, shape (3,)
        Unit vector of travel; the frame's origin [m].
    out : ndarray of float64, shape (n, 4)
        Filled with X, Y across [m], the time less l / c [ns], the number of photons.

    Returns
    -------
    tuple of ndarray
        The unit vectors of X (the one with a vertical component) and of Y.
    """
    px, py, pz = direction[0], direction[1], direction[2]
    s = math.hypot(px, py)
    cos, sin = (px / s, py / s) if s > 1e-12 else (1.0, 0.0)
    across = np.array([-pz * cos, -pz * sin, s])
    level = np.array([sin, -cos, 0.0])
    for i in range(len(doms)):
        x, y, z = doms[i, 0] - anchor[0], doms[i, 1] - anchor[1], doms[i, 2] - anchor[2]
        out[i, 0] = x * across[0] + y * across[1] + z * across[2]
        out[i, 1] = x * level[0] + y * level[1]
        out[i, 2] = doms[i, 3] - (x * px + y * py + z * pz) / SPEED_OF_LIGHT
        out[i, 3] = doms[i, 4]
    return across, level


@njit(cache=True, error_model="numpy")
def track_llh(tables, frame, pz, track, gradient):
    """Return −log L of a track.

    Parameters
    ----------
    tables : tuple of ndarray
        floored, log_pdf, log_sf of `pipeline.skymaps.recos.table.Table`.
    frame : ndarray of float64, shape (n, 4)
        The DOMs, from `transverse`.
    pz : float
        Vertical component of the direction.
    track : ndarray of float64, shape (3,)
        a, b [m], t0 [ns].
    gradient : ndarray of float64, shape (3,)
        Filled with the gradient of the result.
    """
    slope, offset = SIN_C * math.sqrt(max(1 - pz * pz, 0.0)), COS_C * pz
    total = by_a = by_b = by_t = 0.0
    for i in range(len(frame)):
        x, y = frame[i, 0] - track[0], frame[i, 1] - track[1]
        d = max(math.sqrt(x * x + y * y), D_LEAST)
        nx, ny = x / d, y / d
        eta = slope * nx + offset
        delay = frame[i, 2] - track[2] - DELAY * d
        if delay <= T_MIN:
            total -= LOG_FLOOR
            continue
        d_eff = E_0 + E_D * d + eta * (E_1 + E_2 * eta)
        value, by_d_eff, by_delay = _log_p(
            tables, min(d_eff, D_MAX), min(delay, T_MAX), frame[i, 3]
        )
        total -= value
        if d_eff > D_MAX:
            by_d_eff = 0.0
        if delay > T_MAX:
            by_delay = 0.0
        along = by_d_eff * E_D - by_delay * DELAY  # by d
        turn = by_d_eff * (E_1 + 2 * E_2 * eta) * slope * ny / d  # by the angle, over d
        by_a += along * nx + turn * ny  # signs: d falls with a where x is positive
        by_b += along * ny - turn * nx
        by_t += by_delay
    gradient[0], gradient[1], gradient[2] = by_a, by_b, by_t
    return total


@njit(cache=True, error_model="numpy")
def _log_p(tables, d_eff, delay, photons):
    """Return log(N P SF^(N-1) + FLOOR), the first of N photons, and its two derivatives."""
    if photons == 1.0:
        return spline(tables[0], d_eff, delay)
    pdf, pdf_d, pdf_t = spline(tables[1], d_eff, delay)
    sf, sf_d, sf_t = spline(tables[2], d_eff, delay)
    p = photons * math.exp(pdf + (photons - 1) * sf)
    share = p / (p + FLOOR)
    by_d, by_t = pdf_d + (photons - 1) * sf_d, pdf_t + (photons - 1) * sf_t
    return math.log(p + FLOOR), share * by_d, share * by_t
