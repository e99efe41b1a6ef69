"""Positions as brokers' documents have them."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.sky.coordinates import galactic, sexagesimal, wrapped


def coordinates_of(ra: NDArray[np.float64], dec: NDArray[np.float64]) -> pa.StructArray:
    """Return positions [deg] as ``coordinates``; GeoJSON's longitude is ra - 180 [deg]."""
    ra = wrapped(ra)
    pairs = pa.array(np.column_stack([ra - 180.0, dec]).ravel())
    texts = [text for place in zip(ra, dec, strict=True) for text in sexagesimal(*place)]
    ends = pa.array(np.arange(0, 2 * len(ra) + 1, 2, dtype=np.int32))
    point = pa.StructArray.from_arrays(
        [pa.array(["Point"] * len(ra), pa.string()), pa.ListArray.from_arrays(ends, pairs)],
        ["type", "coordinates"],
    )
    text = pa.ListArray.from_arrays(ends, pa.array(texts, pa.string()))
    l_, b = map(pa.array, galactic(ra, dec))
    names = ["radec_geojson", "radec_str", "l", "b"]
    return pa.StructArray.from_arrays([point, text, l_, b], names)
