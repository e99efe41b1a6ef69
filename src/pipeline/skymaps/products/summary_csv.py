"""One line about each event's skymap, and the table of all."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.io.atomic import atomic_path
from pipeline.skymaps.map.contours import area_words
from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.scan.results import State
from pipeline.skymaps.scan.subject import Subject

COLUMNS = (
    "event",
    "run_id",
    "event_id",
    "event_type",
    "mjd",
    "is_real",
    "reco",
    "pointed",
    "ra_deg",
    "dec_deg",
    "ra_plus_90_deg",
    "ra_minus_90_deg",
    "dec_plus_90_deg",
    "dec_minus_90_deg",
    "area_50_deg2",
    "area_90_deg2",
    "islands_90",
    "reaches_edge_90",
    "levels",
    "calibrated",
    "llh",
    "energy_inside_gev",
    "energy_total_gev",
    "truth_ra_deg",
    "truth_dec_deg",
    "truth_distance_deg",
    "truth_in_90",
    "pixels",
    "failed_pixels",
    "reco_seconds",
    "caution",
)


def summary_row(
    name: str, scan: Subject, state: State, skymap: Skymap, truth: tuple[float, float] | None
) -> dict[str, Any]:
    """Return an event's line; what is not known is None.

    Parameters
    ----------
    name : str
        What events.tsv calls the event.
    scan, state, skymap
        What was scanned, all results, and the map of them.
    truth : tuple of float or None
        Right ascension and declination [deg] of a simulated event.
    """
    event, best, ninety = scan.event, skymap.best, skymap.contours["90"]
    values = {
        "event": name,
        "run_id": event.run_id,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "mjd": event.mjd,
        "is_real": event.is_real,
        "reco": scan.reco,
        "pointed": scan.pointed,
        "caution": scan.caution or None,
        "ra_deg": skymap.ra,
        "dec_deg": skymap.dec,
        "ra_plus_90_deg": ninety.ra_plus,
        "ra_minus_90_deg": ninety.ra_minus,
        "dec_plus_90_deg": ninety.dec_plus,
        "dec_minus_90_deg": ninety.dec_minus,
        "area_50_deg2": skymap.contours["50"].area,
        "area_90_deg2": ninety.area,
        "islands_90": len(ninety.island_areas),
        "reaches_edge_90": ninety.reaches_edge,
        "levels": skymap.levels.source,
        "calibrated": skymap.levels.calibrated,
        "llh": float(best["llh"]),
        "energy_inside_gev": _known(best["E_in"]),
        "energy_total_gev": _known(best["E_tot"]),
        "pixels": sum(map(len, state.pixels.values())),
        "failed_pixels": len(state.failures),
        "reco_seconds": float(sum(r["seconds"].sum(dtype=float) for r in state.pixels.values())),
    }
    if truth is not None:
        depth = skymap.cells.values_at(np.array([truth[0]]), np.array([truth[1]]))[0]
        values |= {
            "truth_ra_deg": truth[0],
            "truth_dec_deg": truth[1],
            "truth_distance_deg": float(skymap.separation(*truth)),
            "truth_in_90": bool(depth <= ninety.two_delta_llh),
        }
    return {column: values.get(column) for column in COLUMNS}


def write_summary(rows: Iterable[str | Path], path: str | Path) -> None:
    """Write the table of all events as CSV, ordered by event.

    Parameters
    ----------
    rows : iterable of paths
        A JSON file with `summary_row` for each event.
    path : str or Path
        The table; without events it has its heading only.
    """
    read = sorted((json.loads(Path(row).read_text()) for row in rows), key=lambda r: r["event"])
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(read)


def skymap_lines(path: Path) -> Iterator[str]:
    """Yield a line for a person for each event of the table that `write_summary` wrote."""
    if not path.is_file():
        return
    with path.open(newline="") as lines:
        yield from map(_line, csv.DictReader(lines))


def first_looks(paths: Iterable[Path]) -> Iterator[str]:
    """Yield such a line for each event that is scanned and not calibrated yet.

    Parameters
    ----------
    paths : iterable of Path
        What `summary_row` says of the first look at each event, in a folder of its own; what it
        says in the end lies in the folder above.
    """
    for path in paths:
        if not (path.parent.parent / path.name).exists():
            row = json.loads(path.read_text())
            yield f"{_line({k: '' if v is None else str(v) for k, v in row.items()})}, first look"


def _line(row: dict[str, str]) -> str:
    """Return what a line of the table says to a person."""
    position = f"RA {float(row['ra_deg']):.2f}, Dec {float(row['dec_deg']):+.2f}"
    truth = row["truth_distance_deg"]
    distance = f", {float(truth):.2f} deg from the truth" if truth else ""
    bound = "at least " if row["reaches_edge_90"] == "True" else ""
    area = f"{bound}{area_words(float(row['area_90_deg2']))} deg²"
    region = f"90 % area {area} ({row['levels']})"
    caution = f"; {row['caution']}" if row.get("caution") else ""
    return f"skymap of {row['event']}: {position}{distance}; {region}{caution}"


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
