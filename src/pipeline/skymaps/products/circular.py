"""What a circular says of an event: best fit, errors, areas, and what they are worth."""

from astropy.time import Time

from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.contours import Contour, area_words
from pipeline.skymaps.map.levels import CALIBRATED, CONTENTS, UNCALIBRATED, Levels
from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.scan.subject import Subject

LIKE_THIS = "90% regions hold the truth of 90% of simulated tracks like this event"
PROGRESSION = parse_nsides("8:0 64:12 512:24")
WILKS_MEASURED = {
    ("pandel_spe1st", PROGRESSION): "82-86%, less of brighter tracks",
    ("pandel_mpe", PROGRESSION): "69 +- 3%",
    ("planewave", PROGRESSION): "33 +- 3%",
}
"""Share of simulated tracks in 90% regions by Wilks' theorem: docs/calibration.md.

200 tracks of 1 to 20 TeV each, layered ice, scans of the whole sky. Of other reconstructions,
and other progressions, nothing is known.
"""
OTHERS = (
    "not known here, ask who made the result: for millipede IceCube found levels of 22.2 and 64.2 "
    "for 50 and 90% (IC160427A), far above Wilks'"
)
POINTED = "not known; that of pointed scans was never measured"


def containment(scan: Subject, levels: Levels) -> str:
    """Return what the contours of a scan contain, as far as it is known, in words."""
    if levels.meaning == CALIBRATED:
        return LIKE_THIS
    if levels.meaning == UNCALIBRATED:
        return f"not known; the levels were calibrated with {levels.made_with}"
    if not scan.ours:
        return OTHERS
    return POINTED if scan.pointed else _by_wilks(scan)


def _by_wilks(scan: Subject) -> str:
    """Return what is known of the regions of a scan of the whole sky without a calibration."""
    measured = WILKS_MEASURED.get((scan.reco, scan.levels))
    if measured is None:
        return (
            f"not known, never measured for {scan.reco}, {scan.scanned}; "
            "skymaps.calibration measures it"
        )
    return (
        f"not known; in simulation ({scan.reco}, layered ice, tracks of 1 to 20 TeV) "
        f"90% regions by Wilks' theorem hold {measured}"
    )


def circular_text(name: str, scan: Subject, skymap: Skymap) -> str:
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
        f"Time: {_time(event.mjd)}",
        *_position(skymap),
        f"Reconstruction: {scan.reco}, {scan.scanned}",
        f"Levels: {levels.source}",
        f"Containment: {containment(scan, levels)}",
        *areas,
    ]
    if len(skymap.contours["90"].island_areas) > 1:
        lines.append("The 90% region is split: the errors are those of the best fit's island.")
    if scan.caution:
        lines.append(f"Caution: {scan.caution}.")
    if skymap.contours["90"].reaches_edge:
        lines.append("The 90% region reaches the edge of the scan: its errors are lower bounds.")
    return "\n".join(lines)


def _time(mjd: float | None) -> str:
    if mjd is None:
        return "not known"
    return f"{Time(mjd, format='mjd').iso} UTC (MJD {mjd:.6f})"


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
    text = f"{area_words(contour.area)} deg2"
    if len(contour.island_areas) > 1:
        parts = " + ".join(map(area_words, contour.island_areas))
        text += f" in {len(contour.island_areas)} islands ({parts}, the best fit's first)"
    return f"at least {text} (reaches the edge of the scan)" if contour.reaches_edge else text


def _words(name: str) -> str:
    return {"3sigma": "3 sigma"}.get(name, f"{name}%")
