"""All products of a result of the Skymap Scanner, without a fit."""

from pathlib import Path

from pipeline.skymaps.map.levels import wilks_levels
from pipeline.skymaps.products.folder import write_products
from pipeline.skymaps.scan.manifest import write_result_manifest
from pipeline.skymaps.scan.results import write_all
from pipeline.skymaps.scanner.result import UNNAMED, read_result

MANIFEST = "manifest.json"
NO_SCAN = "of a result"
"""Stands where `pipeline.skymaps.scan.rounds.Scan` has its fingerprint: nobody goes on with it."""


def products_of_result(
    name: str,
    path: str | Path,
    folder: str | Path,
    *,
    reco: str = UNNAMED,
    pixels: str | Path | None = None,
) -> None:
    """Write contours, FITS, pictures, circular and the summary's line; the manifest comes last.

    The contours are at Wilks' levels, which no calibration of ours can better: it does not know
    the event's light. The result itself is not written again.

    Parameters
    ----------
    name : str
        What events.tsv calls the event.
    path : str or Path
        The result, npz or JSON.
    folder : str or Path
        For the products.
    reco : str
        What fitted it, in a word.
    pixels : str or Path, optional
        Where the pixels are written, as `pipeline.skymaps.whole.scan_event` does.
    """
    folder, result, levels = Path(folder), read_result(path, reco), wilks_levels()
    if pixels is not None:
        write_all(result.state, NO_SCAN, pixels)
    files = write_products(name, result, result.state, levels, folder, results=False)
    write_result_manifest(folder / MANIFEST, result, result.state, levels, files, Path(path).name)
