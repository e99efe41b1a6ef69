"""The scan of an event: rounds of pixels, cached one by one, in one job or in many."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from pipeline.events.directions import from_icrs, to_icrs, travel_direction
from pipeline.events.event import Event
from pipeline.sky import healpix
from pipeline.sky.nsides import Level
from pipeline.skymaps.recos.registry import code
from pipeline.skymaps.scan.fitter import Fitter, MakeFitter, Work
from pipeline.skymaps.scan.isolation import OwnProcess
from pipeline.skymaps.scan.pixels import POINTED_RADIUS, choose, seed_vertices
from pipeline.skymaps.scan.results import Part, State, joined, read_part, write_part

Report = Callable[[State, int, int], None]
"""Told the results of the finished rounds; of the current one how many pixels are done, of all."""


class NoResultError(ValueError):
    """A scan of failures alone; the message becomes a reason in results of a calibration."""


@dataclass(frozen=True)
class Scan:
    """What to scan and how.

    Attributes
    ----------
    event : Event
        The event.
    reco : str
        Name of a reconstruction in the registry.
    levels : tuple of Level
        The progression.
    pointed : bool
        Only within 3.5 degrees of the seed, at the first nside alone.
    limit_s : float
        A pixel that takes longer fails [s].
    outermost : float or None
        2Δllh of the contour inside which all islands are refined; None: only around the best
        fit, as Skymap Scanner does.
    fingerprint : str
        Of all that a pixel's result depends on, so not of `outermost`.
    """

    event: Event
    reco: str
    levels: tuple[Level, ...]
    pointed: bool = False
    limit_s: float = 1800.0
    outermost: float | None = None
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        event = self.event
        settings = [self.reco, code(self.reco), self.levels, self.pointed, self.limit_s]
        digest = hashlib.sha256(json.dumps([*settings, event.mjd, vars(event.seed)]).encode())
        digest.update(event.pulses.tobytes())
        object.__setattr__(self, "fingerprint", digest.hexdigest()[:16])

    @cached_property
    def centre(self) -> tuple[float, float] | None:
        """Right ascension and declination [deg] that a pointed scan looks around.

        Raises
        ------
        ValueError
            If a pointed scan is asked for and the seed has no direction.
        """
        if not self.pointed:
            return None
        seed = self.event.seed
        if seed.zenith is None or seed.azimuth is None:
            raise ValueError("a pointed scan needs a seed with a direction")
        ra, dec = to_icrs(seed.zenith, seed.azimuth, self.event.mjd)
        return float(ra), float(dec)

    @property
    def ours(self) -> bool:
        """Whether it was scanned here; see `pipeline.skymaps.scan.subject.Subject`."""
        return True

    @property
    def caution(self) -> str:
        """What whoever uses the products must know first: nothing."""
        return ""

    @property
    def scanned(self) -> str:
        """What of the sky is scanned and how finely, in words (ASCII) for every product.

        Of a pointed scan it is not the progression: the levels after the first are not used.
        """
        if self.pointed:
            nside = self.levels[0].nside
            return f"pointed: nside {nside} only, within {POINTED_RADIUS:g} deg of the seed"
        return "nsides " + " ".join(f"{level.nside}:{level.extension}" for level in self.levels)

    def choose(self, state: State, number: int) -> dict[int, np.ndarray]:
        """Return the pixels of a round; see `pipeline.skymaps.scan.pixels.choose`.

        The first rounds, as many as there are levels, are chosen without `outermost`: they,
        which are most of a scan, stay valid when its contours' levels change.
        """
        outermost = self.outermost if number >= len(self.levels) else None
        return choose(self.levels, state, self.centre, outermost)

    def round_fingerprint(self, state: State, pixels: dict[int, np.ndarray]) -> str:
        """Return the fingerprint of a round's files: of the scan, the rounds before, its pixels.

        A change of `outermost` so leaves all rounds valid up to the first that it changes.
        """
        digest = hashlib.sha256(self.fingerprint.encode())
        for nside in sorted({*state.pixels, *pixels}):
            for index in (state.done(nside), pixels.get(nside, np.zeros(0, np.int64))):
                digest.update(f"{nside} {len(index)} ".encode() + index.astype("<i8").tobytes())
        return digest.hexdigest()[:16]


def scan_all(
    scan: Scan,
    cache: str | Path,
    earlier: Sequence[Iterable[str | Path]] = (),
    report: Report = lambda *_: None,
    make_fitter: MakeFitter = OwnProcess,
) -> State:
    """Scan until no new pixel is chosen.

    Each round is written to `cache` when it is done and read from there when it is done
    already, so a killed scan goes on with the round it was in.

    Parameters
    ----------
    scan : Scan
        What to scan.
    cache : str or Path
        Folder for the rounds.
    earlier : sequence of iterables of paths, optional
        Files of rounds that `scan_chunk` has done, in order.
    report : callable, optional
        See `Report`.
    make_fitter : callable, optional
        Who fits the pixels; it makes no difference to the result.

    Raises
    ------
    ValueError
        If the reconstruction cannot load the event, or no pixel has a result; or if the
        fitter lost pixels or returned some that it was not given.
    """
    state = _after(scan, earlier)
    _go_on(scan, state, len(earlier), cache, report, make_fitter)
    if state.best() is None:
        example = state.failures[0].reason if state.failures else "there are none"
        raise NoResultError(f"{scan.reco}: no pixel has a result ({example})")
    return state


def scan_on(
    scan: Scan,
    state: State,
    cache: str | Path,
    report: Report = lambda *_: None,
    make_fitter: MakeFitter = OwnProcess,
) -> None:
    """Go on with a finished scan, whose `outermost` has changed, until no new pixel is chosen.

    Parameters
    ----------
    scan, report, make_fitter
        As of `scan_all`.
    state : State
        All results; those of the new rounds are added to it.
    cache : str or Path
        Folder for the new rounds, not that of the old ones.
    """
    _go_on(scan, state, len(scan.levels), cache, report, make_fitter)


def _go_on(
    scan: Scan,
    state: State,
    number: int,
    cache: str | Path,
    report: Report,
    make_fitter: MakeFitter,
) -> None:
    """Add rounds to a scan, from `number` on, until no new pixel is chosen."""
    with make_fitter(scan.reco, scan.event, scan.limit_s) as fitter:
        while (pixels := scan.choose(state, number)) or number < len(scan.levels):
            path = Path(cache) / f"{number:04d}.npz"
            fingerprint = scan.round_fingerprint(state, pixels)
            part = read_part(path, fingerprint)
            if part is None:
                part = _fit(scan, state, pixels, fitter, report)
                write_part(part, fingerprint, path)
            state.add([part])
            number += 1


def scan_chunk(
    scan: Scan,
    earlier: Sequence[Iterable[str | Path]],
    output: str | Path,
    *,
    chunk: int,
    chunks: int,
    report: Report = lambda *_: None,
    make_fitter: MakeFitter = OwnProcess,
) -> None:
    """Scan one job's share of a round.

    Every job of a round chooses the same pixels from the same earlier rounds and takes each
    `chunks`-th of them; past the fixed point there are none, and the file is valid and empty.

    Parameters
    ----------
    scan : Scan
        What to scan.
    earlier : sequence of iterables of paths
        Files of all chunks of the rounds before, in order.
    output : str or Path
        Where the share is written.
    chunk, chunks : int
        Which share, counted from 0, of how many.
    report : callable, optional
        See `Report`.
    make_fitter : callable, optional
        Who fits the pixels; it makes no difference to the result.
    """
    state = _after(scan, earlier)
    pixels = scan.choose(state, len(earlier))
    share = {nside: index[chunk::chunks] for nside, index in pixels.items()}
    with make_fitter(scan.reco, scan.event, scan.limit_s) as fitter:
        part = _fit(scan, state, share, fitter, report)
    write_part(part, scan.round_fingerprint(state, pixels), output)


def _after(scan: Scan, rounds: Sequence[Iterable[str | Path]]) -> State:
    state = State()
    for number, files in enumerate(rounds):
        fingerprint = scan.round_fingerprint(state, scan.choose(state, number))
        parts = []
        for path in files:
            part = read_part(path, fingerprint)
            if part is None:
                raise ValueError(f"{path}: missing, or part of another scan than this")
            parts.append(part)
        state.add(parts)
    return state


def _fit(
    scan: Scan, state: State, pixels: dict[int, np.ndarray], fitter: Fitter, report: Report
) -> Part:
    """Reconstruct pixels; those without a result are noted, never raised."""
    work = [_work(scan, state, nside, index) for nside, index in pixels.items() if len(index)]
    parts, done, size = [], 0, sum(map(len, work))
    report(state, 0, size)
    for part in fitter.fit(work):
        parts.append(part)
        done += len(part.pixels) + len(part.failures)
        report(state, done, size)
    return joined(parts, pixels)


def _work(scan: Scan, state: State, nside: int, index: np.ndarray) -> Work:
    """Return where the fits of pixels start: it depends on the rounds before alone."""
    ra, dec = healpix.pixel_to_lonlat(nside, index)
    directions = travel_direction(*from_icrs(ra, dec, scan.event.mjd))
    seeds = seed_vertices(scan.levels, state, nside, index, scan.event.seed.vertex)
    return Work(nside, index, directions, seeds, first=nside == scan.levels[0].nside)
