"""Which columns of a HEALPix table mean what, and in which units."""

from pipeline.sky.maps.cells import SQUARE_DEGREE
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.fits_table import Column

DENSITY, PROBABILITY = ("PROBDENSITY",), ("PROB", "PROBABILITY", "T")
PIXEL = ("PIXEL", "IPIX")
DISTANCE = ("DISTMU", "DISTSIGMA", "DISTNORM")
PER_SR = {
    **dict.fromkeys(("", "sr-1", "1/sr", "sr^-1", "sr**-1", "sr**(-1)", "sr^(-1)"), 1.0),
    **dict.fromkeys(
        ("deg-2", "1/deg2", "deg^-2", "deg**-2", "deg**(-2)", "1/deg^2", "1/deg**2", "deg^(-2)"),
        1 / SQUARE_DEGREE,
    ),
}
"""Units of a density, and what one of each is in 1/sr."""


def per_sr(column: Column) -> float | None:
    """Return what a value's unit is in 1/sr; None if it is a probability of its pixel."""
    unit = column.unit.replace(" ", "").lower()
    if column.name.upper() not in DENSITY and unit not in PER_SR.keys() - {""}:
        return None
    if unit not in PER_SR:
        raise MapError(f"column {column.name} is in {column.unit!r}: expected sr-1 or deg-2")
    return PER_SR[unit]
