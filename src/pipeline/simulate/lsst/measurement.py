"""What the survey measures of an object at each visit, from its truth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.simulate.lsst.population import SkyObject
from pipeline.simulate.lsst.survey import BANDS, Visits, utc_jd
from pipeline.simulate.ztf.lightcurves import difference_flux, flux

THRESHOLD = 5.0  # sigma
FLOOR = 0.02  # relative error of bright sources: calibration and PSF
NJY = 1e3  # a microjansky
PROCESSED_DAYS = 0.0016  # from the exposure to the measurement
DETECTORS = 189

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Fluxes:
    """Difference fluxes at each visit of the field, shape (n,) each [nJy]."""

    true: NDArray[np.float64]  # NaN where an artefact is seen
    measured: NDArray[np.float64]
    error: NDArray[np.float64]
    detector: NDArray[np.int64]

    @property
    def detected(self) -> NDArray[np.bool_]:
        """Where it was found, brighter or fainter than on the template."""
        return np.abs(self.measured) > THRESHOLD * self.error


def measure(sky_object: SkyObject, visits: Visits, rng: np.random.Generator) -> Fluxes:
    """Measure an object at all visits of its field, with noise of the images' depth.

    Light curves are those of ZTF's simulation, known in g and r: u is taken as g, and i, z
    and y as r.
    """
    parameters, jd = sky_object.parameters, utc_jd(visits.mjd)
    fid = np.where(visits.band <= 1, 1, 2)
    n = len(jd)
    if sky_object.object_class == "bogus":
        there = (np.abs(jd - parameters["seen_jd"]) < 1e-6) | (
            rng.random(n) < parameters["recurrence"]
        )
        signal = np.where(there, NJY * flux(np.array(parameters["artefact_mag"])), 0.0)
        true = np.where(there, np.nan, 0.0)
    else:
        signal = true = NJY * difference_flux(sky_object.object_class, parameters, jd, fid)
    error = np.hypot(visits.error, FLOOR * signal)
    measured = signal + error * rng.standard_normal(n)
    return Fluxes(true, measured, error, rng.integers(0, DETECTORS, n))


def source_columns(
    sky_object: SkyObject,
    visits: Visits,
    fluxes: Fluxes,
    ids: NDArray[np.int64],
    rng: np.random.Generator,
) -> Columns:
    """Return the fields of ``diaSource`` that vary, one row a visit with a detection.

    Units are those of the survey's table of columns.
    """
    at = np.flatnonzero(fluxes.detected)
    n, value, error = len(at), fluxes.measured[at], fluxes.error[at]
    snr = np.abs(value / error)
    noise = rng.standard_normal((12, n))
    uniform = rng.random((4, n))
    seeing = visits.seeing[at]
    spread = np.sqrt(seeing) / snr  # arcsec: of the centroid
    degrees = spread / 3600
    template = NJY * flux(np.full(n, sky_object.template_mag))
    ra = sky_object.ra + degrees * noise[0] / np.cos(np.radians(sky_object.dec))
    dec = sky_object.dec + degrees * noise[1]
    bogus = sky_object.object_class == "bogus"
    return {
        **_visit_columns(visits, fluxes, at),
        "diaSourceId": ids[at],
        "ra": ra % 360,
        "raErr": degrees,
        "dec": dec,
        "decErr": degrees,
        "ra_dec_Cov": 0.1 * degrees**2 * noise[2],
        "x": 20 + 4030 * uniform[0],
        "xErr": spread / 0.2,
        "y": 20 + 3960 * uniform[1],
        "yErr": spread / 0.2,
        "apFlux": value + 1.5 * error * noise[3],
        "apFluxErr": 1.6 * error,
        "isNegative": value < 0,
        "snr": snr,
        "psfFlux": value,
        "psfFluxErr": error,
        "psfChi2": 1730 + 60 * np.abs(noise[4]) + 0.02 * snr**2,
        "trailFlux": value * (1.05 + 0.05 * noise[5]),
        "trailFluxErr": 0.02 * error,
        "trailRa": (ra + 5e-6 * noise[6]) % 360,
        "trailDec": dec + 5e-6 * noise[7],
        "trailLength": 0.7 + 1.4 * uniform[2],
        "trailAngle": 360 * uniform[3] - 180,
        "scienceFlux": template + value,
        "scienceFluxErr": 1.02 * error,
        "templateFlux": template + 15 * noise[8],
        "templateFluxErr": 15 * np.exp(0.5 * noise[8]),
        "ixx": seeing * (1 + 0.1 * noise[9]),
        "iyy": seeing * (1 + 0.1 * noise[10]),
        "ixy": 0.2 * seeing * noise[11],
        "ixxPSF": seeing,
        "iyyPSF": 1.02 * seeing,
        "ixyPSF": -0.2 * seeing * uniform[2],
        "extendedness": uniform[0] ** 2,
        "reliability": 0.5 * uniform[1] if bogus else 1 - 0.5 * uniform[1] ** 3,
        "timeProcessedMjdTai": visits.mjd[at] + PROCESSED_DAYS,
        "bboxSize": 16 + (35 * uniform[3]).astype(np.int64),
    }


def forced_columns(
    sky_object: SkyObject, visits: Visits, fluxes: Fluxes, at: NDArray[np.int64], ids: NDArray[Any]
) -> Columns:
    """Return the fields of ``diaForcedSource``, one row for each of the visits `at`."""
    value, error = fluxes.measured[at], fluxes.error[at]
    template = NJY * flux(np.full(len(at), sky_object.template_mag))
    return {
        **_visit_columns(visits, fluxes, at),
        "diaForcedSourceId": ids[at],
        "psfFlux": value,
        "psfFluxErr": error,
        "scienceFlux": template + value,
        "scienceFluxErr": 0.97 * error,
        "timeProcessedMjdTai": visits.mjd[at] + PROCESSED_DAYS,
    }


def _visit_columns(visits: Visits, fluxes: Fluxes, at: NDArray[np.int64]) -> Columns:
    return {
        "visit": visits.number[at],
        "detector": fluxes.detector[at],
        "midpointMjdTai": visits.mjd[at],
        "band": BANDS[visits.band[at]],
    }
