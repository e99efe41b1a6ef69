"""An example of a reconstruction in a package of its own: the line fit, as a skymap."""

import numpy as np

from pipeline.events.event import first_pulses
from pipeline.skymaps.recos.base import FIT_DTYPE, Likelihood, Reconstruction, point

WIDTH = np.radians(5.0)  # how wrong a line fit is, about


class LineFit(Reconstruction):
    """A Gaussian around the straight line r = r0 + v t through the first hits."""

    name = "linefit"
    variations = point()

    def load(self, event):
        """Fit the line; ValueError in one line if the event does not allow it."""
        hits = first_pulses(event)
        if len(hits) < 2:
            raise ValueError(f"event {event.event_id}: {len(hits)} DOMs, linefit needs 2")
        places = np.column_stack([hits["x"], hits["y"], hits["z"]])
        times = hits["time"] - hits["time"].mean()
        velocity = times @ (places - places.mean(axis=0))
        return LineFitLikelihood(places.mean(axis=0), hits["time"].mean(), velocity)


class LineFitLikelihood(Likelihood):
    """What `fit` needs of one event."""

    def __init__(self, middle, time, velocity):
        self.vertex = np.append(middle, time)
        self.direction = velocity / np.linalg.norm(velocity)

    def fit(self, directions, vertices):
        """Return −log L of each direction; nothing is left to fit from the vertices."""
        result = np.full(len(directions), np.nan, FIT_DTYPE)
        result["llh"] = 0.5 * ((directions - self.direction) ** 2).sum(axis=1) / WIDTH**2
        for name, value in zip(("x", "y", "z", "t"), self.vertex, strict=True):
            result[name] = value
        return result
