"""The pixels of a flat map: ring or nested, whole, from one pixel to another, or numbered."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.sky import healpix
from pipeline.sky.maps import cells
from pipeline.sky.maps.build import Pixels
from pipeline.sky.maps.columns import per_sr
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.fits_header import Header, count_of, text_of
from pipeline.sky.maps.fits_table import Column


class FlatPixels:
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
            density = value * (per_sr(column) or 1 / area)
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
