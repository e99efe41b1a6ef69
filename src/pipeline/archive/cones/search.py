"""Alerts within a radius of positions: all of them at once, by the cone indexes."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.archive.cones.choice import indexes_of
from pipeline.archive.cones.rows import Columns, put_together, rows_of
from pipeline.io.numpy_arrow import to_arrow
from pipeline.io.tables import field
from pipeline.sky.cones import pairs_within

POSITION = field("position", pa.int64(), description="number of the position, from 0")
DISTANCE = field("distance_arcsec", pa.float64(), "arcsec", "great circle")
_ARCSEC = np.degrees(1.0) * 3600.0


def search(
    directory: Path,
    surveys: Iterable[str],
    vec: NDArray[np.float64],
    arcsec: float,
    columns: Columns = None,
) -> pa.Table:
    """Find all alerts within a radius of positions.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    surveys : iterable of str
    vec : ndarray of float64, shape (n, 3)
        Unit vectors of the positions.
    arcsec : float
        Radius, inclusive [arcsec].
    columns : sequence of str, "all" or None
        What is told of each alert. None: what the indexes have. Others are looked up in the
        tables.

    Returns
    -------
    pyarrow.Table
        ``position``, ``distance_arcsec``, ``survey``, ``night`` and the columns; sorted by
        position, distance, survey, night and candid.

    Raises
    ------
    ValueError
        If a column is in no table.
    """
    found = []
    for survey in surveys:
        for index in indexes_of(directory, survey):
            pairs = pairs_within(vec, index, arcsec)
            table = rows_of(directory, index, pairs.row, columns)
            table = table.add_column(0, DISTANCE, to_arrow(pairs.radians * _ARCSEC))
            found.append(table.add_column(0, POSITION, to_arrow(pairs.position)))
    return put_together(found, (POSITION, DISTANCE), columns)
