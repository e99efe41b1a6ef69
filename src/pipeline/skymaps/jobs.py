"""What the jobs of the workflow do: a whole scan, a share of a round, the table of all."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pipeline.events.files import read_event, read_truth
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.levels import Levels, calibrated_levels, wilks_levels
from pipeline.skymaps.scan.rounds import Scan, scan_all, scan_chunk
from pipeline.skymaps.scan.watch import Watch

MANIFEST, ROUNDS = "manifest.json", "rounds"


def read_scan(
    path: str | Path,
    *,
    reco: str,
    nsides: str,
    geometry: str | Path | None = None,
    pointed: bool = False,
    pixel_timeout_s: float = 1800.0,
    refine: Literal["contour", "minimum"] = "contour",
    calibration: str | Path | None = None,
) -> tuple[Scan, Levels]:
    """Read an event file and say how to scan it and where its contours are.

    Parameters
    ----------
    path : str or Path
        The event file.
    reco, nsides, geometry, pointed, pixel_timeout_s, refine
        As in the section ``skymaps``.
    calibration : str or Path, optional
        Table of contour levels; Wilks' levels without.

    Raises
    ------
    OSError, ValueError
        If a file is missing or damaged, or a setting is wrong; the message names it.
    """
    event = read_event(path, geometry)
    scan = Scan(event, reco, parse_nsides(nsides), pointed, pixel_timeout_s)
    levels = calibrated_levels(calibration, scan) if calibration else wilks_levels()
    if refine == "contour":
        scan = replace(scan, outermost=levels.outermost)
    return scan, levels


def scan_event(
    name: str,
    path: str | Path,
    folder: str | Path,
    *,
    earlier: Sequence[Iterable[str | Path]] = (),
    **settings: object,
) -> None:
    """Scan an event to the end and write all its products; the manifest comes last.

    Parameters
    ----------
    name : str
        What events.tsv calls the event.
    path : str or Path
        The event file.
    folder : str or Path
        For the products; finished rounds are kept in it as well.
    earlier : sequence of iterables of paths, optional
        Rounds that `scan_share` has done.
    **settings
        As of `read_scan`.
    """
    # What interpolates and draws takes 0.5 s to import: only the last job pays for it.
    from pipeline.skymaps.products.folder import write_products  # noqa: PLC0415
    from pipeline.skymaps.scan.manifest import write_manifest  # noqa: PLC0415

    folder = Path(folder)
    (scan, levels), truth = read_scan(path, **settings), read_truth(path)
    with Watch(scan, folder / MANIFEST) as watch:
        state = scan_all(scan, folder / ROUNDS, earlier, watch)
    files = write_products(name, scan, state, levels, folder, truth)
    write_manifest(
        folder / MANIFEST, scan, state, started=watch.started, levels=levels, files=files
    )


def scan_share(
    path: str | Path,
    output: str | Path,
    *,
    earlier: Sequence[Iterable[str | Path]],
    chunk: int,
    chunks: int,
    **settings: object,
) -> None:
    """Scan one job's share of a round; see `pipeline.skymaps.scan.rounds.scan_chunk`.

    The first rounds, as many as there are levels, are the same with and without a calibration.
    """
    scan, _ = read_scan(path, **settings)
    with Watch(scan) as watch:
        scan_chunk(scan, earlier, output, chunk=chunk, chunks=chunks, report=watch)
