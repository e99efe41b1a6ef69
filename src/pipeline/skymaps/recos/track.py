"""Compiled: the likelihood of a track with its gradient, and the best track of a direction.

A track of a given direction p has three parameters: where it passes in the plane across p
(a, b) and when (t0); along p it is degenerate. In the frame of `transverse` the geometry of
Cherenkov light (AMANDA, NIM A524 (2004) 169) needs no trigonometry: a DOM at (X, Y) from
the track in that plane, d = √(X² + Y²), is reached after the unscattered time
[l + d (n_g / sinθc − 1 / tanθc)] / c, l along p, by light whose direction has the vertical
component cosη = sinθc √(1 − p_z²) X / d + cosθc p_z.

The minimiser is an own one because no library's runs inside compiled code: scipy's would
return to Python for every evaluation, which costs as much as the evaluation itself (10 µs).
It is BFGS with a backtracking line search (Nocedal & Wright 2006, algorithms 6.1 and 3.1),
without randomness: the same start always ends in the same place.

All in one module, and all constants with it, because numba's cache notices changes of a
function's own module only: with an import it would go on with old values.
"""

import math

import numpy as np
from numba import njit

# As in pipeline.sky.constants and pipeline.events.optics, digit by digit
# (tests/unit/test_compiled.py).
SPEED_OF_LIGHT_M_NS = 299_792_458 / 1e9
GROUP_INDEX = 1.35634
COS_C = 1 / 1.3195
SIN_C = math.sqrt(1 - COS_C**2)

Tables = tuple[np.ndarray, np.ndarray, np.ndarray]
Weights = tuple[float, float, float, float]

DELAY = (GROUP_INDEX / SIN_C - COS_C / SIN_C) / SPEED_OF_LIGHT_M_NS  # ns per m of distance
D_LEAST = 0.01  # m; the light of a track through a DOM has no direction

# The effective distance E_0 + E_D d + E_1 cosη + E_2 cos²η: DOMs look down, and light that
# must turn around is scattered more (AMANDA's fit to simulated photons, as in IceTray).
E_0, E_D, E_1, E_2 = 3.094, 0.8395, -3.946, 4.636

# The grid of the tables and where they hold, see pipeline.skymaps.recos.pandel_table
T_SHIFT, T_SCALE, U_STEP = 140.0, 800.0, 0.0015  # ns, ns, 1
X_FIRST, X_STEP = 0.7, 0.1  # √m
T_MIN, T_MAX, D_MAX = -120.0, 12000.0, 625.0  # ns, ns, m
FLOOR = 1e-8  # 1/ns, added to P: what a pulse of noise costs (as in IceTray)
LOG_FLOOR = math.log(FLOOR)

MAX_STEPS, MAX_HALVINGS = 60, 25
TOLERANCE = 1e-5  # of −log L: what a step must promise, and bring at least every third time
ARMIJO = 1e-4  # share of the gain that the gradient promises which a step must bring
ONE_DOM = np.array([15.0, 15.0, 40.0])  # m, m, ns: what a single DOM knows of the track
LONGEST = np.array([200.0, 200.0, 600.0])  # m, m, ns: the longest step
EARLY_SHARE = 0.15  # of the DOMs may be too early at the start: noise, a vertex that is off


@njit(cache=True)
def fit(
    tables: Tables,
    doms: np.ndarray,
    directions: np.ndarray,
    starts: np.ndarray,
    fits: np.ndarray,
) -> None:
    """Fit each direction from each start and from the middle of the DOMs.

    Parameters
    ----------
    tables : tuple of ndarray
        floored, log_pdf, log_sf of `pipeline.skymaps.recos.pandel_table.PandelTable`.
    doms : ndarray of float64, shape (d, 5)
        x, y, z [m], time of the first photon [ns], number of photons.
    directions : ndarray of float64, shape (n, 3)
        Unit vectors of travel.
    starts : ndarray of float64, shape (n, k, 3)
        Vertices [m].
    fits : ndarray of float64, shape (n, 5)
        Filled with −log L and the point of the best track that is nearest to the middle of
        the DOMs, x, y, z [m], t [ns].
    """
    frame = np.empty((len(doms), 4))
    middle = np.array([doms[:, 0].mean(), doms[:, 1].mean(), doms[:, 2].mean()])
    track, best = np.empty(3), np.empty(3)
    for n in range(len(directions)):
        across, level = transverse(doms, directions[n], middle, frame)
        lowest = np.inf
        for k in range(starts.shape[1] + 1):
            track[:] = 0.0  # the first start: through the middle
            if k > 0:
                offset = starts[n, k - 1] - middle
                track[0], track[1] = _dot(offset, across), _dot(offset, level)
            track[2] = _start_time(frame, track)
            value = minimize(tables, frame, directions[n, 2], track)
            if value < lowest:
                lowest = value
                best[:] = track
        fits[n, 0] = lowest if lowest < np.inf else np.nan
        fits[n, 1:4] = middle + best[0] * across + best[1] * level
        fits[n, 4] = best[2]


