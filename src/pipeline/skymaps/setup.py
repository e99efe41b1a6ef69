"""What to scan and how, from an event's file and the settings of the section ``skymaps``."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pipeline.events.files import read_event
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.levels import Levels, calibrated_levels, wilks_levels
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
