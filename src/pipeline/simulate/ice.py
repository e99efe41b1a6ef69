"""Ice: how far light goes at which depth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.events.optics import ABSORPTION, SCATTERING

ABSORPTION_RATIO = 3.4
"""Absorption over effective scattering length: dust causes both, so the ratio hardly varies."""

_DUST = ((-100.0, 0.140, 26.0), (405.0, 0.040, 45.0), (205.0, 0.014, 30.0), (95.0, 0.022, 22.0))
"""Layers of dust: height [m], scattering coefficient [1/m], width [m]. The thick one and the
ash above it are where IceCube finds them (2013, NIM A711, 73); the profile is our own."""


@dataclass(frozen=True, eq=False)
class Ice:
    """Scattering and absorption coefficients on a grid of heights.

    Attributes
    ----------
    z : numpy.ndarray
        Heights in the detector's frame [m], ascending.
    scattering, absorption : numpy.ndarray
        Inverse lengths there [1/m].
    """

    z: NDArray[np.float64]
    scattering: NDArray[np.float64]
    absorption: NDArray[np.float64]

    def between(self, low: ArrayLike, high: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return both coefficients, averaged over straight paths between two heights [1/m]."""
        low, high = np.minimum(low, high), np.maximum(low, high)
        high = np.maximum(high, low + 0.1)  # level light averages over 10 cm
        scattering, absorption = (
            (self._integral(values, high) - self._integral(values, low)) / (high - low)
            for values in (self.scattering, self.absorption)
        )
        return scattering, absorption

    def _integral(self, values: np.ndarray, z: np.ndarray) -> np.ndarray:
        steps = 0.5 * (values[1:] + values[:-1]) * np.diff(self.z)
        inside = np.interp(z, self.z, np.concatenate([[0.0], np.cumsum(steps)]))
        below, above = np.minimum(z - self.z[0], 0), np.maximum(z - self.z[-1], 0)
        return inside + below * values[0] + above * values[-1]


def uniform() -> Ice:
    """Return the ice that the Pandel fits assume, the same everywhere."""
    z = np.array([-1000.0, 1000.0])
    return Ice(z, np.full(2, 1 / SCATTERING), np.full(2, 1 / ABSORPTION))


def layered() -> Ice:
    """Return ice in layers: clear below, dustier above, with a thick layer of dust between.

    A smooth profile on the scale that was measured at the South Pole: scattering lengths
    from 6 m in the dust to 70 m near the bottom.
    """
    z = np.arange(-1000.0, 1000.5, 1.0)
    scattering = 0.025 + 0.011 * np.tanh((z + 130) / 180)
    for height, strength, width in _DUST:
        scattering = scattering + strength * np.exp(-0.5 * ((z - height) / width) ** 2)
    return Ice(z, scattering, scattering / ABSORPTION_RATIO)


MODELS = {"uniform": uniform, "layered": layered}
"""What ``--ice`` chooses from."""
