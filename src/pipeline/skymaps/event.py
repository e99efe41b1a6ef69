"""A neutrino event as the reconstructions see it: pulses with positions, and a seed."""

import re
from dataclasses import dataclass

import numpy as np

PULSE_DTYPE = np.dtype(
    [
        ("string", "i2"),
        ("om", "i2"),
        ("x", "f8"),
        ("y", "f8"),
        ("z", "f8"),
        ("time", "f8"),
        ("charge", "f8"),
        ("hlc", "?"),
    ]
)
"""One pulse: DOM, its position [m], leading edge [ns], charge [PE], hard local coincidence."""

FIRST_REAL_RUN, LAST_REAL_RUN = 100_000, 999_999
"""IceCube's numbers of runs of real data; simulation has others."""


@dataclass(frozen=True)
class Seed:
    """Where a scan starts: a vertex [m, ns] and, where known, whence the particle came [rad]."""

    x: float
    y: float
    z: float
    t: float
    zenith: float | None = None
    azimuth: float | None = None

    @property
    def vertex(self) -> np.ndarray:
        """The vertex, shape (4,): x, y, z [m], t [ns]."""
        return np.array([self.x, self.y, self.z, self.t])


@dataclass(frozen=True, eq=False)
class Event:
    """One event.

    Attributes
    ----------
    run_id, event_id : int
        IceCube's numbers.
    event_type : str
        What sent it, for example ``"HESE"``; it becomes part of file names.
    mjd : float
        Start of the event, UTC [d].
    is_real : bool
        Real data rather than simulation.
    pulses : numpy.ndarray
        Of dtype `PULSE_DTYPE`, ordered by string, om and time.
    seed : Seed
        Where the scan starts.

    Raises
    ------
    ValueError
        If there is no pulse, a number is not finite, the type is more than a word, or a real
        event's run lies outside the numbers of real runs.
    """

    run_id: int
    event_id: int
    event_type: str
    mjd: float
    is_real: bool
    pulses: np.ndarray
    seed: Seed

    def __post_init__(self) -> None:
        if self.pulses.dtype != PULSE_DTYPE:
            raise ValueError(f"pulses have the dtype {self.pulses.dtype}, not {PULSE_DTYPE}")
        if not len(self.pulses):
            raise ValueError(f"run {self.run_id} event {self.event_id}: no pulses")
        numbers = [self.pulses[name] for name in ("x", "y", "z", "time", "charge")]
        if not (np.isfinite(self.mjd) and np.isfinite(numbers).all()):
            raise ValueError("a pulse or the time of the event is not a finite number")
        if not re.fullmatch(r"[\w-]+", self.event_type, re.ASCII):
            raise ValueError(f"event type {self.event_type!r}: letters, digits, _ and - only")
        if self.is_real and not FIRST_REAL_RUN <= self.run_id <= LAST_REAL_RUN:
            raise ValueError(
                f"run {self.run_id}: a real event's lies in [{FIRST_REAL_RUN}, {LAST_REAL_RUN}]"
            )


def first_pulses(event: Event, hlc_only: bool = True) -> np.ndarray:
    """Reduce an event to one row a DOM: time of its first pulse and its total charge.

    Parameters
    ----------
    event : Event
        The event.
    hlc_only : bool
        Count only pulses with hard local coincidence; DOMs without any drop out.

    Returns
    -------
    numpy.ndarray
        Of dtype `PULSE_DTYPE`, ordered by string and om; `charge` sums the pulses counted.
    """
    return first_of_each_dom(event.pulses[event.pulses["hlc"]] if hlc_only else event.pulses)


def first_of_each_dom(pulses: np.ndarray) -> np.ndarray:
    """Return the first pulse of each DOM with the total charge of all its pulses.

    Parameters
    ----------
    pulses : numpy.ndarray
        Of dtype `PULSE_DTYPE`, in any order.
    """
    pulses = pulses[np.lexsort((pulses["time"], pulses["om"], pulses["string"]))]
    dom = pulses["string"].astype(np.int64) * 1000 + pulses["om"]
    _, first = np.unique(dom, return_index=True)
    rows = pulses[first]
    if len(rows):
        rows["charge"] = np.add.reduceat(pulses["charge"], first)
    return rows
