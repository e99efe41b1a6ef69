"""Which files of neutrino events a configuration asks for: pure functions for the rules."""

from collections.abc import Iterable

from pipeline.contract import paths
from pipeline.events.domain import EventRow
from pipeline.plan.domains import Config
from pipeline.sky.nsides import parse_nsides

PRODUCTS = (
    "manifest.json",
    "skymap.multiorder.fits",
    "contours.json",
    "contours.txt",
    "circular.txt",
    "sky.png",
    "zoom.png",
    "summary.json",
)
"""What every scanned event has; npz and JSON, named after run and event, lie beside them."""


def product(event: str, name: str) -> str:
    """Return one file about an event.

    >>> product("IC231202A", "manifest.json")
    'results/skymaps/IC231202A/manifest.json'
    """
    return f"{paths.SKYMAP.format(event=event)}/{name}"


def targets(events: Iterable[str]) -> list[str]:
    """Return all files about some events; none for none."""
    names = list(events)
    files = [product(event, name) for event in names for name in PRODUCTS]
    return [*files, paths.SKYMAP_SUMMARY] if names else []


def scan_settings(config: Config, row: EventRow) -> dict[str, str | bool | float]:
    """Return how one event is scanned, as `pipeline.skymaps.jobs.read_scan` takes it."""
    return {
        "reco": row.reco or config.skymaps.reco,
        "nsides": row.nsides or config.skymaps.nsides,
        "pointed": config.skymaps.pointed,
        "pixel_timeout_s": config.skymaps.pixel_timeout_s,
        "refine": config.skymaps.refine,
    }


def rounds(config: Config, row: EventRow) -> list[list[str]]:
    """Return the files of all rounds that fan out, by round; none for a scan of one job.

    The rounds of a scan are not known before it runs. One more than there are levels is
    what most scans need around the minimum, and one a finer level inside the contour; the
    last job does the rest.
    """
    chunks = row.chunks or config.skymaps.chunks
    if chunks == 1:
        return []
    levels = len(parse_nsides(scan_settings(config, row)["nsides"]))
    count = 2 * levels if config.skymaps.refine == "contour" else levels + 1
    return [
        [
            paths.SKYMAP_CHUNK.format(
                event=row.event,
                round=f"{number:02d}",
                chunk=paths.shard_name(chunk),
                chunks=paths.shard_name(chunks),
            )
            for chunk in range(chunks)
        ]
        for number in range(count)
    ]


def calibration_folder(reco: str, nsides: str) -> str:
    """Return where the calibration of a reconstruction and a progression lies.

    >>> calibration_folder("planewave", "8:0 64:12")
    'results/calibration/planewave/8-0_64-12'
    """
    words = "_".join(nsides.replace(":", "-").split())
    return paths.CALIBRATION.format(reco=reco, nsides=words)


def calibrations(config: Config, row: EventRow) -> list[str]:
    """Return the calibration table of an event's contours; none if they are Wilks'."""
    if config.skymaps.calibration is None:
        return []
    settings = scan_settings(config, row)
    return [f"{calibration_folder(settings['reco'], settings['nsides'])}/table.json"]


def round_calibrations(config: Config, row: EventRow, number: int) -> list[str]:
    """Return the calibration table that a round's pixels depend on; none for most rounds.

    The first rounds, as many as there are levels, look around the minimum only
    (`pipeline.skymaps.scan.rounds.Scan.choose`): they need not wait for a calibration, nor are they
    scanned again when it changes.
    """
    levels = parse_nsides(scan_settings(config, row)["nsides"])
    if config.skymaps.refine == "minimum" or config.skymaps.pointed or number < len(levels):
        return []
    return calibrations(config, row)
