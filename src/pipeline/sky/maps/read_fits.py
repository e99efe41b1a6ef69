"""HEALPix tables in FITS: UNIQ cells, and flat maps, ring or nested, whole or in part."""

from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.sky import healpix
from pipeline.sky.maps import cells
from pipeline.sky.maps.build import Pixels, Told, build
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.event_time import event_time
from pipeline.sky.maps.fits_header import Header, count_of, data_bytes, read_header, text_of
from pipeline.sky.maps.fits_table import Column, Layout, layout_of, read_columns
from pipeline.sky.maps.skymap import Frame, SkyMap

DENSITY, PROBABILITY = ("PROBDENSITY",), ("PROB", "PROBABILITY", "T")
PIXEL = ("PIXEL", "IPIX")
DISTANCE = ("DISTMU", "DISTSIGMA", "DISTNORM")
MOST_PIXELS = 12 * 4096**2
"""Of a map: four times those of the largest that is published (nside 2048)."""
MOST_CELLS = 1 << 24
"""Of a table that numbers them, all of which are held: LVK's have 20,000, rarely a million."""
FRAMES: dict[str, Frame] = {
    **dict.fromkeys(("", "C", "ICRS", "CEL", "EQU", "EQUATORIAL", "CELESTIAL", "RADEC"), "icrs"),
    **dict.fromkeys(("G", "GAL", "GALACTIC"), "galactic"),
}
PER_SR = {
    **dict.fromkeys(("", "sr-1", "1/sr", "sr^-1", "sr**-1", "sr**(-1)", "sr^(-1)"), 1.0),
    **dict.fromkeys(
        ("deg-2", "1/deg2", "deg^-2", "deg**-2", "deg**(-2)", "1/deg^2", "1/deg**2", "deg^(-2)"),
        1 / cells.SQUARE_DEGREE,
    ),
}
"""Units of a density, and what one of each is in 1/sr."""
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
            if layout.find(*PIXEL, "UNIQ") is not None:
                break
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
    flat = _Flat(header, count, explicit=pixel is not None)
    used = columns if pixel is None else [*columns, pixel]
    return build(flat.pixels(read_columns(stream, layout, used), value), told)


def _value_column(layout: Layout) -> Column | None:
    return layout.find(*DENSITY, *PROBABILITY)


def _per_sr(column: Column) -> float | None:
    """Return what a value's unit is in 1/sr; None if it is a probability of its pixel."""
    unit = column.unit.replace(" ", "").lower()
    if column.name.upper() not in DENSITY and unit not in PER_SR.keys() - {""}:
        return None
    if unit not in PER_SR:
        raise MapError(f"column {column.name} is in {column.unit!r}: expected sr-1 or deg-2")
    return PER_SR[unit]


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
        per_sr = _per_sr(column)
        density = values / area if per_sr is None else values * per_sr
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


class _Flat:
    """The pixels of a flat map, as its header numbers them."""

    def __init__(self, header: Header, count: int, *, explicit: bool) -> None:
        ordering = text_of(header, "ORDERING").upper()
        if ordering not in ("RING", "NESTED", "NEST"):
            raise MapError(f"ORDERING is {ordering!r}: expected RING or NESTED, or a column UNIQ")
        self.nest = ordering != "RING"
        nside = header.get("NSIDE")
        if nside is None and not explicit:
            nside = max(round((count / 12) ** 0.5), 1)
        if isinstance(nside, bool) or not isinstance(nside, int) or not _is_nside(nside):
            raise MapError(f"NSIDE is {nside!r}: expected a power of 2 up to 2^29")
        self.order = healpix.order_of(nside)
        self.explicit = explicit
        self.first = self._first(header, count)

    @property
    def total(self) -> int:
        """How many pixels the whole sky has."""
        return 12 << 2 * self.order

    def _first(self, header: Header, count: int) -> int:
        """Return the number of the first pixel of an implicit map: a part may begin later."""
        first, last = (count_of(header, f"{name}PIX", 0) for name in ("FIRST", "LAST"))
        if text_of(header, "INDXSCHM").upper() == "EXPLICIT":
            return 0
        if count == self.total:
            return 0
        if last and count == last - first + 1 and last < self.total:
            return first
        raise MapError(
            f"it has {count} pixels: expected {self.total}, those of nside {1 << self.order}"
        )

    def pixels(self, pieces: Iterator[list[NDArray[Any]]], column: Column) -> Pixels:
        """Return those above 0 of an implicit map, all of an explicit one."""
        kept: list[list[NDArray[Any]]] = []
        count = bad = 0
        for piece in pieces:
            with np.errstate(invalid="ignore"):
                good = (piece[0] > 0) & (piece[0] < np.inf)
            bad += len(good) - int(np.count_nonzero(good)) - int(np.count_nonzero(piece[0] == 0))
            kept.append(
                self._explicit(piece, good) if self.explicit else self._some(piece, good, count)
            )
            count += len(good)
        if not kept:
            raise MapError("the table is empty: expected pixels")
        begin, end, value, *layers = (np.concatenate(parts) for parts in zip(*kept, strict=True))
        area = float(healpix.pixel_area(1 << self.order))
        with np.errstate(over="ignore"):
            density = value * (_per_sr(column) or 1 / area)
        return Pixels(
            begin,
            end,
            density,
            tuple(layers),
            pixels=count,
            bad=bad,
            coverage=count / self.total,
            flat=True,
        )

    def _some(
        self, piece: list[NDArray[Any]], good: NDArray[np.bool_], before: int
    ) -> list[NDArray[Any]]:
        """Return the good pixels of a piece of an implicit map."""
        where = np.flatnonzero(good)
        begin, end = self._cells(self.first + before + where)
        values = [part[where].astype(np.float64) for part in piece]
        if not self.nest:
            return [begin, end, *values]
        # at once, and again when all are there: a map of equal siblings takes less memory
        begin, end, which = cells.merge_siblings(begin, end, *values)
        return [begin, end, *(part[which] for part in values)]

    def _explicit(self, piece: list[NDArray[Any]], good: NDArray[np.bool_]) -> list[NDArray[Any]]:
        """Return all pixels of a piece of an explicit map: two of them may be one."""
        *values, number = piece
        if number.dtype.kind not in "iu":
            raise MapError("PIXEL holds numbers that are not whole")
        if number.size and not (number.min() >= 0 and number.max() < self.total):
            raise MapError(
                f"PIXEL goes from {number.min()} to {number.max()}: expected 0 to "
                f"{self.total - 1}, those of nside {1 << self.order}"
            )
        begin, end = self._cells(number.astype(np.int64))
        value = np.where(good, values[0], 0).astype(np.float64)
        return [begin, end, value, *(part.astype(np.float64) for part in values[1:])]

    def _cells(self, number: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        nested = number if self.nest else np.empty_like(number)
        if not self.nest:
            for at in range(0, len(number), 1 << 14):  # in between it stays in the caches
                part = slice(at, at + (1 << 14))
                nested[part] = healpix.ring_to_nest(1 << self.order, number[part])
        width = int(cells.width(self.order))
        return nested * width, (nested + 1) * width


def _is_nside(number: int) -> bool:
    return 1 <= number <= 1 << cells.ORDER and not number & (number - 1)


def _skip(stream: IO[bytes], count: int) -> None:
    """Read on; what a header promises and the file lacks is noticed by the next header."""
    while count > 0 and (piece := len(stream.read(min(count, 1 << 20)))):
        count -= piece
