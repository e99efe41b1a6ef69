"""The maps' part of the morning page: which of the night's alerts lie in others' regions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.contract.blocks import Block, Column, Outline, Reads, Section, Table, Words
from pipeline.maps.source import MapSource, newest, open_map, source_of
from pipeline.sky.maps import cells
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.outline import outline_of
from pipeline.sky.maps.skymap import SkyMap, pixels_of, to_icrs

ORDER = 5
"""Of the pixels, 1.8 degrees wide, that count as seen where the night has an alert."""
DRAWN = 0.9
FIRST_SEEN = "jdstarthist"
_MJD_ZERO = 2400000.5
_NIGHT = ("object_id", "ra", "dec", FIRST_SEEN)


def facts(reads: Reads) -> dict[str, Any]:
    """Return what each map and the night have in common; see `pipeline.contract.page.Page.facts`.

    A map that cannot be read is told, and the others go on.
    """
    sources = newest(source_of(values) for values in reads.settings["maps"])
    alerts = _alerts(reads.files["alerts"])
    return {"maps": {name: _map(source, alerts) for name, source in sources.items()}}


def section(reads: Reads) -> Section:
    """Return the part of the page; see `pipeline.contract.page.Page.section`."""
    found = reads.facts.get("maps", {})
    read = {name: one for name, one in found.items() if "failed" not in one}
    blocks: list[Block] = [Words("No map can be read.")]
    if read:
        blocks = [_table(read), Words(_WORDS)]
    looked = ["1 skymap of others" if len(read) == 1 else f"{len(read)} skymaps of others"]
    return Section(
        blocks,
        problems=[f"map {name}: {found[name]['failed']}" for name in found if name not in read],
        looked=looked if read else [],
        outlines=[
            Outline(name, one["peak"][0], one["peak"][1], one["outline"])
            for name, one in read.items()
        ],
        origin=[_origin(name, one) for name, one in read.items()],
    )


def _origin(name: str, one: Mapping[str, Any]) -> list[str]:
    return [f"map {name}", f"{one['pixels']:,} pixels", one["file"] or "an error circle"]


_WORDS = (
    "New objects are those first seen in the window after the event. Seen is the probability "
    "in the pixels, 1.8° wide, where the night has an alert."
)


def _alerts(paths: Sequence[str]) -> pa.Table:
    tables = []
    for path in paths:
        there = [name for name in _NIGHT if name in pq.read_schema(path).names]
        tables.append(pq.read_table(path, columns=there))
    return pa.concat_tables(tables, promote_options="default") if tables else pa.table({})


def _map(source: MapSource, alerts: pa.Table) -> dict[str, Any]:
    try:
        skymap = open_map(source)
    except (MapError, OSError) as error:
        return {"failed": str(error)}
    peak = to_icrs(*skymap.peak, skymap.frame)
    return {
        "stream": source.stream,
        "mjd": skymap.mjd,
        "area_50_deg2": skymap.area_of(0.5),
        "area_90_deg2": skymap.area_of(0.9),
        "level": source.level,
        "window_d": list(source.window),
        "peak": [float(angle) for angle in peak],
        "outline": outline_of(skymap, DRAWN),
        "file": source.path,
        "pixels": skymap.account.pixels,
        "notes": list(skymap.account.notes),
        **_night(source, skymap, alerts),
    }


def _night(source: MapSource, skymap: SkyMap, alerts: pa.Table) -> dict[str, Any]:
    """Return how many alerts lie in a region, of how many new objects, and how much was seen."""
    if not alerts.num_rows:
        return {"alerts": 0, "objects": 0, "new_objects": None, "seen": 0.0}
    ra, dec = (alerts[name].to_numpy() for name in ("ra", "dec"))
    pixel = pixels_of(ra, dec, skymap.frame)
    inside = alerts.filter(pa.array(skymap.region(source.level).holds(pixel)))
    return {
        "alerts": inside.num_rows,
        "objects": pc.count_distinct(inside["object_id"]).as_py(),
        "new_objects": _new(source, skymap.mjd, inside),
        "seen": _seen(skymap, pixel[pixel >= 0]),
    }


def _new(source: MapSource, mjd: float | None, inside: pa.Table) -> int | None:
    """Return of how many objects the first detection is in the window; None if unknown."""
    if mjd is None or FIRST_SEEN not in inside.schema.names:
        return None
    after = pc.subtract(inside[FIRST_SEEN], mjd + _MJD_ZERO)
    start, end = source.window
    new = pc.and_(pc.greater_equal(after, start), pc.less_equal(after, end))
    return int(pc.count_distinct(inside.filter(pc.fill_null(new, False))["object_id"]).as_py())


def _seen(skymap: SkyMap, pixel: NDArray[np.int64]) -> float:
    """Return the probability in the pixels of `ORDER` where there is an alert."""
    size = np.int64(cells.width(ORDER))
    begin = np.unique(pixel // size) * size
    return float(np.sum(skymap.below(begin + size) - skymap.below(begin)))


def _table(read: Mapping[str, Mapping[str, Any]]) -> Table:
    columns = [
        Column("event"),
        Column("stream"),
        Column("MJD", 5),
        Column("50 % [deg²]", 2),
        Column("90 % [deg²]", 2),
        Column("level"),
        Column("alerts within"),
        Column("objects"),
        Column("new objects"),
        Column("seen [%]", 1),
    ]
    rows = [
        [
            *(name, one["stream"], one["mjd"], one["area_50_deg2"], one["area_90_deg2"]),
            *(f"{100 * one['level']:g} %", one["alerts"], one["objects"], one["new_objects"]),
            100 * one["seen"],
        ]
        for name, one in read.items()
    ]
    return Table("Skymaps of maps.tsv, and what the night has in them", columns, rows)
