"""`planewave`: a plane front that crosses the detector with the speed of light; crude and fast.

Straight from the positions and times of the first hits, without ice or Cherenkov angle:
t = t0 + r·p/c and an error far wider than the clocks', with tails for scattered light.
"""

import numpy as np

from pipeline.events.event import Event, first_pulses
from pipeline.sky.constants import SPEED_OF_LIGHT_M_NS
from pipeline.skymaps.recos.base import (
    FIT_DTYPE,
    Likelihood,
    Reconstruction,
    TooFewDomsError,
    point,
)

WIDTH = 150.0
"""Scale of the residuals [ns]: the light of a track reaches DOMs 20 to 60 m away, late by 100
to 300 ns, and that is what a plane front leaves out."""
TUNING = 1.345  # Huber's: 95 % of least squares' efficiency where the errors are Gaussian
ITERATIONS = 30
FEWEST_DOMS = 3
BATCH = 512  # directions at once, which bounds the memory


class PlaneWave(Reconstruction):
    """Huber's robust least squares of t − t0 − r·p/c over the DOMs with coincidence."""

    name = "planewave"
    variations = point()

    def load(self, event: Event) -> Likelihood:
        """Take the first hits of an event; ValueError if there are fewer than three."""
        hits = first_pulses(event)
        if len(hits) < FEWEST_DOMS:
            raise TooFewDomsError(
                f"run {event.run_id} event {event.event_id}: {len(hits)} DOMs with hard local "
                f"coincidence, {self.name} needs {FEWEST_DOMS}"
            )
        return PlaneWaveLikelihood(hits)


class PlaneWaveLikelihood(Likelihood):
    """The first hits of one event."""

    def __init__(self, hits: np.ndarray):
        self._positions = np.column_stack([hits["x"], hits["y"], hits["z"]])
        self._middle = self._positions.mean(axis=0)
        self._times = hits["time"]

    def fit(self, directions: np.ndarray, vertices: np.ndarray) -> np.ndarray:
        """Fit t0 of each direction; the vertices do not matter, the problem is convex.

        The vertex returned is the middle of the hits and when the front passes it.
        """
        result = np.full(len(directions), np.nan, FIT_DTYPE)
        for first in range(0, len(directions), BATCH):
            rows = slice(first, first + BATCH)
            result["llh"][rows], result["t"][rows] = self._fit(directions[rows])
        for axis, value in zip("xyz", self._middle, strict=True):
            result[axis] = value
        return result

    def _fit(self, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # einsum and not a matrix product: BLAS sums in an order that depends on the batch
        along = np.einsum("ni,di->nd", directions, self._positions - self._middle)
        residual = self._times - along / SPEED_OF_LIGHT_M_NS
        t0 = np.median(residual, axis=1)
        for _ in range(ITERATIONS):  # reweighted least squares
            distance = np.abs(residual - t0[:, None]) / WIDTH
            weight = TUNING / np.maximum(distance, TUNING)
            t0 = np.einsum("nd,nd->n", weight, residual) / weight.sum(axis=1)
        distance = np.abs(residual - t0[:, None]) / WIDTH
        linear = TUNING * (distance - 0.5 * TUNING)
        return np.where(distance < TUNING, 0.5 * distance**2, linear).sum(axis=1), t0
