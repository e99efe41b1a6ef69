"""Compiled: the best track of a direction, downhill from a given start.

An own minimiser because no library's runs inside compiled code: scipy's would return to
Python for every evaluation, which costs as much as the evaluation itself (10 µs). It is
BFGS with a backtracking line search (Nocedal & Wright 2006, algorithms 6.1 and 3.1) in the
three parameters of a track; no randomness, the same start always ends in the same place.
"""

import numpy as np
from numba import njit

from pipeline.skymaps.recos.kernels import track_llh

MAX_STEPS = 60
MAX_HALVINGS = 25
TOLERANCE = 1e-5  # of −log L: what the next step would gain when it is not worth doing
ARMIJO = 1e-4  # share of the gain that the gradient promises which a step must bring
ONE_DOM = np.array([15.0, 15.0, 40.0])  # m, m, ns: what a single DOM knows of the track
LONGEST = np.array([200.0, 200.0, 600.0])  # m, m, ns: the longest step


@njit(cache=True)
def minimize(tables, frame, pz, track):
    """Move `track` to the minimum that lies downhill, and return its −log L.

    Parameters are those of `pipeline.skymaps.recos.kernels.track_llh`; `track` is changed.
    """
    gradient, trial, slope = np.empty(3), np.empty(3), np.empty(3)
    inverse = np.diag(ONE_DOM**2 / len(frame))
    fresh = True  # the Hessian is still (or again) only a guess
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
        track[:], gradient[:], value = trial, slope, trial_value
    return value


@njit(cache=True)
def _update(inverse, step, change):
    """Learn the inverse Hessian from one step, unless it went over a ridge."""
    curvature = _dot(step, change)
    if curvature < 1e-10:
        return False
    product = _times(inverse, change)
    scale = (1 + _dot(change, product) / curvature) / curvature
    for k in range(3):
        for m in range(3):
            inverse[k, m] += (
                scale * step[k] * step[m]
                - (product[k] * step[m] + step[k] * product[m]) / curvature
            )
    return True


@njit(cache=True)
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True)
def _times(matrix, vector):
    out = np.empty(3)
    for k in range(3):
        out[k] = _dot(matrix[k], vector)
    return out