@njit(cache=True)
def transverse(
    doms: np.ndarray, direction: np.ndarray, anchor: np.ndarray, frame: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put DOMs into the frame across a direction.

    Parameters
    ----------
    doms : ndarray of float64, shape (d, 5)
        As in `fit`.
    direction, anchor : ndarray of float64, shape (3,)
        Unit vector of travel; the frame's origin [m].
    frame : ndarray of float64, shape (d, 4)
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
        frame[i, 0] = x * across[0] + y * across[1] + z * across[2]
        frame[i, 1] = x * level[0] + y * level[1]
        frame[i, 2] = doms[i, 3] - (x * px + y * py + z * pz) / SPEED_OF_LIGHT_M_NS
        frame[i, 3] = doms[i, 4]
    return across, level


@njit(cache=True)
def _start_time(frame: np.ndarray, track: np.ndarray) -> float:
    """Return the t0 at which a given share of the DOMs is hit before the direct light."""
    times = np.empty(len(frame))
    for i in range(len(frame)):
        times[i] = frame[i, 2] - DELAY * math.hypot(frame[i, 0] - track[0], frame[i, 1] - track[1])
    times.sort()
    return times[int(EARLY_SHARE * (len(frame) - 1))]


@njit(cache=True)
def minimize(tables: Tables, frame: np.ndarray, pz: float, track: np.ndarray) -> float:
    """Move `track` to the minimum that lies downhill, and return its −log L.

    Parameters are those of `track_llh`; `track` is changed.
    """
    gradient, trial, slope = np.empty(3), np.empty(3), np.empty(3)
    inverse = np.diag(ONE_DOM**2 / len(frame))
    fresh, idle = True, 0  # the Hessian is still (or again) only a guess
    value = track_llh(tables, frame, pz, track, gradient)
    for _ in range(MAX_STEPS):
        step = -_times(inverse, gradient)
        gain = -_dot(step, gradient)
        if gain < TOLERANCE:
            break
        factor = min(1.0, 1.0 / np.max(np.abs(step) / LONGEST))
        for _ in range(MAX_HALVINGS):
            trial[:] = track + factor * step
            trial_value = track_llh(tables, frame, pz, trial, slope)
            if trial_value <= value - ARMIJO * factor * gain:
                break
            # the minimum of the parabola through both values and the slope here
            bend = trial_value - value + factor * gain
            factor *= min(max(0.5 * factor * gain / bend, 0.1), 0.5)
        else:
            if fresh:
                break
            inverse, fresh = np.diag(ONE_DOM**2 / len(frame)), True
            continue
        if _update(inverse, trial - track, slope - gradient):
            fresh = False
        # at the cusp of a DOM that the track runs through no gradient vanishes
        idle = idle + 1 if value - trial_value < TOLERANCE else 0
        track[:], gradient[:], value = trial, slope, trial_value
        if idle == 3:
            break
    return value


@njit(cache=True)
def _update(inverse: np.ndarray, step: np.ndarray, change: np.ndarray) -> bool:
    """Learn the inverse Hessian from one step, unless it went over a ridge."""
    curvature = _dot(step, change)
    if curvature < 1e-10:
        return False
    product = _times(inverse, change)
    scale = (1 + _dot(change, product) / curvature) / curvature
    for k in range(3):
        for m in range(3):
            cross = product[k] * step[m] + step[k] * product[m]
            inverse[k, m] += scale * step[k] * step[m] - cross / curvature
    return True


@njit(cache=True)
def _dot(a: np.ndarray, b: np.ndarray) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True)
def _times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    return np.array([_dot(matrix[0], vector), _dot(matrix[1], vector), _dot(matrix[2], vector)])


