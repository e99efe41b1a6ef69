"""Objects that the survey finds in a night: their class, place and light curve."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.simulate.lsst.survey import FIELDS, RADIUS_DEG, SimulatedNight, Visits, utc_jd

MAX_OBJECTS = 1 << 32  # a night: what has room in an identifier

# Of the objects drawn; those too faint tonight make no alert.
FRACTIONS = {
    "sn_ia": 0.08,
    "sn_cc": 0.06,
    "variable": 0.32,
    "agn": 0.16,
    "asteroid": 0.26,
    "bogus": 0.12,
}


@dataclass(frozen=True)
class SkyObject:
    """One object with its truth; parameters are those of `difference_flux`."""

    index: int
    object_class: str
    kind: str
    field: int
    ra: float  # ICRS [deg]
    dec: float
    template_mag: float  # of what lies there always
    parameters: dict[str, float]


def draw_object(night: SimulatedNight, index: int) -> tuple[SkyObject, np.random.Generator]:
    """Draw object number `index`; what it is depends on nothing else.

    Returns
    -------
    SkyObject
        The object.
    numpy.random.Generator
        Where its random numbers go on: for what is measured of it.

    Raises
    ------
    ValueError
        If the night has no room for as many objects.
    """
    if index >= MAX_OBJECTS:
        raise ValueError(f"a night holds {MAX_OBJECTS} objects at most")
    rng = night.generator(2, index)
    field = int(rng.integers(FIELDS))
    away, angle = RADIUS_DEG * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
    dec = float(np.clip(night.field_dec[field] + away * np.sin(angle), -89.9, 89.9))
    ra = (night.field_ra[field] + away * np.cos(angle) / np.cos(np.radians(dec))) % 360
    object_class = str(rng.choice(list(FRACTIONS), p=list(FRACTIONS.values())))
    kind, parameters = _DRAW[object_class](rng, night.visits(field))
    template = float(parameters.get("mean_r", rng.uniform(17.0, 22.0)))
    return SkyObject(index, object_class, kind, field, float(ra), dec, template, parameters), rng


def _tonight(visits: Visits) -> float:
    return float(utc_jd(visits.mjd[visits.tonight]))


def _one_visit_of_tonight(rng: np.random.Generator, visits: Visits) -> float:
    return float(utc_jd(visits.mjd[rng.integers(visits.tonight, len(visits.mjd))]))


def _sn_ia(rng: np.random.Generator, visits: Visits) -> tuple[str, dict[str, float]]:
    redshift = 0.35 * rng.random() ** (1 / 3)
    stretch = float(rng.normal(1.0, 0.1)) * (1 + redshift)
    peak = 24.0 + 5 * np.log10(redshift) + rng.normal(0, 0.15)
    return "Ia", {
        "redshift": redshift,
        "peak_jd": _tonight(visits) - rng.uniform(-10, 30),
        "peak_g": peak,
        "peak_r": peak,
        "rise_days": 3.5 * stretch,
        "fall_g_days": 16 * stretch,
        "fall_r_days": 24 * stretch,
    }


def _sn_cc(rng: np.random.Generator, visits: Visits) -> tuple[str, dict[str, float]]:
    peak = rng.uniform(19.5, 22.5)
    return "II", {
        "peak_jd": _tonight(visits) - rng.uniform(-3, 60),
        "peak_g": peak + 0.15,
        "peak_r": peak,
        "rise_days": rng.uniform(1.5, 4),
        "fall_g_days": rng.uniform(35, 60),
        "fall_r_days": rng.uniform(80, 130),
    }


def _variable(rng: np.random.Generator, visits: Visits) -> tuple[str, dict[str, float]]:
    long = rng.random() < 0.75
    mean_g = rng.uniform(18.5, 22.8)
    amplitude_g = rng.uniform(0.5, 1.2) if long else rng.uniform(0.3, 0.6)
    return "RRab" if long else "RRc", {
        "mean_g": mean_g,
        "mean_r": mean_g - rng.normal(0.2, 0.05),
        "amplitude_g": amplitude_g,
        "amplitude_r": 0.7 * amplitude_g,
        "period_days": rng.uniform(0.45, 0.75) if long else rng.uniform(0.25, 0.4),
        "harmonics": 3.0 if long else 1.0,
        "epoch_jd": _tonight(visits) - rng.random(),
    }


def _agn(rng: np.random.Generator, visits: Visits) -> tuple[str, dict[str, float]]:
    mean_g = rng.uniform(18.5, 22.0)
    return "agn", {
        "mean_g": mean_g,
        "mean_r": mean_g - rng.normal(0.2, 0.1),
        "sigma_mag": rng.uniform(0.15, 0.45),
        "tau_days": rng.lognormal(np.log(150), 0.5),
        "epoch_jd": _tonight(visits) - 30,
        "mode_seed": float(rng.integers(2**31)),
    }


def _asteroid(rng: np.random.Generator, visits: Visits) -> tuple[str, dict[str, float]]:
    mean_r = 22.5 - rng.exponential(1.2)
    seen = _one_visit_of_tonight(rng, visits)
    return "asteroid", {"mean_g": mean_r + 0.55, "mean_r": mean_r, "seen_jd": seen}


def _bogus(rng: np.random.Generator, visits: Visits) -> tuple[str, dict[str, float]]:
    kind = str(rng.choice(["cosmic_ray", "dipole"]))
    return kind, {
        "artefact_mag": rng.uniform(17, 22.5),
        "recurrence": 0.0 if kind == "cosmic_ray" else 0.1 * rng.random(),
        "seen_jd": _one_visit_of_tonight(rng, visits),
    }


_DRAW: dict[str, Callable[[np.random.Generator, Visits], tuple[str, dict[str, float]]]] = {
    "sn_ia": _sn_ia,
    "sn_cc": _sn_cc,
    "variable": _variable,
    "agn": _agn,
    "asteroid": _asteroid,
    "bogus": _bogus,
}
