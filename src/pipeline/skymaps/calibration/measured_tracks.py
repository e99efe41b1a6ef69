"""Calibration of a reconstruction: scan simulated tracks, compare with their truth, tabulate.

`measure_tracks` is one job's share and `write_calibration` the last step; any division of
the tracks over jobs gives the same table.
"""

import json
import logging
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.events.directions import from_icrs, travel_direction
from pipeline.events.event import Event, first_pulses
from pipeline.events.files import read_event, read_truth
from pipeline.io.atomic import write_json
from pipeline.sky import healpix
from pipeline.sky.nsides import Level
from pipeline.skymaps.calibration.contour_levels import calibrate, check_levels
from pipeline.skymaps.recos.registry import get
from pipeline.skymaps.scan.rounds import Scan, scan_all

logger = logging.getLogger(__name__)

FORMAT, VERSION = "nightmill-calibration", 2

MOST_FAILED = 0.1
"""Share of the tracks that may be left out: levels of those that happened to fit are of others."""

PERCENTILES = {"low": 5, "median": 50, "high": 95}
"""What a table says of the events it was made of; between the first and the last it holds."""


@dataclass(frozen=True)
class MeasuredTrack:
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
    charge_pe : float
        What all those saw together [photoelectrons].
    zenith_deg : float
        Where the track came from [deg].
    energy_gev : float or None
        Its energy [GeV], where the truth says it.
    """

    file: str
    statistic: float
    error_deg: float
    hlc_doms: int
    charge_pe: float
    zenith_deg: float
    energy_gev: float | None


class LeftOutError(ValueError):
    """A track that cannot be measured; the message becomes a reason in results."""


def measure_tracks(
    paths: Sequence[str | Path],
    reco: str,
    levels: Sequence[Level],
    output: str | Path,
    report: Callable[[int], None] = lambda _: None,
) -> None:
    """Scan simulated events and write what came of each, as JSON.

    A track that cannot be used is named in the log with its reason and left out.

    Parameters
    ----------
    paths : sequence of str or Path
        Nightmill-events with a truth.
    reco : str
        Name of a reconstruction in the registry.
    levels : sequence of Level
        The progression; a calibration holds for scans with the same one.
    output : str or Path
        Where the tracks, and the files and reasons of those that failed, are written.
    report : callable
        Told 1 after each event.

    Raises
    ------
    ValueError
        If there is no such reconstruction.
    """
    get(reco)
    tracks, failed = [], []
    for path in paths:
        try:
            tracks.append(asdict(measure(path, reco, levels)))
        except (OSError, MemoryError):  # of the machine, not of the track
            raise
        except Exception as error:  # a reconstruction of others may raise anything
            reason = str(error).removeprefix(f"{path}: ") or type(error).__name__
            failed.append({"file": Path(path).name, "reason": reason})
            logger.warning("left out %s: %s", path, reason)
        report(1)
    write_json({"tracks": tracks, "failed": failed}, output)


def measure(path: str | Path, reco: str, levels: Sequence[Level]) -> MeasuredTrack:
    """Scan one simulated event and compare with its truth; parameters as `measure_tracks`.

    Raises
    ------
    ValueError
        If it has no truth or cannot be reconstructed, there or at all; the message names it.
    """
    event, truth = read_event(path), read_truth(path)
    if truth is None:
        raise LeftOutError(f"{path}: no truth in it, a calibration needs simulated events")
    hits, direction = first_pulses(event), travel_direction(truth["zenith"], truth["azimuth"])
    with tempfile.TemporaryDirectory() as cache:
        try:
            best = scan_all(Scan(event, reco, tuple(levels)), cache).best_found()
        except ValueError as error:
            raise LeftOutError(f"{path}: {error}") from error
    position = healpix.pixel_to_lonlat(int(best["nside"]), int(best["index"]))
    found = travel_direction(*from_icrs(*position, event.mjd))
    vertex = np.array([best[name] for name in ("X", "Y", "Z", "T")])
    at_truth = _llh_at(event, reco, direction, vertex)
    if not np.isfinite(at_truth):
        raise LeftOutError(f"{path}: {reco} gives no finite llh at its truth ({at_truth})")
    return MeasuredTrack(
        file=Path(path).name,
        statistic=float(2 * (at_truth - best["llh"])),
        # 2 asin(|a − b| / 2) keeps the digits that acos(a·b) loses
        error_deg=float(np.degrees(2 * np.arcsin(np.linalg.norm(direction - found) / 2))),
        hlc_doms=len(hits),
        charge_pe=float(hits["charge"].sum()),
        zenith_deg=float(np.degrees(truth["zenith"])),
        energy_gev=None if truth.get("energy") is None else float(truth["energy"]),
    )


def write_calibration(
    measured: Sequence[str | Path], settings: dict[str, str | int], output: str | Path
) -> None:
    """Write the calibration table of a reconstruction, as JSON.

    Parameters
    ----------
    measured : sequence of str or Path
        Files of `measure_tracks`.
    settings : dict
        What the levels hold for: ``reco`` and ``nsides``, and how the tracks were simulated:
        ``ice``, ``seed``.
    output : str or Path
        The table, which `pipeline.skymaps.map.levels.calibrated_levels` reads.

    Raises
    ------
    ValueError
        If there are too few tracks, more than `MOST_FAILED` of them cannot be used, or
        contours cannot be drawn at their levels.
    """
    tracks, failed = read_tracks(measured), read_failed(measured)
    _check_failed(failed, len(tracks) + len(failed))
    contours = calibrate([track.statistic for track in tracks])
    check_levels(contours, str(settings["reco"]), str(settings["nsides"]))
    table = {
        "format": FORMAT,
        "version": VERSION,
        **settings,
        "tracks": len(tracks),
        "failed": len(failed),
        "made_of": made_of(tracks),
        "median_error_deg": float(np.median([track.error_deg for track in tracks])),
        "contours": [asdict(contour) for contour in contours],
        "measured": [asdict(track) for track in tracks],
    }
    write_json(table, output)


def made_of(tracks: Sequence[MeasuredTrack]) -> dict[str, dict[str, float] | None]:
    """Return the `PERCENTILES` of what the levels may depend on.

    Parameters
    ----------
    tracks : sequence of MeasuredTrack
        What a calibration is made of.

    Returns
    -------
    dict
        ``hlc_doms``, ``charge_pe``, ``energy_gev`` and ``zenith_deg``, each with ``low``,
        ``median`` and ``high``, values that tracks have; None where a track lacks the value.
    """
    ranges = {}
    for name in ("hlc_doms", "charge_pe", "energy_gev", "zenith_deg"):
        values = [getattr(track, name) for track in tracks]
        at = None
        if None not in values:
            at = np.percentile(values, list(PERCENTILES.values()), method="nearest").tolist()
        ranges[name] = at and dict(zip(PERCENTILES, at, strict=True))
    return ranges


def read_tracks(paths: Sequence[str | Path]) -> list[MeasuredTrack]:
    """Return the tracks in files of `measure_tracks`, ordered by event."""
    rows = [row for path in paths for row in json.loads(Path(path).read_text())["tracks"]]
    return sorted((MeasuredTrack(**row) for row in rows), key=lambda track: track.file)


def read_failed(paths: Sequence[str | Path]) -> list[dict[str, str]]:
    """Return the ``file`` and ``reason`` of the tracks that were left out, ordered by event."""
    rows = [row for path in paths for row in json.loads(Path(path).read_text())["failed"]]
    return sorted(rows, key=lambda row: row["file"])


def _check_failed(failed: Sequence[dict[str, str]], number: int) -> None:
    """See that not more than `MOST_FAILED` of the tracks were left out."""
    if len(failed) > MOST_FAILED * number:
        raise ValueError(
            f"calibration: {len(failed)} of {number} tracks cannot be used, at most "
            f"{MOST_FAILED:.0%} may; the first, {failed[0]['file']}: {failed[0]['reason']}"
        )


def _llh_at(event: Event, reco: str, direction: np.ndarray, vertex: np.ndarray) -> float:
    """Return the llh of a direction, fitted from around the scan's vertex and the seed's."""
    reconstruction = get(reco)
    starts = [
        reconstruction.variations.vertices(direction[None], seed[None])
        for seed in (vertex, event.seed.vertex)
    ]
    fit = reconstruction.load(event).fit(direction[None], np.concatenate(starts, axis=1))
    return float(fit["llh"][0])
