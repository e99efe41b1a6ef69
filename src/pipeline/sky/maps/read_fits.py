"""HEALPix tables in FITS: UNIQ cells, and flat maps, ring or nested, whole or in part."""

from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.sky.maps import cells
from pipeline.sky.maps.build import Pixels, Told, build
from pipeline.sky.maps.columns import DENSITY, DISTANCE, PIXEL, PROBABILITY, per_sr
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.event_time import event_time
from pipeline.sky.maps.fits_header import Header, data_bytes, read_header, text_of
from pipeline.sky.maps.fits_table import Column, Layout, layout_of, read_columns
from pipeline.sky.maps.flat import FlatPixels
from pipeline.sky.maps.skymap import Frame, SkyMap

MOST_PIXELS = 12 * 4096**2
"""Of a map: four times those of the largest that is published (nside 2048)."""
MOST_CELLS = 1 << 24
"""Of a table that numbers them, all of which are held: LVK's have 20,000, rarely a million."""
FRAMES: dict[str, Frame] = {
    **dict.fromkeys(("", "C", "ICRS", "CEL", "EQU", "EQUATORIAL", "CELESTIAL", "RADEC"), "icrs"),
    **dict.fromkeys(("G", "GAL", "GALACTIC"), "galactic"),
}
NAMELESS = {"", "FULLSKY", "PARTIAL", "UNKNOWN", "NONE"}
"""What OBJECT holds where it names no event."""


def read_fits(stream: IO[bytes], source: str) -> SkyMap:
    """Read the first HEALPix table of a FITS file.

    Parameters
    ----------
    stream : binary stream
        At its beginning, unpacked.
    source : str
        What the map's account calls it.

    Raises
    ------
    MapError
        If there is no such table, or it is damaged or cannot be used.
    """
    primary = read_header(stream, first=True)
    header = primary
    while header is not None:
        if text_of(header, "XTENSION") == "BINTABLE":
            data_bytes(header)  # not too many
            layout = layout_of(header)
            if _value_column(layout) is not None:
                return _read_table(stream, layout, {**(primary or {}), **header}, source)
        _skip(stream, data_bytes(header))
        header = read_header(stream, first=False)
    names = ", ".join((*DENSITY, *PROBABILITY))
    raise MapError(f"no HEALPix table: expected one with a column {names}")


def _read_table(stream: IO[bytes], layout: Layout, header: Header, source: str) -> SkyMap:
    mjd, notes = event_time(header)
    coordsys = text_of(header, "COORDSYS").upper()
    if coordsys not in FRAMES:
        raise MapError(f"COORDSYS is {coordsys!r}: expected C or ICRS, G or GALACTIC, or none")
    told = Told(source, FRAMES[coordsys], _name(header), mjd, notes)
    value = _value_column(layout)
    assert value is not None  # who calls has seen it
    count, uniq = layout.rows * value.repeat, layout.find("UNIQ")
    is_explicit = uniq is not None or text_of(header, "INDXSCHM").upper() == "EXPLICIT"
    most = MOST_CELLS if is_explicit else MOST_PIXELS
    if count > most:
        raise MapError(f"it has {count} pixels: at most {most} are read")
    layers = [c for c in map(layout.find, DISTANCE) if c is not None]
    columns = [value, *layers] if len(layers) == len(DISTANCE) else [value]
    if uniq is not None:
        return build(_uniq(read_columns(stream, layout, [*columns, uniq]), value), told)
    pixel = layout.find(*PIXEL)
    if not is_explicit:
        pixel = None
    elif pixel is None:
        raise MapError("INDXSCHM is EXPLICIT: expected a column PIXEL or UNIQ")
    flat = FlatPixels(header, count, explicit=pixel is not None)
    used = columns if pixel is None else [*columns, pixel]
    return build(flat.pixels(read_columns(stream, layout, used), value), told)


def _value_column(layout: Layout) -> Column | None:
    return layout.find(*DENSITY, *PROBABILITY)


def _name(header: Header) -> str | None:
    name = text_of(header, "OBJECT")
    if name.upper() not in NAMELESS:
        return name
    run, event = header.get("RUNID"), header.get("EVENTID")
    return f"{run}_{event}" if isinstance(run, int) and isinstance(event, int) else None


def _uniq(pieces: Iterator[list[NDArray[Any]]], column: Column) -> Pixels:
    gathered = [np.concatenate(parts) for parts in zip(*pieces, strict=True)]
    if not gathered:
        raise MapError("the table is empty: expected cells")
    values, *layers, uniq = gathered
    if uniq.dtype.kind == "f":
        if not np.all(uniq == np.floor(uniq)) or uniq.max(initial=0) >= 2**53:
            raise MapError("UNIQ holds numbers that are not whole")
        uniq = uniq.astype(np.int64)
    begin, end = cells.intervals_of_uniq(uniq.astype(np.int64))
    area = (end - begin) * cells.PIXEL_SR
    with np.errstate(over="ignore", invalid="ignore"):
        values = values.astype(np.float64)
        unit = per_sr(column)
        density = values / area if unit is None else values * unit
    good = np.isfinite(density) & (density >= 0)
    return Pixels(
        begin,
        end,
        np.where(good, density, 0.0),
        tuple(layer.astype(np.float64) for layer in layers),
        pixels=len(values),
        bad=int((~good).sum()),
        coverage=float(area.sum() / (4 * np.pi)),
    )


def _skip(stream: IO[bytes], count: int) -> None:
    """Read on; what a header promises and the file lacks is noticed by the next header."""
    while count > 0 and (piece := len(stream.read(min(count, 1 << 20)))):
        count -= piece
