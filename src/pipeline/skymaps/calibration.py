"""What a contour contains: levels of 2Δllh that hold the truth as often as they say.

By Wilks' theorem the truth lies within 2Δllh < 4.61 of the best fit in 90 % of all events.
It holds for a likelihood that is true; in layered ice, with several photons a DOM and pixels
of finite size it does not. So tracks are simulated, scanned as events are, and the levels
read off: the statistic of a track is 2Δllh between the truth's direction and the best pixel.
"""

import math
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipeline import healpix
from pipeline.config.skymaps import Level
from pipeline.skymaps.coordinates import from_icrs, travel_direction
from pipeline.skymaps.event import Event, first_pulses
from pipeline.skymaps.event_files import read_event, read_truth
from pipeline.skymaps.recos.registry import get
from pipeline.skymaps.scan import Scan, scan_all

CONTAINMENTS = (0.5, 0.9)
THREE_SIGMA = 0.9973002


@dataclass(frozen=True)
class Measured:
    """One simulated track, scanned.

    Attributes
    ----------
    file : str
        Name of the event file.
    statistic : float
        2 (llh at the truth's direction − llh of the best pixel). A little below zero where
        the truth fits better than any pixel.
    error_deg : float
        Angle between the truth and the best pixel [deg].
    hlc_doms : int
        DOMs with hard local coincidence.
    """

    file: str
    statistic: float
    error_deg: float
    hlc_doms: int


@dataclass(frozen=True)
class Contour:
    """The level of one contour.

    Attributes
    ----------
    containment : float
        How often the region holds the truth.
    level : float
        2Δllh of its border.
    low, high : float or None
        The central 68 % interval of the level, binomial. None where it was extrapolated.
    wilks : float
        What Wilks' theorem gives for two degrees of freedom.
    wilks_holds, wilks_error : float
        How often Wilks' region held the truth, and the binomial error.
    """

    containment: float
    level: float
    low: float | None
    high: float | None
    wilks: float
    wilks_holds: float
    wilks_error: float


def measure(path: str | Path, reco: str, levels: Sequence[Level]) -> Measured:
    """Scan one simulated event and compare with its truth.

    Parameters
    ----------
    path : str or Path
        A nightmill-event with a truth.
    reco : str
        Name of a reconstruction in the registry.
    levels : sequence of Level
        The progression: the levels hold for scans with the same one.

    Raises
    ------
    ValueError
        If the event has no truth, or cannot be reconstructed.
    """
    event, truth = read_event(path), read_truth(path)
    if truth is None:
        raise ValueError(f"{path}: no truth in it")
    direction = travel_direction(truth["zenith"], truth["azimuth"])
    with tempfile.TemporaryDirectory() as cache:
        best = scan_all(Scan(event, reco, tuple(levels)), cache).best()
    ra, dec = healpix.pixel_to_lonlat(int(best["nside"]), int(best["index"]))
    found = travel_direction(*from_icrs(ra, dec, event.mjd))
    vertex = np.array([best[name] for name in ("X", "Y", "Z", "T")])
    return Measured(
        file=Path(path).name,
        statistic=float(2 * (_llh_at(event, reco, direction, vertex) - best["llh"])),
        # 2 asin(|a − b| / 2) keeps its digits where acos(a·b) loses them
        error_deg=float(np.degrees(2 * np.arcsin(np.linalg.norm(direction - found) / 2))),
        hlc_doms=len(first_pulses(event)),
    )


def calibrate(
    statistics: ArrayLike, containments: Iterable[float] = (*CONTAINMENTS, THREE_SIGMA)
) -> list[Contour]:
    """Derive the levels that truly contain given shares.

    The level of containment p is the ⌈p (n + 1)⌉-th lowest statistic, which a further track
    stays below with the probability p, whatever the statistic's distribution. Where there
    are too few tracks for that (3σ), Wilks' value is stretched as at the highest containment
    that was measured.

    Parameters
    ----------
    statistics : array_like
        Shape (n,), see `Measured`.
    containments : iterable of float
        Ascending, in (0, 1).

    Raises
    ------
    ValueError
        If there are too few tracks for even the lowest containment.
    """
    ordered = np.sort(np.asarray(statistics, float))
    n, contours = len(ordered), []
    for p in containments:
        wilks = float(stats.chi2.ppf(p, 2))
        rank = math.ceil(p * (n + 1))
        if rank <= n:
            level, (low, high) = float(ordered[rank - 1]), _interval(ordered, p)
        elif contours:
            level, low, high = wilks * contours[-1].level / contours[-1].wilks, None, None
        else:
            raise ValueError(f"{n} tracks are too few to calibrate a containment of {p}")
        contours.append(Contour(p, level, low, high, wilks, *coverage(ordered, wilks)))
    return contours


def coverage(statistics: ArrayLike, level: float) -> tuple[float, float]:
    """Return how often the region of a level holds the truth, and the binomial error."""
    inside = np.asarray(statistics) <= level
    share = float(inside.mean())
    return share, math.sqrt(share * (1 - share) / len(inside))


def table(measured: Sequence[Measured], settings: dict) -> dict:
    """Return the content of a calibration file.

    Parameters
    ----------
    measured : sequence of Measured
        The tracks.
    settings : dict
        What the levels hold for: reco, nsides, ice, seed.
    """
    contours = calibrate([track.statistic for track in measured])
    return {
        "format": "nightmill-calibration",
        "version": 1,
        **settings,
        "tracks": len(measured),
        "median_error_deg": float(np.median([track.error_deg for track in measured])),
        "contours": [asdict(contour) for contour in contours],
        "measured": [asdict(track) for track in sorted(measured, key=lambda m: m.file)],
    }


def _llh_at(event: Event, reco: str, direction: NDArray, vertex: NDArray) -> float:
    """Return the llh of a direction, fitted from where the scan's fits start."""
    reconstruction = get(reco)
    variations = reconstruction.variations
    starts = [
        variations.vertices(direction[None], seed[None]) for seed in (vertex, event.seed.vertex)
    ]
    fit = reconstruction.load(event).fit(direction[None], np.concatenate(starts, axis=1))
    return float(fit["llh"][0])


def _interval(ordered: NDArray, p: float) -> tuple[float, float]:
    """Return the statistics whose ranks are the central 68 % of the binomial's."""
    low, high = stats.binom.ppf([0.1587, 0.8413], len(ordered), p).astype(int)
    return float(ordered[max(low - 1, 0)]), float(ordered[min(high, len(ordered) - 1)])
