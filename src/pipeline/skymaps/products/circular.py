"""What a circular says of an event: best fit, errors, areas, and what they are worth."""

from astropy.time import Time

from pipeline.skymaps.map.contours import Contour
from pipeline.skymaps.map.levels import CALIBRATED, CONTENTS, UNCALIBRATED, Levels
from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.scan.rounds import Scan

LIKE_THIS = "90% regions hold the truth of 90% of simulated tracks like this event"
WILKS_MEASURED = (
    "not known; in simulation 90% regions by Wilks' theorem hold 82-86% "
    "(pandel_spe1st, layered ice, faint tracks), less of bright tracks"
)
"""Measured with scans of the whole sky: docs/calibration.md."""
NOT_MEASURED = "not known; that of pointed scans was never measured"


def containment(scan: Scan, levels: Levels) -> str:
    """Return what the contours of a scan contain, as far as it is known, in words."""
    if levels.meaning == CALIBRATED:
        return LIKE_THIS
    if levels.meaning == UNCALIBRATED:
        return f"not known; the levels were calibrated with {levels.made_with}"
    return NOT_MEASURED if scan.pointed else WILKS_MEASURED


def circular_text(name: str, scan: Scan, skymap: Skymap) -> str:
    """Return the text of an event's circular.

    Parameters
    ----------
    name : str
        What events.tsv calls the event.
    scan, skymap
        What was scanned, and the map of it.
    """
    event, levels = skymap.event, skymap.levels
    kind = event.event_type if event.is_real else f"{event.event_type}, SIMULATED"
    areas = [f"Area {_words(key)}: {_area(skymap.contours[key])}" for key in CONTENTS]
    lines = [
        f"Event: {name} ({kind}), run {event.run_id}, event {event.event_id}",
        f"Time: {Time(event.mjd, format='mjd').iso} UTC (MJD {event.mjd:.6f})",
        *_position(skymap),
        f"Reconstruction: {scan.reco}, {scan.scanned}",
        f"Levels: {levels.source}",
        f"Containment: {containment(scan, levels)}",
        *areas,
    ]
    if len(skymap.contours["90"].island_areas) > 1:
        lines.append("The 90% region is split: the errors are those of the best fit's island.")
    if skymap.contours["90"].reaches_edge:
        lines.append("The 90% region reaches the edge of the scan: its errors are lower bounds.")
    return "\n".join(lines)


def _position(skymap: Skymap) -> list[str]:
    """Return best fit and errors [deg] in the two lines that circulars of the field have."""
    ninety = skymap.contours["90"]
    return [
        f"RA: {skymap.ra:.2f} {_errors(ninety.ra_plus, ninety.ra_minus, skymap)} J2000",
        f"Dec: {skymap.dec:+.2f} {_errors(ninety.dec_plus, ninety.dec_minus, skymap)} J2000",
    ]


def _errors(plus: float | None, minus: float | None, skymap: Skymap) -> str:
    if plus is None or minus is None:
        return "(errors not known: no cell of the map is inside the 90% contour)"
    return f"(+{plus:.2f}, -{minus:.2f} deg 90% {skymap.levels.meaning})"


def _area(contour: Contour) -> str:
    """Return an area [deg²] in words, that of each island where there are several."""
    text = f"{_digits(contour.area)} deg2"
    if len(contour.island_areas) > 1:
        parts = " + ".join(map(_digits, contour.island_areas))
        text += f" in {len(contour.island_areas)} islands ({parts}, the best fit's first)"
    return f"at least {text} (reaches the edge of the scan)" if contour.reaches_edge else text


def _digits(area: float) -> str:
    return f"{area:.3g}" if area < 1000 else f"{area:.0f}"


def _words(name: str) -> str:
    return {"3sigma": "3 sigma"}.get(name, f"{name}%")
