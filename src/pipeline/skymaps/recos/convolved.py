"""The convolved Pandel function, exact: arrival times of the light of a muon in ice.

A photon that is emitted under the Cherenkov angle and seen at the distance d arrives late
by t, scattered and absorbed on its way: a gamma distribution of the shape ξ = d_eff / λ and
the rate ρ = 1/τ + c/(n_g λ_a) (AMANDA, NIM A524 (2004) 169, astro-ph/0407044). Convolved
with the jitter of the electronics, a Gaussian of width σ (van Eijndhoven, Fadiran &
Japaridze 2007, astro-ph/0704.1706, and Japaridze & Ribordy 2005, astro-ph/0506136), it is

    P(t) = ρ^ξ σ^(ξ−1) / √(2π) · exp(−t²/2σ²) · G(ξ, ζ),     ζ = ρσ − t/σ
    G(ξ, ζ) = 1/Γ(ξ) ∫ s^(ξ−1) exp(−s²/2 − ζs) ds = exp(ζ²/4) D_−ξ(ζ),

D being the parabolic cylinder function. The textbook's difference of two 1F1 loses all its
digits for ζ > 3 and overflows for ζ < −37, so each range of ζ has its own sum here, of
positive terms only. Too slow for a fit (some µs each): the fits read a table of it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from pipeline.events.optics import ABSORPTION, GROUP_INDEX, SCATTERING, TAU
from pipeline.sky.constants import SPEED_OF_LIGHT_M_NS

JITTER = 15.0
"""σ [ns]."""
RATE = 1 / TAU + SPEED_OF_LIGHT_M_NS / GROUP_INDEX / ABSORPTION
"""ρ [1/ns], 0.0040517."""

_ASYMPTOTIC_BELOW = -25.0  # ζ, from where 12 terms of the asymptotic series reach 1e-13
_LOG_NODES = np.arange(-36.0, 4.0, 0.1)  # log s: the trapezoidal error is < 1e-13 for ξ < 30
_HERMITE = np.polynomial.hermite_e.hermegauss(24)


def log_pdf(d_eff: ArrayLike, t: ArrayLike) -> NDArray[np.float64]:
    """Return log P of a photon's delay.

    Parameters
    ----------
    d_eff : array_like
        Effective distance [m]; where it is not positive, P is the Gaussian alone.
    t : array_like
        Delay to the unscattered photon [ns]; broadcasts with `d_eff`.

    Returns
    -------
    ndarray of float64
        log(P ns), to a relative 1e-12 of P where d_eff < 1000 m.
    """
    d_eff, t = np.broadcast_arrays(np.asarray(d_eff, float), np.asarray(t, float))
    gauss = -0.5 * (t / JITTER) ** 2 - np.log(JITTER * np.sqrt(2 * np.pi))
    xi = np.where(d_eff > 0, d_eff, SCATTERING) / SCATTERING
    scattered = gauss + xi * np.log(RATE * JITTER) + _log_g(xi, RATE * JITTER - t / JITTER)
    return np.where(d_eff > 0, scattered, gauss)


def log_sf(d_eff: ArrayLike, t: ArrayLike) -> NDArray[np.float64]:
    """Return the log of the probability of a longer delay than `t`.

    Early, the distribution function is (1/ρ) Σ_k P_{ξ+k}(t) for k ≥ 1, because
    dP_{ξ+1}/dt = ρ (P_ξ − P_{ξ+1}); six σ after the first light the Gaussian no longer
    reaches the singularity at zero and the gamma distribution's is averaged over it.

    Parameters
    ----------
    d_eff : array_like
        Effective distance [m], positive.
    t : array_like
        Delay [ns]; broadcasts with `d_eff`.
    """
    d_eff, t = np.broadcast_arrays(np.asarray(d_eff, float), np.asarray(t, float))
    result = np.empty(t.shape)
    late = t > 6 * JITTER
    result[~late] = _early_log_sf(d_eff[~late], t[~late])
    nodes, weights = _HERMITE
    xi, delay = d_eff[late] / SCATTERING, t[late]
    tails = special.gammaincc(xi[:, None], RATE * np.maximum(delay[:, None] - JITTER * nodes, 0))
    with np.errstate(divide="ignore"):
        result[late] = np.log(tails @ weights / weights.sum())
    return result


def _early_log_sf(d_eff: np.ndarray, t: np.ndarray) -> np.ndarray:
    below = np.zeros(t.shape)
    for k in range(1, 61):
        term = np.exp(log_pdf(d_eff + k * SCATTERING, t)) / RATE
        below += term
        if np.all(term <= 1e-17 * below):
            break
    return np.log1p(-below)


def _log_g(xi: np.ndarray, zeta: np.ndarray) -> np.ndarray:
    """Return log G(ξ, ζ); the three ranges of ζ agree to 1e-12 where they meet."""
    result = np.empty(zeta.shape)
    late, early = zeta < _ASYMPTOTIC_BELOW, zeta > 0
    middle = ~(late | early)
    result[late] = _log_g_asymptotic(xi[late], zeta[late])
    result[middle] = _log_g_series(xi[middle], zeta[middle])
    result[early] = _log_g_integral(xi[early], zeta[early])
    return result


def _log_g_asymptotic(xi: np.ndarray, zeta: np.ndarray) -> np.ndarray:
    """Late photons: Abramowitz & Stegun 19.8.2, whose leading term is the unconvolved Pandel."""
    term = np.ones_like(zeta)
    total = np.ones_like(zeta)
    for k in range(1, 13):
        term = term * (xi - 2 * k + 1) * (xi - 2 * k) / (2 * k * zeta**2)
        total += term
    leading = 0.5 * zeta**2 + (xi - 1) * np.log(-zeta) - special.gammaln(xi)
    return leading + 0.5 * np.log(2 * np.pi) + np.log(total)


def _log_g_series(xi: np.ndarray, zeta: np.ndarray) -> np.ndarray:
    """Return A&S 19.3.1 with 19.2.5 and 19.2.6: the two 1F1, both terms positive for ζ ≤ 0."""
    x = 0.5 * zeta**2
    even = special.hyp1f1(0.5 * xi, 0.5, x) / special.gamma(0.5 * (xi + 1))
    odd = -np.sqrt(2) * zeta * special.hyp1f1(0.5 * (xi + 1), 1.5, x) / special.gamma(0.5 * xi)
    return np.log(even + odd) + 0.5 * np.log(np.pi) - 0.5 * xi * np.log(2)


def _log_g_integral(xi: np.ndarray, zeta: np.ndarray) -> np.ndarray:
    """Early photons: the integral itself, in log s.

    The recurrence G(ξ) = ζ G(ξ+1) + (ξ+1) G(ξ+2) (A&S 19.6.4) starts it at ξ ≥ 1, where the
    integrand falls fast enough towards s = 0.
    """
    s = np.exp(_LOG_NODES)
    step = _LOG_NODES[1] - _LOG_NODES[0]
    result = np.empty(zeta.shape)
    for first in range(0, len(zeta), 4096):  # bounds the memory of points × nodes
        a, b = xi[first : first + 4096], zeta[first : first + 4096]
        shape = (a + 1)[:, None] * _LOG_NODES - 0.5 * s**2 - b[:, None] * s
        weight = np.exp(shape - special.gammaln(a + 1)[:, None])
        # Γ(ξ+2) = (ξ+1) Γ(ξ+1) cancels the factor (ξ+1) of the recurrence
        result[first : first + 4096] = np.log(step * (weight @ s + b * weight.sum(axis=1)))
    return result
