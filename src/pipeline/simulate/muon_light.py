"""The light of a muon in a detector of optical modules: photons, noise, pulses, coincidences.

The physics that the Pandel fits assume (AMANDA, NIM A524 (2004) 169), photon by photon and
with ice that may change with depth; see docs/reconstructions.md for what is left out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.events.event import PULSE_DTYPE
from pipeline.events.optics import COS_C, GROUP_INDEX, SIN_C, TAU
from pipeline.simulate.ice import Ice
from pipeline.sky.constants import SPEED_OF_LIGHT_M_NS

ONE_METER = 11.0
"""Photo-electrons that a minimum-ionising muon would give a DOM one metre away: 2450 photons
a metre (after the photocathode's efficiency), on 0.086 m², seen from a third of all sides."""
CRITICAL_ENERGY = 720.0  # GeV, above which a muon's showers shine brighter than itself
NEAREST = 1.0  # m
PMT_JITTER = 5.0  # ns, of the photomultiplier and its electronics
MOST_PHOTONS = 5000  # a DOM saturates
RESOLVED = 10.0  # ns, photons within become one pulse
CHARGE_WIDTH, LEAST_CHARGE = 0.3, 0.25  # PE
NOISE_RATE = 650e-9  # 1/ns a DOM
WINDOW = (-4000.0, 6000.0)  # ns around the track, where noise is recorded
COINCIDENCE = 1000.0  # ns, with one of the two DOMs above or below


@dataclass(frozen=True, eq=False)
class Track:
    """A muon that crosses the detector.

    Attributes
    ----------
    vertex : numpy.ndarray
        A point on it, shape (3,) [m].
    time : float
        When it passes there [ns].
    direction : numpy.ndarray
        Unit vector of travel, shape (3,).
    energy : float
        In the detector [GeV].
    """

    vertex: NDArray[np.float64]
    time: float
    direction: NDArray[np.float64]
    energy: float


def simulate_pulses(
    track: Track, doms: NDArray[np.void], ice: Ice, rng: np.random.Generator
) -> NDArray[np.void]:
    """Return the pulses of an event.

    Parameters
    ----------
    track : Track
        The muon.
    doms : numpy.ndarray
        Fields string, om, x, y, z [m].
    ice : Ice
        The ice.
    rng : numpy.random.Generator
        Source of all randomness.

    Returns
    -------
    numpy.ndarray
        Of dtype `pipeline.events.event.PULSE_DTYPE`, ordered by string, om and time.
    """
    light_dom, light_time = _light(track, doms, ice, rng)
    noise_dom, noise_time = _noise(track, len(doms), rng)
    dom = np.concatenate([light_dom, noise_dom])
    time = np.concatenate([light_time, noise_time])
    dom, time, charge = _pulses(dom, time, rng)
    pulses = np.zeros(len(dom), PULSE_DTYPE)
    for name in ("string", "om", "x", "y", "z"):
        pulses[name] = doms[name][dom]
    pulses["time"], pulses["charge"] = np.round(time, 1), np.round(charge, 3)
    pulses["hlc"] = _coincident(pulses)
    return pulses[np.lexsort((pulses["time"], pulses["om"], pulses["string"]))]


def _light(
    track: Track, doms: NDArray[np.void], ice: Ice, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return DOM and time of every photon of the track that is detected."""
    offset = np.column_stack([doms["x"], doms["y"], doms["z"]]) - track.vertex
    along = offset @ track.direction
    d = np.linalg.norm(offset - along[:, None] * track.direction, axis=1).clip(NEAREST)
    emitted = track.vertex[2] + (along - d * COS_C / SIN_C) * track.direction[2]
    cos_eta = np.clip((doms["z"] - emitted) * SIN_C / d, -1, 1)
    scattering, absorption = ice.between(emitted, doms["z"])
    # DOMs look down: light that must turn around comes as if from farther away
    d_eff = 0.8395 * d + 3.094 - 3.946 * cos_eta + 4.636 * cos_eta**2
    shape = d_eff * scattering
    rate = 1 / TAU + SPEED_OF_LIGHT_M_NS / GROUP_INDEX * absorption
    expected = _expected(d_eff, scattering, absorption, track.energy)
    photons = np.minimum(rng.poisson(expected), MOST_PHOTONS)
    dom = np.repeat(np.arange(len(doms)), photons)
    late = rng.gamma(shape[dom]) / rate[dom] + rng.normal(0, PMT_JITTER, len(dom))
    direct = (along + d * (GROUP_INDEX / SIN_C - COS_C / SIN_C)) / SPEED_OF_LIGHT_M_NS
    return dom, track.time + direct[dom] + late


def _expected(
    d: np.ndarray, scattering: np.ndarray, absorption: np.ndarray, energy: float
) -> np.ndarray:
    """Return how many photo-electrons a DOM sees on average.

    Between a cylinder of light nearby, 1/d, and diffusion far away, exp(−d/λ_p) / √d, with
    the length λ_p = √(λ_a λ_s / 3) (the approximation in IceCube 2014, JINST 9, P03009).
    """
    propagation = 1 / np.sqrt(3 * scattering * absorption)
    root = np.sqrt(propagation)
    spread = root * np.sqrt(d) * np.tanh(np.sqrt(d) / root)
    return ONE_METER * (1 + energy / CRITICAL_ENERGY) * np.exp(-d / propagation) / spread


def _noise(track: Track, n_doms: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    count = rng.poisson(NOISE_RATE * (WINDOW[1] - WINDOW[0]) * n_doms)
    return rng.integers(n_doms, size=count), track.time + rng.uniform(*WINDOW, count)


def _pulses(
    dom: np.ndarray, time: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge photons that a DOM cannot resolve; each has a charge of about one."""
    order = np.lexsort((time, dom))
    dom, time = dom[order], time[order]
    charge = rng.normal(1, CHARGE_WIDTH, len(dom)).clip(LEAST_CHARGE)
    cell = np.floor(time / RESOLVED)
    first = np.flatnonzero(
        np.concatenate([[True], (np.diff(dom) != 0) | (np.diff(cell) != 0)])[: len(dom)]
    )
    if len(first) == 0:
        return dom, time, charge
    return dom[first], time[first], np.add.reduceat(charge, first)


def _coincident(pulses: NDArray[np.void]) -> NDArray[np.bool_]:
    """Hard local coincidence: a pulse in one of the four nearest DOMs of the string."""
    key = pulses["string"].astype(np.int64) * 1000 + pulses["om"]
    stride = 2 * (np.ptp(pulses["time"]) + COINCIDENCE) + 1 if len(pulses) else 1.0
    start = pulses["time"].min() if len(pulses) else 0.0
    place = key * stride + (pulses["time"] - start)  # DOMs lie one behind the other
    place.sort()
    mine = key * stride + (pulses["time"] - start)
    result = np.zeros(len(pulses), bool)
    for neighbour in (-2, -1, 1, 2):
        there = mine + neighbour * stride
        low = np.searchsorted(place, there - COINCIDENCE)
        result |= np.searchsorted(place, there + COINCIDENCE, side="right") > low
    return result
