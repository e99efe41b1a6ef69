"""All that a working directory holds about one event's skymap."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.contract.blocks import Block, Cell, Column, Copy, Lines, Table
from pipeline.sky.coordinates import sexagesimal
from pipeline.skymaps.page import failed_words, small_picture

ZOOM, SKY = "zoom.png", "sky.png"
_REGIONS = {"50": "50 %", "90": "90 %", "3sigma": "3σ"}


def blocks(folder: Path) -> list[Block]:
    """Return what the folder of an event's products says of it, without the pictures."""
    summary, contours = _json(folder, "summary.json"), _json(folder, "contours.json")
    told: list[Block] = [
        Table("Best fit", [Column("what"), Column("value")], _rows(summary, contours)),
        _regions(contours),
        failed_words(folder),
    ]
    circular = folder / "circular.txt"
    if circular.is_file():
        told.append(Copy("Circular", circular.read_text(encoding="utf-8")))
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return [*told, Lines([f"Files in {folder}: " + ", ".join(path.name for path in files)])]


def pictures(name: str, folder: Path) -> list[Block]:
    """Return those of an event, for a page."""
    kinds = ((ZOOM, "Surroundings"), (SKY, "Whole sky"))
    there = [(folder / file, words) for file, words in kinds if (folder / file).is_file()]
    return [small_picture(path, f"{words} of {name}", words) for path, words in there]


def _json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: is no JSON ({error})") from error
    return found


def _rows(summary: Mapping[str, Any], contours: Mapping[str, Any]) -> list[list[Cell]]:
    one = summary
    kind = "real" if one["is_real"] else "simulated"
    position = sexagesimal(one["ra_deg"], one["dec_deg"])
    rows: list[list[Cell]] = [
        ["event", f"{kind}, {one['event_type']}, run {one['run_id']}, event {one['event_id']}"],
        ["time", _time(one["mjd"], contours["time_utc"])],
        ["RA", f"{one['ra_deg']:.3f}° ({position[0][:-3]}){_errors(one, 'ra')}"],
        ["Dec", f"{one['dec_deg']:+.3f}° ({position[1][:-2]}){_errors(one, 'dec')}"],
        ["reconstruction", f"{one['reco']}, {contours['scanned']}"],
        ["levels", one["levels"]],
        ["containment", contours["containment"]],
    ]
    if one["caution"]:
        rows.append(["caution", one["caution"]])
    if one["truth_ra_deg"] is not None:
        rows.append(["truth", _truth(one)])
    return rows


def _time(mjd: float | None, utc: str | None) -> str:
    return "not known" if mjd is None else f"{str(utc).replace('T', ' ')} UTC (MJD {mjd:.6f})"


def _errors(one: Mapping[str, Any], name: str) -> str:
    plus, minus = one[f"{name}_plus_90_deg"], one[f"{name}_minus_90_deg"]
    return "" if plus is None or minus is None else f", 90 %: +{plus:.2f}° −{minus:.2f}°"


def _truth(one: Mapping[str, Any]) -> str:
    inside = {True: ", in the 90 % region", False: ", not in the 90 % region"}
    words = f"RA {one['truth_ra_deg']:.3f}°, Dec {one['truth_dec_deg']:+.3f}°"
    distance = f"{one['truth_distance_deg']:.2f}° from the best fit"
    return f"{words}, {distance}{inside.get(one['truth_in_90'], '')}"


def _regions(contours: Mapping[str, Any]) -> Table:
    rows: list[list[Cell]] = [
        [
            _REGIONS.get(name, name),
            one["area"],
            one["two_delta_llh"],
            len(one["island_areas"]),
            "yes: it may go on beyond" if one["reaches_edge"] else "no",
        ]
        for name, one in contours["contours"].items()
    ]
    names = (("region", None), ("area [deg²]", 3), ("2Δllh", 2), ("islands", None))
    columns = [Column(*pair) for pair in names]
    return Table("Regions", [*columns, Column("at the scan's edge")], rows)
