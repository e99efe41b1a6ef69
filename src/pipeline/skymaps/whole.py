"""An event scanned to the end, with all its products."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.events.files import read_truth
from pipeline.skymaps.products.folder import write_products
from pipeline.skymaps.scan.manifest import write_manifest
from pipeline.skymaps.scan.rounds import scan_all
from pipeline.skymaps.scan.watch import Watch
from pipeline.skymaps.setup import read_scan

MANIFEST, ROUNDS = "manifest.json", "rounds"


def scan_event(
    name: str,
    path: str | Path,
    folder: str | Path,
    *,
    earlier: Sequence[Iterable[str | Path]] = (),
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
        For the products; finished rounds are kept in it as well.
    earlier : sequence of iterables of paths, optional
        Rounds that `scan_share` has done.
    **settings
        As of `read_scan`.
    """
    folder = Path(folder)
    (scan, levels), truth = read_scan(path, **settings), read_truth(path)
    with Watch(scan, folder / MANIFEST) as watch:
        state = scan_all(scan, folder / ROUNDS, earlier, watch)
    files = write_products(name, scan, state, levels, folder, truth)
    write_manifest(
        folder / MANIFEST, scan, state, started=watch.started, levels=levels, files=files
    )
