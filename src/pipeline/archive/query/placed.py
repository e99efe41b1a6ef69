"""Searches by position in catalogues, by their stores."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.query.documents import PLACE, RANK, chosen_of, selected_near
from pipeline.archive.query.home import Document, Options, Wanted
from pipeline.archive.stores.shape import documents_at, open_catalog
from pipeline.io.numpy_arrow import to_arrow
from pipeline.sky.cones import pairs_within

_ARCSEC = np.degrees(1.0) * 3600.0


def catalog_near(
    directory: Path,
    catalog: str,
    vec: NDArray[np.float64],
    least_most: tuple[float, float],
    wanted: Wanted,
    options: Options,
) -> Iterator[tuple[int, Document]]:
    """Yield the rows of a catalogue near positions as documents, each with its position.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    catalog : str
        Of `pipeline.archive.stores.shape.store_names`.
    vec : ndarray of float64, shape (n, 3)
        Unit vectors of the positions.
    least_most : (float, float)
        Distances, both inclusive [arcsec].
    wanted : Wanted
    options : Options
        Its limit and skip are of each position.
    """
    store = open_catalog(directory, catalog)
    pairs = pairs_within(vec, store, least_most[1])
    far = np.flatnonzero(pairs.radians * _ARCSEC >= least_most[0])
    position, row = pairs.position[far], pairs.row[far]
    found = documents_at(store, row)
    schema = found.schema
    found = found.append_column(RANK, to_arrow(np.arange(len(row))))
    found = found.append_column(PLACE, to_arrow(position))
    yield from chosen_of(list(selected_near(catalog, found, schema, wanted, options)), options)
