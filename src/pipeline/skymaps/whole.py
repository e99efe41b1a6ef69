"""An event scanned to the end, with all its products; the same at the levels of a calibration."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.events.files import read_truth
from pipeline.skymaps.map.levels import Levels, calibrated_levels, wilks_levels
from pipeline.skymaps.products.folder import write_products
from pipeline.skymaps.scan.manifest import write_manifest
from pipeline.skymaps.scan.results import State, read_all, write_all
from pipeline.skymaps.scan.rounds import Scan, scan_all, scan_on
from pipeline.skymaps.scan.watch import Watch
from pipeline.skymaps.setup import read_scan

MANIFEST, ROUNDS = "manifest.json", "rounds"
FURTHER = "calibrated"
"""Folder, beside the rounds of a scan, of those that a calibration adds."""


def scan_event(
    name: str,
    path: str | Path,
    folder: str | Path,
    *,
    earlier: Sequence[Iterable[str | Path]] = (),
    calibration: str | Path | None = None,
    rounds: str | Path | None = None,
    pixels: str | Path | None = None,
    **settings: Any,
) -> None:
    """Scan an event to the end and write all its products; the manifest comes last.

    Parameters
    ----------
    name : str
        What events.tsv calls the event.
    path : str or Path
        The event file.
    folder : str or Path
        For the products.
    earlier : sequence of iterables of paths, optional
        Rounds that `pipeline.skymaps.share.scan_share` has done.
    calibration : str or Path, optional
        Table of contour levels; Wilks' levels without.
    rounds : str or Path, optional
        Where finished rounds are kept; in `folder` if it is not said.
    pixels : str or Path, optional
        Where the results are kept for `relabel_event`.
    **settings
        As of `pipeline.skymaps.setup.read_scan`.
    """
    folder = Path(folder)
    rounds = Path(rounds or folder / ROUNDS)
    scan, truth = read_scan(path, **settings), read_truth(path)
    with Watch(scan, folder / MANIFEST) as watch:
        state = scan_all(scan, rounds, earlier, watch)
        levels = wilks_levels()
        if pixels is not None:
            write_all(state, scan.fingerprint, pixels)
        if calibration is not None:
            scan, levels = _at_levels_of(calibration, scan, state, rounds, watch)
    _write(name, scan, state, levels, folder, truth, watch)


def relabel_event(
    name: str,
    path: str | Path,
    folder: str | Path,
    *,
    pixels: str | Path,
    calibration: str | Path,
    rounds: str | Path | None = None,
    **settings: Any,
) -> None:
    """Write all products of a scanned event anew, at the levels of a calibration.

    The pixels of the scan stay as they are. Others are fitted only where an island inside the
    calibrated contours is not resolved by those that are there: mostly none.

    Parameters
    ----------
    name, path, folder, rounds, settings
        As of `scan_event`.
    pixels : str or Path
        What `scan_event` kept.
    calibration : str or Path
        Table of contour levels.

    Raises
    ------
    ValueError
        If `pixels` are of another scan than this.
    """
    folder = Path(folder)
    scan, truth = read_scan(path, **settings), read_truth(path)
    state = read_all(pixels, scan.fingerprint)
    with Watch(scan, folder / MANIFEST) as watch:
        rounds = Path(rounds or folder / ROUNDS)
        scan, levels = _at_levels_of(calibration, scan, state, rounds, watch)
    _write(name, scan, state, levels, folder, truth, watch)


def _at_levels_of(
    calibration: str | Path, scan: Scan, state: State, rounds: Path, watch: Watch
) -> tuple[Scan, Levels]:
    """Add to a finished scan what contours at calibrated levels need; return both."""
    levels = calibrated_levels(calibration, scan)
    if scan.outermost is not None:
        scan = replace(scan, outermost=levels.outermost)
        scan_on(scan, state, rounds / FURTHER, watch)
    return scan, levels


def _write(
    name: str,
    scan: Scan,
    state: State,
    levels: Levels,
    folder: Path,
    truth: dict[str, float] | None,
    watch: Watch,
) -> None:
    files = write_products(name, scan, state, levels, folder, truth)
    write_manifest(
        folder / MANIFEST, scan, state, started=watch.started, levels=levels, files=files
    )
