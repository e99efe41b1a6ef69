"""Neutrino events with known truth: tracks of muons in an IC86-like detector, as files."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.events.event import Event, Seed, first_pulses
from pipeline.events.files import write_event
from pipeline.io.atomic import atomic_path
from pipeline.io.progress import progress
from pipeline.simulate.ice import MODELS, Ice
from pipeline.simulate.muon_light import Track, simulate_pulses

RUN_ID = 1
"""Far from the six digits of real runs."""
MJD = 60000.0
"""Of the first event [d, UTC]; the others follow an hour apart, so the sky turns above them."""
ENERGIES = (1e3, 2e4)  # GeV, uniform in the logarithm
RADIUS = 500.0  # m, how far from the middle of the detector tracks pass
START = 10_000.0  # ns, when the track is nearest to the middle
FEWEST_DOMS = 20  # with hard local coincidence, or the track is drawn again
SEED_ERRORS = (10.0, 30.0, np.radians(1.0))  # m, ns, rad: those of an online reconstruction

TRUTH_COLUMNS = ("zenith", "azimuth", "energy", "x", "y", "z", "t")


@dataclass(frozen=True, eq=False)
class SimulatedEvent:
    """One event and what it was made from.

    Attributes
    ----------
    event : Event
        What a detector would tell of it.
    truth : dict
        zenith, azimuth [rad], x, y, z [m], t [ns], energy [GeV].
    """

    event: Event
    truth: dict[str, float]


def simulate_event(number: int, seed: int, doms: NDArray[np.void], ice: Ice) -> SimulatedEvent:
    """Simulate one event.

    Parameters
    ----------
    number : int
        Which one, from 0; it depends on this number and the seed, not on the others.
    seed : int
        Of the random numbers.
    doms : numpy.ndarray
        The detector: fields string, om, x, y, z [m].
    ice : Ice
        What it is in.
    """
    rng = np.random.default_rng([seed, number])
    middle = np.array([np.mean([doms[axis].min(), doms[axis].max()]) for axis in "xyz"])
    while True:
        track = _draw(middle, rng)
        pulses = simulate_pulses(track, doms, ice, rng)
        hit = pulses[pulses["hlc"]]
        if len(np.unique(hit[["string", "om"]])) >= FEWEST_DOMS:
            break
    zenith, azimuth = _came_from(track.direction)
    truth = _state(zenith, azimuth, track.vertex, track.time) | {"energy": track.energy}
    event = Event(RUN_ID, number, "track", MJD + number / 24, False, pulses, _guess(track, rng))
    return SimulatedEvent(event, truth)


def write_events(
    number: int, seed: int, output: str | Path, ice: str, doms: NDArray[np.void]
) -> list[Path]:
    """Simulate events and write each as ``event_<number>.json``, and all truths as a table.

    Parameters
    ----------
    number : int
        How many.
    seed : int
        Of the random numbers.
    output : str or Path
        Folder; ``truth.csv`` in it has one row an event.
    ice : str
        ``"uniform"`` or ``"layered"``.
    doms : numpy.ndarray
        The detector: fields string, om, x, y, z [m].

    Returns
    -------
    list of Path
        The event files.

    Raises
    ------
    ValueError
        If there is no such ice, or the number or the seed is negative.
    """
    if ice not in MODELS:
        raise ValueError(f"ice {ice!r}: expected one of {', '.join(MODELS)}")
    if number < 1 or seed < 0:
        raise ValueError(f"{number} events with the seed {seed}: expected positive numbers")
    model, output = MODELS[ice](), Path(output)
    paths, rows = [], []
    with progress("simulating events", number) as advance:
        for i in range(number):
            made = simulate_event(i, seed, doms, model)
            paths.append(output / f"event_{i:06d}.json")
            write_event(made.event, paths[-1], made.truth)
            truth = [made.truth[name] for name in TRUTH_COLUMNS]
            rows.append([paths[-1].name, i, *truth, len(first_pulses(made.event))])
            advance(1)
    with atomic_path(output / "truth.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "event_id", *TRUTH_COLUMNS, "hlc_doms"])
        writer.writerows(rows)
    return paths


def _draw(middle: NDArray[np.float64], rng: np.random.Generator) -> Track:
    """Draw a track: isotropic, and through a disk across it around the middle."""
    cos, phi = rng.uniform(-1, 1), rng.uniform(0, 2 * np.pi)
    sin = np.sqrt(1 - cos**2)
    direction = np.array([sin * np.cos(phi), sin * np.sin(phi), cos])
    radius, turn = RADIUS * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
    vertex = middle + _across(direction) @ (radius * np.array([np.cos(turn), np.sin(turn)]))
    energy = np.exp(rng.uniform(*np.log(ENERGIES)))
    return Track(vertex, START, direction, float(energy))


def _guess(track: Track, rng: np.random.Generator) -> Seed:
    """Return what an online reconstruction might say of a track."""
    space, clock, angle = SEED_ERRORS
    direction = _across(track.direction) @ rng.normal(0, angle, 2) + track.direction
    zenith, azimuth = _came_from(direction / np.linalg.norm(direction))
    x, y, z = map(float, track.vertex + rng.normal(0, space, 3))
    return Seed(x, y, z, float(track.time + rng.normal(0, clock)), zenith, azimuth)


def _across(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two unit vectors across a direction, as columns, shape (3, 2)."""
    axis = np.eye(3)[np.argmin(np.abs(direction))]
    first = np.cross(direction, axis)
    first /= np.linalg.norm(first)
    return np.column_stack([first, np.cross(direction, first)])


def _came_from(direction: NDArray[np.float64]) -> tuple[float, float]:
    """Return zenith and azimuth [rad] of where a particle came from, given where it goes."""
    x, y, z = -direction
    return float(np.arccos(np.clip(z, -1, 1))), float(np.arctan2(y, x) % (2 * np.pi))


def _state(
    zenith: float, azimuth: float, vertex: NDArray[np.float64], time: float
) -> dict[str, float]:
    x, y, z = map(float, vertex)
    return {"zenith": zenith, "azimuth": azimuth, "x": x, "y": y, "z": z, "t": float(time)}
