"""A neutrino event as the reconstructions see it: pulses with positions, and a seed."""

import re
from dataclasses import dataclass, field

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

LARGEST_ID = 2**32 - 1
"""Runs and events are counted in 32 bits (`I3EventHeader`)."""

LARGEST_TYPE = 64
"""Letters of an event's type, which becomes part of file names, and of a fit's name."""

FIRST_MJD, LAST_MJD = 41684.0, 88069.0
"""When the sky is known [d, UTC]: from 1973-01-02, where the IERS table of the Earth's rotation
begins, to before 2100-01-01, where the series for the Earth's place (ERFA's ``epv00``) ends.
Past the table's end, a year from now, UT1 counts as UTC: less than 0.9 s, 14 arcseconds."""

ANGLES = {"zenith": (0.0, np.pi), "azimuth": (-2 * np.pi, 2 * np.pi)}
"""Where angles lie [rad]; those in degrees mostly do not."""


@dataclass(frozen=True)
class Seed:
    """Where a scan starts: a vertex [m, ns] and, where known, whence the particle came [rad].

    `fit` names the reconstruction that it is of, where it is one.

    Raises
    ------
    ValueError
        If a number is not finite, an angle lies outside `ANGLES`, or one of both is missing.
    """

    x: float
    y: float
    z: float
    t: float
    zenith: float | None = None
    azimuth: float | None = None
    fit: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not np.isfinite(self.vertex).all():
            raise ValueError(f"seed: the vertex {self.vertex.tolist()} is not of finite numbers")
        if (self.zenith is None) != (self.azimuth is None):
            raise ValueError("seed: zenith and azimuth go together, one is missing")
        for name, (least, most) in ANGLES.items():
            angle = getattr(self, name)
            if angle is not None and not least <= angle <= most:
                raise ValueError(f"seed.{name}: {angle} is not in [{least:.4g}, {most:.4g}] rad")

    @property
    def vertex(self) -> np.ndarray:
        """The vertex, shape (4,): x, y, z [m], t [ns]."""
        return np.array([self.x, self.y, self.z, self.t], float)


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
        If there is no pulse, a number is not finite, the time lies outside `FIRST_MJD` and
        `LAST_MJD`, a number of run or event needs more than 32 bits, the type is more than a
        word, or a real event's run lies outside the numbers of real runs.
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
        for name in ("x", "y", "z", "time", "charge"):
            if len(bad := np.flatnonzero(~np.isfinite(self.pulses[name]))):
                raise ValueError(f"pulse {bad[0]}: {name} is not a finite number")
        if not FIRST_MJD <= self.mjd < LAST_MJD:
            raise ValueError(f"mjd {self.mjd}: expected [{FIRST_MJD:.0f}, {LAST_MJD:.0f})")
        for name in ("run_id", "event_id"):
            if not 0 <= getattr(self, name) <= LARGEST_ID:
                raise ValueError(f"{name} {getattr(self, name)}: expected [0, {LARGEST_ID}]")
        if not re.fullmatch(rf"[\w-]{{1,{LARGEST_TYPE}}}", self.event_type, re.ASCII):
            raise ValueError(
                f"event_type {self.event_type[:80]!r}: letters, digits, _ and - only, "
                f"at most {LARGEST_TYPE}"
            )
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
