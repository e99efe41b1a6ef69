"""How far below the best fit contours are drawn: 2Δllh, by Wilks or from a calibration."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.events.event import first_pulses
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.scan.rounds import Scan

CONTENTS = {"50": 0.5, "90": 0.9, "3sigma": 0.9973002039367398}
"""Names of the contours and the probability that each should contain."""

BY_WILKS, CALIBRATED, UNCALIBRATED = "by Wilks' theorem", "PSF containment", "uncalibrated"
"""What the "90 %" of a line in a circular stands for."""

OTHER_EVENTS, ANOTHER_SCAN = "other events than this", "another kind of scan than this event's"
UNKNOWN_EVENTS = "events of which the table says nothing"
"""What a calibration that does not hold for an event was made with."""


@dataclass(frozen=True)
class Levels:
    """Contour levels.

    Attributes
    ----------
    two_delta_llh : dict of str to float
        For each name in `CONTENTS`.
    source : str
        Where they come from, in words (ASCII) for a figure or a FITS header; of levels of a
        calibration that does not hold for the event, why.
    calibrated : bool
        True only for levels of a calibration made of events like this one: its contours hold
        the truth as often as they say. Of all others no containment is known.
    meaning : str
        `BY_WILKS`, `CALIBRATED` or `UNCALIBRATED`.
    made_with : str
        Of `UNCALIBRATED` levels, in words: what they were made with that this event is not.
    """

    two_delta_llh: dict[str, float]
    source: str
    calibrated: bool = False
    meaning: str = BY_WILKS
    made_with: str = OTHER_EVENTS

    @property
    def outermost(self) -> float:
        """2Δllh of the widest contour."""
        return max(self.two_delta_llh.values())


def wilks(content: float) -> float:
    """Return the 2Δllh that contains `content` of the truth by Wilks' theorem, 2 parameters.

    >>> [round(wilks(content), 2) for content in CONTENTS.values()]
    [1.39, 4.61, 11.83]
    """
    return float(-2 * np.log1p(-content))


def wilks_levels() -> Levels:
    """Return the levels where there is no calibration; nobody knows what they hold."""
    levels = {name: wilks(content) for name, content in CONTENTS.items()}
    return Levels(levels, "Wilks' theorem, 2 degrees of freedom")


def calibrated_levels(path: str | Path, scan: Scan) -> Levels:
    """Read the levels of a calibration table, and see whether they hold for an event.

    They do not where the event has more or fewer DOMs in coincidence, or more or less charge
    on them, than the middle 90 % of the simulated ones (the regions of brighter events hold
    less at the same levels), or was scanned in another way. Its contours are drawn at these
    levels all the same, for want of better ones, but `Levels.calibrated` is False and
    `Levels.source` says why.

    Parameters
    ----------
    path : str or Path
        What `pipeline.skymaps.calibration.measured_tracks.write_calibration` wrote.
    scan : Scan
        The event and how it is scanned; the table must be of the same reconstruction.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no calibration table of this reconstruction with all `CONTENTS`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such calibration table")
    try:
        table = json.loads(path.read_text())
        reco, tracks = str(table["reco"]), int(table["tracks"])
        known = {float(c["containment"]): float(c["level"]) for c in table["contours"]}
        levels = {
            key: next(level for p, level in known.items() if np.isclose(p, content, atol=1e-6))
            for key, content in CONTENTS.items()
        }
        reason, made_with = _why_not(table, scan)
    except (
        ValueError,
        ArithmeticError,
        AttributeError,
        KeyError,
        TypeError,
        StopIteration,
        RecursionError,
    ) as error:
        raise ValueError(f"{path}: no calibration table of 50, 90 % and 3σ: {error!r}") from error
    if reco != scan.reco:
        raise ValueError(f"{path}: a calibration of {reco}, not of {scan.reco}")
    if not 0 < levels["50"] < levels["90"] < levels["3sigma"] < np.inf:
        raise ValueError(
            f"{path}: the levels do not ascend: {levels}; delete the table, and calibrate with "
            "finer nsides"
        )
    if reason:
        source = f"uncalibrated: {reason} ({tracks} simulated tracks, {reco})"
        return Levels(levels, source, False, UNCALIBRATED, made_with)
    source = f"calibrated with {tracks} simulated tracks of {made_with} ({reco})"
    return Levels(levels, source, True, CALIBRATED)


def _why_not(table: dict[str, Any], scan: Scan) -> tuple[str, str]:
    """Return why a calibration does not hold for an event, and what it was made with.

    Where it holds, the reason is empty and its events are told in numbers.
    """
    nsides = " ".join(f"{level.nside}:{level.extension}" for level in scan.levels)
    hits, made_of = first_pulses(scan.event), table.get("made_of")
    if made_of is None:
        return "calibration does not say of which events it was made", UNKNOWN_EVENTS
    words = []
    for name, value, unit in (
        ("hlc_doms", len(hits), "DOMs"),
        ("charge_pe", hits["charge"].sum(), "PE"),
    ):
        low, high = (float(made_of[name][end]) for end in ("low", "high"))
        words.append(f"{low:.0f} to {high:.0f} {unit}")
        if not low <= value <= high:
            made = f"calibration made of {low:.0f} to {high:.0f}"
            return f"event has {value:.0f} {unit}, {made}", OTHER_EVENTS
    if scan.pointed:
        return "pointed scan, calibration made of the whole sky", ANOTHER_SCAN
    if parse_nsides(table["nsides"]) != scan.levels:
        return f"scanned as {nsides}, calibration made as {table['nsides']}", ANOTHER_SCAN
    return "", ", ".join(words)
