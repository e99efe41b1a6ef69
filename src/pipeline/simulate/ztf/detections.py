"""What the survey measures of an object at each visit, from its truth."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulate.ztf.lightcurves import difference_flux, flux, magnitude
from pipeline.simulate.ztf.population import SkyObject
from pipeline.simulate.ztf.survey import Epochs, SimulatedNight

THRESHOLD = 5.0  # sigma
FLOOR = 0.03  # relative error of bright sources: calibration and PSF


@dataclass(frozen=True)
class Measurements:
    """Difference fluxes at each visit of the field, shape (n,) each [microjansky]."""

    true_flux: np.ndarray  # NaN where an artefact is seen
    flux: np.ndarray
    error: np.ndarray
    detected: np.ndarray  # bool

    @property
    def snr(self) -> np.ndarray:
        """Signal-to-noise ratio, negative where fainter than the reference."""
        return self.flux / self.error

    @property
    def mag(self) -> np.ndarray:
        """Magnitude of the size of the difference."""
        return magnitude(self.flux)

    @property
    def mag_error(self) -> np.ndarray:
        """Uncertainty of `mag`: 2.5 / ln 10 times the relative error."""
        return 1.0857 / np.abs(self.snr)


@dataclass(frozen=True)
class Observed:
    """An object, the visits of its field, and what was measured there."""

    night: SimulatedNight
    sky_object: SkyObject
    epochs: Epochs
    measured: Measurements


def measure(sky_object: SkyObject, epochs: Epochs, rng: np.random.Generator) -> Measurements:
    """Measure an object at all visits of its field, with noise of the images' depth."""
    true = difference_flux(sky_object.object_class, sky_object.parameters, epochs.jd, epochs.fid)
    signal = true
    if sky_object.object_class == "bogus":
        signal = _artefacts(sky_object, epochs, rng)
        true = np.where(signal != 0, np.nan, true)
    error = np.hypot(flux(epochs.limit) / 5, FLOOR * signal)
    measured = signal + error * rng.standard_normal(len(signal))
    return Measurements(true, measured, error, np.abs(measured) > THRESHOLD * error)


def _artefacts(sky_object: SkyObject, epochs: Epochs, rng: np.random.Generator) -> np.ndarray:
    """Return the spurious flux: at the visit where it was seen, and by chance at others."""
    p = sky_object.parameters
    n = len(epochs.jd)
    there = (rng.random(n) < p["recurrence"]) | (np.abs(epochs.jd - p["seen_jd"]) < 1e-6)
    size = flux(p["artefact_mag"]) * np.where(
        np.abs(epochs.jd - p["seen_jd"]) < 1e-6, 1.0, rng.lognormal(0, 0.3, n)
    )
    two_sided = sky_object.kind in ("dipole", "saturated")
    sign = np.where(rng.random(n) < 0.5, -1, 1) if two_sided else 1
    return np.where(there, sign * size, 0.0)
