"""True light curves: the flux by which an object differs from the reference image.

Fluxes are in microjansky, where an AB magnitude is 23.9 - 2.5 log10(flux). Parameters
are those of the truth table, so that a row of it gives the light curve back.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

ZERO_POINT = 23.9  # AB magnitude of 1 microjansky
_MODES = 48  # random Fourier modes of an AGN
# Sawtooth of an RRab as three harmonics: it brightens within 26 % of the period. The
# half range makes `amplitude` that from minimum to maximum.
_RRAB = np.array([1.0, 0.5, 0.27])
_RRAB_HALF_RANGE = 1.40009


def flux(mag: ArrayLike) -> np.ndarray:
    """Return the flux [microjansky] of an AB magnitude."""
    return 10 ** (0.4 * (ZERO_POINT - np.asarray(mag)))


def magnitude(value: ArrayLike) -> np.ndarray:
    """Return the AB magnitude of the size of a flux [microjansky]."""
    return ZERO_POINT - 2.5 * np.log10(np.abs(value))


def difference_flux(
    object_class: str, parameters: Mapping[str, float], jd: np.ndarray, fid: np.ndarray
) -> np.ndarray:
    """Return what an ideal difference image would show of an object.

    Parameters
    ----------
    object_class : str
        ``sn_ia``, ``sn_cc``, ``variable``, ``agn``, ``asteroid`` or ``bogus``.
    parameters : mapping
        Those of the class, by the names of the truth table.
    jd : ndarray of float64
        Julian dates, shape (n,).
    fid : ndarray of int
        Filters, 1 = g, 2 = r, shape (n,).

    Returns
    -------
    ndarray of float64
        Microjansky, shape (n,); 0 for what is not on the sky at all (bogus).
    """
    jd, is_g = np.asarray(jd, float), np.asarray(fid) == 1
    return _CURVES[object_class](parameters, jd, is_g)


def _supernova(p: Mapping[str, float], jd: np.ndarray, is_g: np.ndarray) -> np.ndarray:
    """Rise and fall after Bazin et al. 2009 (A&A 499, 653), scaled to its peak."""
    rise = p["rise_days"]
    fall = np.where(is_g, p["fall_g_days"], p["fall_r_days"])
    to_peak = rise * np.log(fall / rise - 1)
    height = np.exp(-to_peak / fall) / (1 + np.exp(-to_peak / rise))
    since = np.clip(jd - p["peak_jd"] + to_peak, -20 * rise, None)
    shape = np.exp(-since / fall) / (1 + np.exp(-since / rise)) / height
    return flux(np.where(is_g, p["peak_g"], p["peak_r"])) * shape


def _variable(p: Mapping[str, float], jd: np.ndarray, is_g: np.ndarray) -> np.ndarray:
    """Pulsate: RRab where ``harmonics`` is 3, a sine (RRc) where it is 1."""
    order = np.arange(1, int(p["harmonics"]) + 1)
    turns = 2 * np.pi * (jd - p["epoch_jd"]) / p["period_days"]
    half_range = _RRAB_HALF_RANGE if len(order) == 3 else 1.0
    wave = -np.sin(turns[:, None] * order) @ _RRAB[: len(order)] / half_range
    mean = np.where(is_g, p["mean_g"], p["mean_r"])
    amplitude = np.where(is_g, p["amplitude_g"], p["amplitude_r"])
    return flux(mean + amplitude / 2 * wave) - flux(mean)


def _agn(p: Mapping[str, float], jd: np.ndarray, is_g: np.ndarray) -> np.ndarray:
    """Walk at random, damped, in magnitude: a sum of random Fourier modes.

    Its covariance sigma^2 exp(-|dt|/tau) (Kelly et al. 2009, ApJ 698, 895) has a Cauchy
    distribution as its power spectrum, from which frequencies are drawn (Rahimi & Recht
    2007): any epoch is found without those before it.
    """
    rng = np.random.default_rng(int(p["mode_seed"]))
    frequency = rng.standard_cauchy(_MODES) / (2 * np.pi * p["tau_days"])
    phase = rng.uniform(0, 2 * np.pi, _MODES)
    turns = 2 * np.pi * frequency * (jd - p["epoch_jd"])[:, None] + phase
    change = p["sigma_mag"] * np.sqrt(2 / _MODES) * np.cos(turns).sum(axis=1)
    mean = np.where(is_g, p["mean_g"], p["mean_r"])
    return flux(mean + np.where(is_g, 1.0, 0.8) * change) - flux(mean)


def _asteroid(p: Mapping[str, float], jd: np.ndarray, is_g: np.ndarray) -> np.ndarray:
    """One visit only: it has moved on by the next."""
    there = np.abs(jd - p["seen_jd"]) < 1e-6
    return np.where(there, flux(np.where(is_g, p["mean_g"], p["mean_r"])), 0.0)


def _nothing(p: Mapping[str, float], jd: np.ndarray, is_g: np.ndarray) -> np.ndarray:
    return np.zeros(len(jd))


_CURVES = {
    "sn_ia": _supernova,
    "sn_cc": _supernova,
    "variable": _variable,
    "agn": _agn,
    "asteroid": _asteroid,
    "bogus": _nothing,
}
CLASSES = tuple(_CURVES)
