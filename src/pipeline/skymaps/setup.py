"""What to scan and how, from an event's file and the settings of the section ``skymaps``."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pipeline.events.files import read_event
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.levels import wilks_levels
from pipeline.skymaps.scan.rounds import Scan


def read_scan(
    path: str | Path,
    *,
    reco: str,
    nsides: str,
    geometry: str | Path | None = None,
    pointed: bool = False,
    pixel_timeout_s: float = 1800.0,
    refine: Literal["contour", "minimum"] = "contour",
) -> Scan:
    """Read an event file and say how to scan it.

    Islands are refined inside the outermost contour by Wilks' theorem, whether there is a
    calibration or not: nobody waits for one (`pipeline.skymaps.whole.relabel_event`).

    Parameters
    ----------
    path : str or Path
        The event file.
    reco, nsides, geometry, pointed, pixel_timeout_s, refine
        As in the section ``skymaps``.

    Raises
    ------
    OSError, ValueError
        If a file is missing or damaged, or a setting is wrong; the message names it.
    """
    event = read_event(path, geometry)
    scan = Scan(event, reco, parse_nsides(nsides), pointed, pixel_timeout_s)
    if refine == "contour":
        scan = replace(scan, outermost=wilks_levels().outermost)
    return scan
