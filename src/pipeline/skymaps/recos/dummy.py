"""Reconstructions without physics, for tests of everything around them."""

import hashlib
import time

import numpy as np

from pipeline.events.event import Event
from pipeline.skymaps.recos.base import FIT_DTYPE, Likelihood, Reconstruction, point

WIDTH = np.radians(1.2)
"""σ of the Gaussian around the seed [rad]: its 50 and 90 % areas are 6.27 and 20.83 deg²."""
ELSEWHERE = (np.radians(60.0), np.radians(45.0))
"""Zenith and azimuth of a seed without direction [rad]."""
TOLD_TO_FAIL = "crash_dummy was told to fail here"
"""A reason in results: words in the raise would not count (`pipeline.contract.provenance`)."""


class Dummy(Reconstruction):
    """A Gaussian on the sphere around the seed's direction: llh = (1 − cos ψ) / σ²."""

    name = "dummy"
    variations = point()

    def load(self, event: Event) -> Likelihood:
        """Take the seed of an event; its pulses are not looked at."""
        zenith, azimuth = event.seed.zenith, event.seed.azimuth
        if zenith is None or azimuth is None:
            zenith, azimuth = ELSEWHERE
        return DummyLikelihood(zenith, azimuth)


class DummyLikelihood(Likelihood):
    """A minimum of zero where the particle came from `zenith`, `azimuth` [rad]."""

    def __init__(self, zenith: float, azimuth: float):
        across = np.sin(zenith)
        came_from = np.cos(azimuth) * across, np.sin(azimuth) * across, np.cos(zenith)
        self._centre = -np.array(came_from)

    def fit(self, directions: np.ndarray, vertices: np.ndarray) -> np.ndarray:
        """Return the closed form, each pixel's first vertex and energies that show its cosine."""
        result = np.empty(len(directions), FIT_DTYPE)
        # |a − b|²/2 = 1 − cos ψ without its loss of digits
        away = 0.5 * ((np.asarray(directions) - self._centre) ** 2).sum(axis=1)
        result["llh"] = away / WIDTH**2
        for k, name in enumerate(("x", "y", "z", "t")):
            result[name] = vertices[:, 0, k]
        result["e_in"] = 1e5 * (2 - away)
        result["e_tot"] = 2 * result["e_in"]
        return result


class CrashDummy(Dummy):
    """A `Dummy` that raises, returns NaN or hangs on some pixels, always on the same ones.

    Parameters
    ----------
    raising, nan, hanging : float
        Shares of the pixels.
    hang_s : float
        How long a hanging fit sleeps [s].
    seed : int
        Another seed, other pixels.
    """

    name = "crash_dummy"

    def __init__(
        self,
        raising: float = 0.05,
        nan: float = 0.05,
        hanging: float = 0.0,
        hang_s: float = 3600.0,
        seed: int = 1,
    ):
        self._shares = np.cumsum([raising, nan, hanging])
        self._hang_s, self._seed = hang_s, seed

    def load(self, event: Event) -> Likelihood:
        """Load as `Dummy` does."""
        return CrashDummyLikelihood(super().load(event), self._shares, self._hang_s, self._seed)


class CrashDummyLikelihood(Likelihood):
    """Wraps another likelihood and fails in its place."""

    def __init__(self, inner: Likelihood, shares: np.ndarray, hang_s: float, seed: int):
        self._inner, self._shares = inner, shares
        self._hang_s, self._seed = hang_s, seed

    def fit(self, directions: np.ndarray, vertices: np.ndarray) -> np.ndarray:
        """Fit, but fail on chosen pixels.

        Raises
        ------
        RuntimeError
            If one of the directions is chosen to raise.
        """
        fate = np.array([self._draw(direction) for direction in directions])
        raising, nan, hanging = self._shares
        if np.any(fate < raising):
            raise RuntimeError(TOLD_TO_FAIL)
        if np.any((fate >= nan) & (fate < hanging)):
            time.sleep(self._hang_s)
        result = self._inner.fit(directions, vertices)
        result["llh"][(fate >= raising) & (fate < nan)] = np.nan
        return result

    def _draw(self, direction: np.ndarray) -> float:
        """Return a uniform number in [0, 1) that depends on the direction and the seed alone."""
        text = f"{self._seed} {direction[0]:.9f} {direction[1]:.9f} {direction[2]:.9f}"
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64