@njit(cache=True, error_model="numpy")
def track_llh(
    tables: Tables, frame: np.ndarray, pz: float, track: np.ndarray, gradient: np.ndarray
) -> float:
    """Return −log L of a track.

    Parameters
    ----------
    tables : tuple of ndarray
        As in `fit`.
    frame : ndarray of float64, shape (d, 4)
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
        x, y = x / d, y / d
        cos = slope * x + offset
        delay = frame[i, 2] - track[2] - DELAY * d
        if delay <= T_MIN:
            total -= LOG_FLOOR
            continue
        d_eff = E_0 + E_D * d + cos * (E_1 + E_2 * cos)
        value, by_d_eff, by_delay = _log_p(
            tables, min(d_eff, D_MAX), min(delay, T_MAX), frame[i, 3]
        )
        total -= value
        if d_eff > D_MAX:
            by_d_eff = 0.0
        if delay > T_MAX:
            by_delay = 0.0
        # log L by the distance, and by the angle in the plane over d; the DOM's place in the
        # plane is its own less the track's, which turns the signs for −log L
        away = by_d_eff * E_D - by_delay * DELAY
        turn = -by_d_eff * (E_1 + 2 * E_2 * cos) * slope * y / d
        by_a += away * x - turn * y
        by_b += away * y + turn * x
        by_t += by_delay
    gradient[0], gradient[1], gradient[2] = by_a, by_b, by_t
    return total


@njit(cache=True, error_model="numpy")
def _log_p(
    tables: Tables, d_eff: float, delay: float, photons: float
) -> tuple[float, float, float]:
    """Return log(N P SF^(N−1) + FLOOR), the first of N photons, and its two derivatives."""
    if photons == 1.0:
        return spline(tables[0], d_eff, delay)
    pdf, pdf_d, pdf_t = spline(tables[1], d_eff, delay)
    sf, sf_d, sf_t = spline(tables[2], d_eff, delay)
    p = photons * math.exp(pdf + (photons - 1) * sf)
    share = p / (p + FLOOR)
    by_d, by_t = pdf_d + (photons - 1) * sf_d, pdf_t + (photons - 1) * sf_t
    return math.log(p + FLOOR), share * by_d, share * by_t


@njit(cache=True, error_model="numpy")
def spline(table: np.ndarray, d_eff: float, t: float) -> tuple[float, float, float]:
    """Return value, derivative by d_eff and derivative by t inside the table's range."""
    inverse = 1.0 / (t + T_SHIFT + T_SCALE)
    root = math.sqrt(d_eff)
    u, x = (t + T_SHIFT) * inverse / U_STEP, (root - X_FIRST) / X_STEP
    i, j = int(u), int(x)
    (w0, w1, w2, w3), (s0, s1, s2, s3) = _cubic(x - j)
    rows, row_slopes = _cubic(u - i)
    value = by_u = by_x = 0.0
    for k in range(4):
        c0, c1 = table[i - 1 + k, j - 1], table[i - 1 + k, j]
        c2, c3 = table[i - 1 + k, j + 1], table[i - 1 + k, j + 2]
        f = w0 * c0 + w1 * c1 + w2 * c2 + w3 * c3
        value += rows[k] * f
        by_u += row_slopes[k] * f
        by_x += rows[k] * (s0 * c0 + s1 * c1 + s2 * c2 + s3 * c3)
    return value, by_x / (2 * root * X_STEP), by_u * T_SCALE * inverse * inverse / U_STEP


@njit(cache=True, inline="always")
def _cubic(a: float) -> tuple[Weights, Weights]:
    """Return the four weights of a uniform cubic B-spline, and their derivatives."""
    c = 1.0 - a
    middle = (4 - 3 * a * a * (2 - a)) / 6, (4 - 3 * c * c * (2 - c)) / 6
    slopes = -c * c / 2, a * (1.5 * a - 2), c * (2 - 1.5 * c), a * a / 2
    return (c * c * c / 6, middle[0], middle[1], a * a * a / 6), slopes
