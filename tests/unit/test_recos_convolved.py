"""The exact convolved Pandel function against direct numerical convolution."""

import itertools

import numpy as np
import pytest
from scipy import integrate, special, stats

from pipeline.events.optics import SCATTERING
from pipeline.skymaps.recos import convolved
from pipeline.skymaps.recos.convolved import JITTER, RATE, log_pdf, log_sf

CASES = [(d, t) for d in (2.3, 20.0, 33.29, 80.0, 300.0, 620.0) for t in (-60.0, 0.0, 55.0, 700.0)]


@pytest.mark.parametrize(("d_eff", "t"), CASES)
def test_pdf_is_the_gamma_distribution_convolved_with_the_jitter(d_eff, t):
    xi = d_eff / SCATTERING

    def integrand(v):  # s = v^(1/ξ) takes the singularity at s = 0 away
        s = v ** (1 / xi)
        return RATE**xi * np.exp(-RATE * s) * stats.norm.pdf(t - s, scale=JITTER)

    nodes = np.linspace(max(t - 8 * JITTER, 0), max(t, 0) + 8 * JITTER, 60) ** xi
    parts = [
        integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-11)[0]
        for a, b in itertools.pairwise(nodes)
    ]

    assert np.exp(log_pdf(d_eff, t)) == pytest.approx(sum(parts) / special.gamma(xi + 1), rel=1e-8)


@pytest.mark.parametrize("zeta", [convolved._ASYMPTOTIC_BELOW, 0.0])
def test_the_ranges_of_zeta_meet(zeta):
    d_eff = np.geomspace(2.25, 700, 50)
    t = (RATE * JITTER - zeta) * JITTER
    below, above = log_pdf(d_eff, t + 1e-9), log_pdf(d_eff, t - 1e-9)
    np.testing.assert_allclose(below, above, atol=1e-9)


def test_without_scattering_it_is_the_gaussian():
    t = np.array([-40.0, 0.0, 10.0])
    expected = stats.norm.logpdf(t, scale=JITTER)
    np.testing.assert_allclose(log_pdf(0.0, t), expected, rtol=1e-14)
    np.testing.assert_allclose(log_pdf(-3.0, t), expected, rtol=1e-14)


@pytest.mark.parametrize("d_eff", [2.25, 15.0, 90.0, 400.0])
def test_survival_is_the_integral_of_the_pdf(d_eff):
    t = np.linspace(-100, 2500, 20001)
    sf = np.exp(log_sf(d_eff, t))
    mass = integrate.cumulative_simpson(np.exp(log_pdf(d_eff, t)), x=t, initial=0)
    np.testing.assert_allclose(1 - sf, mass, atol=2e-8)
    assert np.all(np.diff(sf) <= 1e-14)
