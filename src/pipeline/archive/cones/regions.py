"""Alerts inside a credible region of a skymap, by the cone indexes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.archive.cones.choice import indexes_of
from pipeline.archive.cones.index import ConeIndex
from pipeline.archive.cones.rows import Columns, put_together, rows_of
from pipeline.io.numpy_arrow import from_arrow, to_arrow
from pipeline.io.tables import field
from pipeline.sky.healpix import order_of
from pipeline.sky.maps.skymap import SkyMap

LEVEL = field("level", pa.float64(), description="credible level of the alert's position")
JD_OF_MJD = 2_400_000.5


@dataclass(frozen=True, eq=False)
class Area:
    """Where and when an event may have been.

    Attributes
    ----------
    skymap : SkyMap
    level : float
        Credible level of the region, in (0, 1].
    first_jd, last_jd : float
        Of an alert, both inclusive [d, UTC].
    """

    skymap: SkyMap
    level: float
    first_jd: float = -np.inf
    last_jd: float = np.inf

    @classmethod
    def after(cls, skymap: SkyMap, level: float, first: float, last: float) -> "Area":
        """Return the region of an event in a window [d] after its time.

        Raises
        ------
        ValueError
            If nobody knows its time.
        """
        if skymap.mjd is None:
            raise ValueError(f"{skymap.account.source}: no window, as the map has no time")
        start = skymap.mjd + JD_OF_MJD
        return cls(skymap, level, start + first, start + last)


def search_region(
    directory: Path, surveys: Iterable[str], area: Area, columns: Columns = None
) -> pa.Table:
    """Find all alerts inside a region and a window.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    surveys : iterable of str
    area : Area
    columns : sequence of str, "all" or None
        As of `pipeline.archive.cones.search.search`.

    Returns
    -------
    pyarrow.Table
        ``level``, ``survey``, ``night`` and the columns; sorted by level, survey, night, candid.
    """
    found = []
    for survey in surveys:
        for index in indexes_of(directory, survey):
            rows, level = _inside(index, area)
            table = rows_of(directory, index, rows, columns)
            found.append(table.add_column(0, LEVEL, to_arrow(level)))
    return put_together(found, (LEVEL,), columns)


def _inside(index: ConeIndex, area: Area) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the rows of an index that are inside, and their levels."""
    region = area.skymap.region(area.level)
    if region.frame == "icrs":
        begin, end = region.at_order(order_of(index.nside))
        first, last = np.searchsorted(index.ipix, begin), np.searchsorted(index.ipix, end)
        count = last - first
        rows = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
    else:  # the index is of other pixels
        rows = np.arange(len(index.ipix))
    places = index.rows.select(["jd", "ra", "dec"]).take(rows)
    jd, ra, dec = (from_arrow(column) for column in places.columns)
    in_time = np.flatnonzero((jd >= area.first_jd) & (jd <= area.last_jd))
    found = area.skymap.at(ra[in_time], dec[in_time])
    # a map of one cell has that as its region, whatever level is asked for
    most = max(area.level, float(area.skymap.level.min()))
    inside = np.flatnonzero((found.level <= most) & (found.cell >= 0))
    return rows[in_time[inside]], found.level[inside]
