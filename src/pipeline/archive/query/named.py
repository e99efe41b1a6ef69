"""The rows near positions, by the positions' names."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.archive.cones.search import POSITION
from pipeline.archive.query.home import Options
from pipeline.archive.query.positions import Positions
from pipeline.io.numpy_arrow import from_arrow, text_to_arrow, to_arrow
from pipeline.io.tables import field

NAMED = field("position", pa.string(), description="its name")


def kept(position: NDArray[np.int64], options: Options) -> NDArray[np.int64]:
    """Return which rows to keep: of each position as many as are asked for.

    Parameters
    ----------
    position : ndarray of int64, shape (n,)
        Ascending.

    >>> kept(np.array([0, 0, 0, 2]), Options(limit=1, skip=1))
    array([1])
    """
    first = np.flatnonzero(np.diff(position, prepend=-1))
    count = np.diff(first, append=len(position))
    rank = np.arange(len(position)) - np.repeat(first, count)
    end = np.inf if options.limit is None else options.skip + options.limit
    return np.flatnonzero((rank >= options.skip) & (rank < end))


def with_names(found: pa.Table, positions: Positions, options: Options) -> pa.Table:
    """Return the rows of a search with the names of the positions, and as many as asked for."""
    number = from_arrow(found[POSITION.name])
    rows = kept(number, options)
    names = text_to_arrow(positions.names).take(to_arrow(number[rows]))
    taken = found.take(to_arrow(rows))
    return taken.set_column(0, NAMED, names)
