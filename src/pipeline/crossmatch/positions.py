"""Columns of catalogues as numbers: coordinates in degrees, distances."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.io.text import is_text, reals
from pipeline.sky.coordinates import SEXAGESIMAL


def numbers(column: pa.Array) -> NDArray[np.float64]:
    """Return a column as float64: NaN where it is null or holds no number.

    >>> numbers(pa.array(["1.5", "n/a", None]))
    array([1.5, nan, nan])
    """
    if is_text(column.type):
        column = reals(column)
    elif not _numeric(column.type):
        return np.full(len(column), np.nan)
    # not safe: 2^53 + 1 is rounded, as float() does
    return pc.fill_null(column.cast(pa.float64(), safe=False), np.nan).to_numpy(
        zero_copy_only=False
    )


def right_ascension(column: pa.Array) -> NDArray[np.float64]:
    """Return right ascensions [deg]: numbers are degrees, sexagesimal text is hours.

    NaN where a value is neither, or not in [-360, 360] deg.

    >>> right_ascension(pa.array(["10.5", "00 01 16.37", "a star"]))
    array([10.5       ,  0.31820833,         nan])
    """
    ra = _angles(column, 15.0)
    return np.where(np.abs(ra) <= 360.0, ra, np.nan)


def declination(column: pa.Array) -> NDArray[np.float64]:
    """Return declinations [deg] of numbers or sexagesimal text; NaN as above, ±90 deg.

    >>> declination(pa.array(["-00:30:00", "91"]))
    array([-0.5,  nan])
    """
    dec = _angles(column, 1.0)
    return np.where(np.abs(dec) <= 90.0, dec, np.nan)


def _numeric(type_: pa.DataType) -> bool:
    kinds = pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal
    return any(is_kind(type_) for is_kind in kinds)


def _angles(column: pa.Array, scale: float) -> NDArray[np.float64]:
    """Return degrees; `scale` is degrees for one unit of sexagesimal text."""
    degrees = numbers(column)
    if not is_text(column.type) or not np.isnan(degrees).any():
        return degrees
    parts = pc.extract_regex(column.cast(pa.string()), SEXAGESIMAL)
    field = {n: numbers(pc.struct_field(parts, n)) for n in ("whole", "minutes", "seconds")}
    valid = (field["minutes"] < 60) & (field["seconds"] < 60)
    angle = scale * (field["whole"] + field["minutes"] / 60 + field["seconds"] / 3600)
    negative = pc.fill_null(pc.equal(pc.struct_field(parts, "sign"), "-"), False)
    angle = np.where(negative.to_numpy(zero_copy_only=False), -angle, angle)
    return np.where(np.isnan(degrees) & valid, angle, degrees)
