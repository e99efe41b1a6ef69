"""All that is written about one scanned event."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from astropy.time import Time

from pipeline.events.directions import to_icrs
from pipeline.io.atomic import atomic_path, write_json
from pipeline.skymaps.map.contours import Contour
from pipeline.skymaps.map.levels import Levels
from pipeline.skymaps.map.skymap import Skymap, make_skymap
from pipeline.skymaps.products.circular import circular_text, containment
from pipeline.skymaps.products.multiorder import write_multiorder
from pipeline.skymaps.products.pictures import Caption, Mark
from pipeline.skymaps.products.result_files import result_name, write_npz, write_result_json
from pipeline.skymaps.products.sky_picture import draw_sky
from pipeline.skymaps.products.summary_csv import summary_row
from pipeline.skymaps.products.zoom_picture import draw_zoom
from pipeline.skymaps.scan.results import State
from pipeline.skymaps.scan.subject import Subject

FITS, CONTOURS, CONTOUR_TEXT = "skymap.multiorder.fits", "contours.json", "contours.txt"
CIRCULAR, SKY, ZOOM, SUMMARY = "circular.txt", "sky.png", "zoom.png", "summary.json"


def write_products(
    name: str,
    scan: Subject,
    state: State,
    levels: Levels,
    folder: str | Path,
    truth: dict[str, float] | None = None,
    results: bool = True,
) -> list[str]:
    """Write the results, the map, contours, pictures and the summary's line of a scan.

    Parameters
    ----------
    name : str
        What events.tsv calls the event.
    scan : Subject
        What was scanned.
    state : State
        All results.
    levels : Levels
        Of the contours.
    folder : str or Path
        Where; results of another progression there are removed.
    truth : dict, optional
        Of a simulated event: zenith and azimuth [rad].
    results : bool
        Write npz and JSON too; not needed where the scan is such a file.

    Returns
    -------
    list of str
        Names of the files, sorted.
    """
    folder, event = Path(folder), scan.event
    skymap = make_skymap(event, scan.levels, state, levels)
    written = [] if not results else _write_results(scan, state, folder)
    for old in folder.glob("run*.evt*_*"):
        if old.name not in written:
            old.unlink()
    write_multiorder(name, scan, skymap, folder / FITS)
    write_json(_contours(name, scan, skymap), folder / CONTOURS)
    _write_text(_contour_text(skymap.contours), folder / CONTOUR_TEXT)
    _write_text(circular_text(name, scan, skymap) + "\n", folder / CIRCULAR)
    true_position = None
    if truth is not None and event.mjd is not None:
        ra, dec = to_icrs(truth["zenith"], truth["azimuth"], event.mjd)
        true_position = float(ra), float(dec)
    first_of_all = "; ".join(filter(None, (scan.scanned if scan.pointed else "", scan.caution)))
    caption, marks = Caption(name, scan.reco, first_of_all), _marks(scan, true_position)
    draw_sky(skymap, folder / SKY, caption, marks)
    draw_zoom(skymap, folder / ZOOM, caption, marks)
    write_json(summary_row(name, scan, state, skymap, true_position), folder / SUMMARY)
    return sorted([*written, FITS, CONTOURS, CONTOUR_TEXT, CIRCULAR, SKY, ZOOM, SUMMARY])


def _write_results(scan: Subject, state: State, folder: Path) -> list[str]:
    """Write npz and JSON; return their names."""
    names = [result_name(scan.event, scan.levels, extension) for extension in ("npz", "json")]
    write_npz(scan.event, state, folder / names[0])
    write_result_json(scan.event, state, folder / names[1])
    return names


def _contours(name: str, scan: Subject, skymap: Skymap) -> dict[str, Any]:
    """Return what contours.json holds."""
    event = skymap.event
    return {
        "event": name,
        "run_id": event.run_id,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "mjd": event.mjd,
        "time_utc": None if event.mjd is None else Time(event.mjd, format="mjd").isot,
        "is_real": event.is_real,
        "reco": scan.reco,
        "pointed": scan.pointed,
        "scanned": scan.scanned,
        "caution": scan.caution,
        "ra_deg": skymap.ra,
        "dec_deg": skymap.dec,
        "nside": int(skymap.best["nside"]),
        "pixel": int(skymap.best["index"]),
        "llh": float(skymap.best["llh"]),
        "levels": skymap.levels.source,
        "calibrated": skymap.levels.calibrated,
        "containment": containment(scan, skymap.levels),
        "circular": circular_text(name, scan, skymap).splitlines(),
        "contours": {
            name: asdict(contour) | {"polygons": [p.tolist() for p in contour.polygons]}
            for name, contour in skymap.contours.items()
        },
    }


def _contour_text(contours: dict[str, Contour]) -> str:
    """Return the polygons as columns, a blank line between two."""
    lines = []
    for name, contour in contours.items():
        lines.append(f"# contour {name}: 2 Delta llh = {contour.two_delta_llh:.4g}; ra dec [deg]")
        for polygon in contour.polygons:
            lines += [f"{ra:.5f} {dec:.5f}" for ra, dec in polygon] + [""]
    return "\n".join(lines)


def _marks(scan: Subject, truth: tuple[float, float] | None) -> list[Mark]:
    seed, mjd = scan.event.seed, scan.event.mjd
    marks = []
    if seed and mjd is not None and seed.zenith is not None and seed.azimuth is not None:
        ra, dec = to_icrs(seed.zenith, seed.azimuth, mjd)
        label = f"IceCube's {seed.fit}" if seed.fit and scan.event.is_real else seed.fit or "seed"
        marks.append(Mark(label, "fit", float(ra), float(dec)))
    if truth is not None:
        marks.append(Mark("truth", "truth", *truth))
    return marks


def _write_text(text: str, path: Path) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text)
