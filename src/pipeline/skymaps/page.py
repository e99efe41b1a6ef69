"""The events' part of the morning page: where each neutrino came from, and how sure that is."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from math import log10
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.contract.blocks import (
    Block,
    Cell,
    Column,
    Copy,
    Group,
    Outline,
    Picture,
    Reads,
    Section,
    Table,
    Words,
)

MOST_SHOWN = 5
"""Events with pictures: those nearest to the night in time."""
WIDTH = 760
"""Of pictures on the page [pix]: a fifth of the bytes of what the scan draws."""
QUALITY = 78
_MJD_ZERO = 2400000.5


def section(reads: Reads) -> Section:
    """Return the part of the page; see `pipeline.contract.page.Page.section`.

    Events whose scan has left nothing are named.
    """
    names = reads.settings["events"]
    if not names:
        return Section([Words("There are no neutrino events in the configuration.")])
    folders = {Path(path).parent.name: Path(path).parent for path in reads.files["events"]}
    found, failed = {}, []
    for name in names:
        summary = _json(folders.get(name), "summary.json")
        if summary is None:
            failed.append(f"event {name}: no skymap; see logs/scan/{name}.log")
        else:
            found[name] = summary
    near = sorted(found, key=lambda name: (_away(reads, found[name]), name))[:MOST_SHOWN]
    blocks: list[Block] = [_table(reads, found)] if found else []
    blocks += [_event(reads, folders[name], found[name]) for name in found if name in near]
    if len(found) > len(near):
        blocks.append(Words(f"Pictures are shown of the {len(near)} events nearest in time."))
    if failed:
        blocks.append(Words("Without a skymap: " + "; ".join(failed)))
    outlines = [o for name in found if (o := _outline(folders[name], name)) is not None]
    problems = failed + list(_problems(found))
    looked = ["1 neutrino event" if len(names) == 1 else f"{len(names)} neutrino events"]
    return Section(blocks, (), problems, looked, outlines)


def _json(folder: Path | None, name: str) -> dict[str, Any] | None:
    if folder is None or not (folder / name).is_file():
        return None
    found: dict[str, Any] = json.loads((folder / name).read_text())
    return found


def _days(reads: Reads, summary: Mapping[str, Any]) -> float | None:
    """Return how long before (less than 0) or after the night's alerts an event was [d]."""
    if reads.span is None:
        return None
    jd = summary["mjd"] + _MJD_ZERO
    first, last = reads.span
    return min(jd - first, 0.0) if jd < first else max(jd - last, 0.0)


def _away(reads: Reads, summary: Mapping[str, Any]) -> float:
    return abs(_days(reads, summary) or 0.0)


def _when(days: float | None) -> str | None:
    if days is None:
        return None
    if days == 0.0:
        return "in the night"
    words = f"{abs(days):,.2f} d" if abs(days) < 10 else f"{abs(days):,.0f} d"
    return f"{words} {'before' if days < 0 else 'after'}"


def _table(reads: Reads, found: Mapping[str, Mapping[str, Any]]) -> Table:
    columns = [
        Column("event"),
        Column("MJD", 5),
        Column("RA [deg]", 2),
        Column("Dec [deg]", 2),
        Column("50 % [deg²]", 2),
        Column("90 % [deg²]", 2),
        Column("levels"),
        Column("failed pixels"),
    ]
    rows: list[list[Cell]] = [
        [
            *(name, one["mjd"], one["ra_deg"], one["dec_deg"]),
            *(one["area_50_deg2"], one["area_90_deg2"], one["levels"], one["failed_pixels"]),
        ]
        for name, one in found.items()
    ]
    if reads.span is not None:  # the index is of no night
        columns.insert(2, Column("against the night"))
        for row, one in zip(rows, found.values(), strict=True):
            row.insert(2, _when(_days(reads, one)))
    return Table("Neutrino events", columns, rows)


def _event(reads: Reads, folder: Path, one: Mapping[str, Any]) -> Group:
    name = one["event"]
    kind = "real" if one["is_real"] else "simulated"
    where = f"best fit RA {one['ra_deg']:.2f}°, Dec {one['dec_deg']:+.2f}°"
    said = f"90 % area {_area(one)} deg², {where}"
    when = _when(_days(reads, one))
    against = "" if when is None else f", {when}{' the night' if when[-1] != 't' else ''}"
    blocks: list[Block] = [Words(f"{kind}, {one['event_type']}, {one['reco']}{against}: {said}.")]
    pictures = (("zoom.png", "Surroundings"), ("sky.png", "Whole sky"))
    for file, words in pictures:
        if (folder / file).is_file():
            blocks.append(small_picture(folder / file, f"{words} of {name}: {said}", words))
    circular = folder / "circular.txt"
    if circular.is_file():
        blocks.append(Copy("Circular", circular.read_text()))
    blocks.append(failed_words(folder))
    return Group(name, blocks)


def failed_words(folder: Path) -> Words:
    """Return what an event's manifest says of the pixels that failed."""
    manifest = _json(folder, "manifest.json") or {}
    failed = manifest.get("failed_pixels", [])
    if not failed:
        return Words("No pixel failed.")
    words = [str(pixel) for pixel in failed[:5]]
    return Words(f"{len(failed)} pixels failed, the first: {'; '.join(words)}")


def _area(one: Mapping[str, Any]) -> str:
    """Return the 90 % area to three digits."""
    area = one["area_90_deg2"]
    digits = max(0, 2 - int(log10(area))) if area >= 1 else 2
    return f"{'at least ' if one['reaches_edge_90'] else ''}{area:,.{digits}f}"


def small_picture(path: Path, alt: str, caption: str) -> Picture:
    """Return a picture of the scan, drawn anew for the page."""
    with Image.open(path) as image:
        height = round(image.height * WIDTH / image.width)
        small = image.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "WEBP", quality=QUALITY, method=6)
    return Picture(stream.getvalue(), "webp", WIDTH, height, alt, caption)


def _outline(folder: Path, name: str) -> Outline | None:
    contours = _json(folder, "contours.json")
    if contours is None:
        return None
    polygons: Sequence[Any] = contours["contours"]["90"]["polygons"]
    return Outline(name, contours["ra_deg"], contours["dec_deg"], polygons)


def _problems(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, one in found.items():
        if one["failed_pixels"]:
            yield f"event {name}: {one['failed_pixels']:,} pixels failed"
        if one["reaches_edge_90"]:
            yield f"event {name}: its 90 % region may go on beyond what was scanned"
