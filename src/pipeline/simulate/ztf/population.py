"""Objects that the survey finds in a night: their class, place, parameters, surroundings."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.simulate.ztf import scene, sky
from pipeline.simulate.ztf.survey import Epochs, SimulatedNight

Parameters = dict[str, float]
Drawn = tuple[str, Parameters, float | None]  # kind, parameters, redshift of the host

# Of the objects drawn; those too faint tonight make no alert.
FRACTIONS = {
    "sn_ia": 0.09,
    "sn_cc": 0.08,
    "variable": 0.17,
    "agn": 0.12,
    "asteroid": 0.12,
    "bogus": 0.42,
}
# bogus kinds and how often each is found again at the same place
BOGUS = {"dipole": 0.3, "saturated": 0.5, "bad_column": 0.02, "cosmic_ray": 0.0, "ghost": 0.0}
# Columns of the truth table with their units; null where a class has no such parameter.
PARAMETERS = {
    "redshift": "",
    "peak_jd": "d",
    "peak_g": "mag",
    "peak_r": "mag",
    "rise_days": "d",
    "fall_g_days": "d",
    "fall_r_days": "d",
    "mean_g": "mag",
    "mean_r": "mag",
    "amplitude_g": "mag",
    "amplitude_r": "mag",
    "period_days": "d",
    "harmonics": "",
    "epoch_jd": "d",
    "sigma_mag": "mag",
    "tau_days": "d",
    "mode_seed": "",
    "seen_jd": "d",
    "artefact_mag": "mag",
    "recurrence": "",
}


@dataclass(frozen=True)
class SkyObject:
    """One object with its truth; `x`, `y` is its pixel in the readout channel."""

    index: int
    object_class: str
    kind: str
    field: int
    rcid: int
    tblid: int
    x: float
    y: float
    ra: float
    dec: float
    parameters: Parameters
    host: scene.Host | None
    sources: scene.Sources

    @property
    def host_name(self) -> str | None:
        """Name of the host in the catalogue of galaxies."""
        return None if self.host is None else galaxy_name(self.index, len(self.sources.x) - 1)


def galaxy_name(index: int, source: int) -> str:
    """Return the name of a galaxy around object `index`.

    >>> galaxy_name(12, 3)
    'SIM00000012G03'
    """
    return f"SIM{index:08d}G{source:02d}"


def draw_object(night: SimulatedNight, index: int) -> tuple[SkyObject, np.random.Generator]:
    """Draw object number `index`; what it is depends on nothing else.

    Returns
    -------
    SkyObject
        The object.
    numpy.random.Generator
        Where its random numbers go on: for what is measured of it.
    """
    rng = night.generator(0, index)
    field, rcid, tblid = night.slot(index)
    x, y = (rng.uniform(3, side - 4) for side in sky.CHIP)
    place = sky.pixel_to_sky(night.field_ra[field], night.field_dec[field], rcid, x, y)
    ra, dec = map(float, place)
    object_class = str(rng.choice(list(FRACTIONS), p=list(FRACTIONS.values())))
    kind, parameters, redshift = _DRAW[object_class](rng, night.epochs(field))
    host = None
    if redshift is not None:
        parameters["redshift"] = redshift
        host = scene.draw_host(rng, redshift, centred=object_class == "agn")
    sources = scene.draw_sources(
        rng, sky.galactic_latitude(ra, dec), host, _central_star(object_class, kind, parameters)
    )
    drawn = SkyObject(
        index, object_class, kind, field, rcid, tblid, x, y, ra, dec, parameters, host, sources
    )
    return drawn, rng


def _sn_ia(rng: np.random.Generator, epochs: Epochs) -> Drawn:
    """Type Ia: a standard candle, seen from before its peak to a month after."""
    redshift = max(0.1 * rng.random() ** (1 / 3), 0.008)
    peak = -19.2 + rng.normal(0, 0.2) + scene.distance_modulus(redshift)
    stretch = rng.normal(1.0, 0.1) * (1 + redshift)
    peak_jd = epochs.jd[epochs.tonight] - rng.uniform(-8, 30)
    return (
        "Ia",
        _bazin(peak_jd, (peak, peak), 3.5 * stretch, (16 * stretch, 24 * stretch)),
        redshift,
    )


def _sn_cc(rng: np.random.Generator, epochs: Epochs) -> Drawn:
    """Core collapse: fainter, nearer, with the plateau of a type II."""
    redshift = max(0.035 * rng.random() ** (1 / 3), 0.003)
    peak = -17.3 + rng.normal(0, 0.6) + scene.distance_modulus(redshift)
    peak_jd = epochs.jd[epochs.tonight] - rng.uniform(-4, 60)
    falls = rng.uniform(35, 60), rng.uniform(80, 130)
    return "II", _bazin(peak_jd, (peak + 0.15, peak), rng.uniform(1.5, 4), falls), redshift


def _bazin(
    peak_jd: float, peak: tuple[float, float], rise: float, fall: tuple[float, float]
) -> Parameters:
    return {
        "peak_jd": peak_jd,
        "peak_g": peak[0],
        "peak_r": peak[1],
        "rise_days": rise,
        "fall_g_days": fall[0],
        "fall_r_days": fall[1],
    }


def _variable(rng: np.random.Generator, epochs: Epochs) -> Drawn:
    """RR Lyrae: three in four of type ab."""
    kind = "RRab" if rng.random() < 0.75 else "RRc"
    long = kind == "RRab"
    mean_g = rng.uniform(14.5, 19.3)
    amplitude_g = rng.uniform(0.5, 1.2) if long else rng.uniform(0.3, 0.6)
    return (
        kind,
        {
            "mean_g": mean_g,
            "mean_r": mean_g - rng.normal(0.2, 0.05),
            "amplitude_g": amplitude_g,
            "amplitude_r": 0.7 * amplitude_g,
            "period_days": rng.uniform(0.45, 0.75) if long else rng.uniform(0.25, 0.4),
            "harmonics": 3.0 if long else 1.0,
            "epoch_jd": epochs.jd[0] + rng.random(),
        },
        None,
    )


def _agn(rng: np.random.Generator, epochs: Epochs) -> Drawn:
    mean_g = rng.uniform(16.5, 19.3)
    parameters = {
        "mean_g": mean_g,
        "mean_r": mean_g - rng.normal(0.2, 0.1),
        "sigma_mag": rng.uniform(0.15, 0.45),
        "tau_days": rng.lognormal(np.log(150), 0.5),
        "epoch_jd": epochs.jd[0],
        "mode_seed": float(rng.integers(2**31)),
    }
    return "agn", parameters, rng.uniform(0.04, 0.35)


def _asteroid(rng: np.random.Generator, epochs: Epochs) -> Drawn:
    mean_r = 20.3 - rng.exponential(1.3)
    visit = rng.integers(epochs.tonight, len(epochs.jd))
    parameters = {"mean_g": mean_r + 0.55, "mean_r": mean_r, "seen_jd": epochs.jd[visit]}
    return "asteroid", parameters, None


def _bogus(rng: np.random.Generator, epochs: Epochs) -> Drawn:
    kind = str(rng.choice(list(BOGUS), p=[0.34, 0.16, 0.16, 0.24, 0.1]))
    brightest = {"saturated": 14.5, "ghost": 18.0}.get(kind, 16.5)
    visit = rng.integers(epochs.tonight, len(epochs.jd))
    parameters = {
        "artefact_mag": rng.uniform(brightest, 20.0 if kind != "ghost" else 19.5),
        "recurrence": BOGUS[kind] * rng.random(),
        "seen_jd": epochs.jd[visit],
    }
    return kind, parameters, None


_DRAW: dict[str, Callable[[np.random.Generator, Epochs], Drawn]] = {
    "sn_ia": _sn_ia,
    "sn_cc": _sn_cc,
    "variable": _variable,
    "agn": _agn,
    "asteroid": _asteroid,
    "bogus": _bogus,
}


def _central_star(object_class: str, kind: str, parameters: Parameters) -> np.ndarray | None:
    """Return g, r, i, z of the star that the object is, or that its artefact comes from."""
    steps = np.array([0.0, 1.0, 1.1, 1.15])
    if object_class in ("variable", "agn"):
        return parameters["mean_g"] + steps * (parameters["mean_r"] - parameters["mean_g"])
    if kind == "dipole":  # a shift by half a pixel leaves about a fifth of the star's light
        return parameters["artefact_mag"] - 1.8 - 0.4 * steps
    if kind == "saturated":
        return np.maximum(parameters["artefact_mag"] - 4.5, 10.5) - 0.4 * steps
    return None
