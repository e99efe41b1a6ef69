"""All HEALPix arithmetic: the one place that knows how the sphere is cut into pixels.

Positions are degrees or unit vectors, never colatitudes. ``nest`` says which of the two
numberings a pixel number is in; an *order* is log2(nside) and belongs to the nested one.
Why this is code of our own, on `pipeline.sky.healpix_faces`: docs/decisions/0001-healpix.md.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.sky import healpix_faces as faces
from pipeline.sky.healpix_discs import near_rings

MAX_ORDER = 29
_PIECE = 1 << 13  # positions at a time: what they need in between stays in the caches

# Least distance from a point to the outside of its pixel and that pixel's neighbours, in
# units of 1/nside [rad], rounded down. It falls with nside towards 0.689 = (π/2) /
# sqrt(1.5 (1 + π²/4)), the width of the sheared pixels along the edge of a polar base face
# near the pole (from the gradient of the projection there); the least over the boundaries
# of all pixels is 0.755 at order 1, 0.706 at order 4, 0.692 at order 10.
NEIGHBOUR_MARGIN = 0.68


def lonlat_to_vec(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Return unit vectors of positions.

    Parameters
    ----------
    lon, lat : array_like, shape (...)
        Longitude (any, it wraps) and latitude [deg].

    Returns
    -------
    ndarray of float64, shape (..., 3)
    """
    lon, lat = np.broadcast_arrays(np.radians(lon), np.radians(lat))
    cos_lat = np.cos(lat)
    return np.stack([cos_lat * np.cos(lon), cos_lat * np.sin(lon), np.sin(lat)], axis=-1)


def vec_to_lonlat(vec: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude in [0, 360) and latitude [deg] of vectors of shape (..., 3)."""
    x, y, z = np.moveaxis(np.asarray(vec, dtype=np.float64), -1, 0)
    lon = np.degrees(np.arctan2(y, x)) % 360.0
    # -1e-17 % 360 is 360: the remainder of a tiny negative number rounds up to the divisor
    return np.where(lon == 360.0, 0.0, lon), np.degrees(np.arctan2(z, np.hypot(x, y)))


def lonlat_to_pixel(
    nside: int, lon: ArrayLike, lat: ArrayLike, *, nest: bool = False
) -> NDArray[np.int64]:
    """Return the pixel of each position.

    Parameters
    ----------
    nside : int
        A power of 2.
    lon, lat : array_like
        Longitude (any, it wraps) and latitude in [-90, 90] [deg].
    nest : bool
        Numbering: nested, or ring.

    Raises
    ------
    ValueError
        If a latitude is out of range, a longitude is not finite or `nside` is not valid.
    """
    if not (np.all(np.abs(lat) <= 90.0) and np.all(np.isfinite(lon))):
        raise ValueError("a latitude is not in [-90, 90] deg, or a longitude is not finite")
    lon, lat = np.broadcast_arrays(np.asarray(lon, float), np.asarray(lat, float))
    pixel = np.empty(lon.shape, np.int64)
    order, flat_lon, flat_lat, out = order_of(nside), lon.ravel(), lat.ravel(), pixel.reshape(-1)
    for start in range(0, out.size, _PIECE):
        piece = slice(start, start + _PIECE)
        # by the colatitude, as healpy does: on a pixel's edge the last bit decides
        from_pole = np.pi / 2 - np.radians(flat_lat[piece])
        z, sine = np.cos(from_pole), np.sin(from_pole)
        out[piece] = _number(order, faces.at(order, z, sine, np.radians(flat_lon[piece])), nest)
    return pixel[()]


def vec_to_pixel(nside: int, vec: ArrayLike, *, nest: bool = False) -> NDArray[np.int64]:
    """Return the pixel of each vector; `vec` has shape (..., 3).

    Raises
    ------
    ValueError
        If a vector is zero or not finite, or `nside` is not valid.
    """
    vec = np.asarray(vec, dtype=np.float64)
    pixel = np.empty(vec.shape[:-1], np.int64)
    order, flat, out = order_of(nside), vec.reshape(-1, 3), pixel.reshape(-1)
    for start in range(0, out.size, _PIECE):
        piece = slice(start, start + _PIECE)
        x, y, z = flat[piece].T
        length = np.sqrt(x * x + y * y + z * z)
        if not np.all((length > 0) & np.isfinite(length)):
            raise ValueError("a vector is zero or not finite")
        sine = np.sqrt(x * x + y * y) / length
        out[piece] = _number(order, faces.at(order, z / length, sine, np.arctan2(y, x)), nest)
    return pixel[()]


def pixel_to_lonlat(
    nside: int, pixel: ArrayLike, *, nest: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude in [0, 360) and latitude [deg] of the pixels' centres."""
    z, sine, longitude = faces.centres(*_rings(nside, pixel, nest), nested=nest)
    near = np.abs(z) > 0.99  # the arc cosine loses digits there
    from_pole = np.where(near, faces.libm(math.atan2, sine, z), faces.libm(math.acos, z))
    return np.degrees(longitude), np.degrees(np.pi / 2 - from_pole)


def pixel_to_vec(nside: int, pixel: ArrayLike, *, nest: bool = False) -> NDArray[np.float64]:
    """Return unit vectors, shape (..., 3), of the pixels' centres."""
    z, sine, lon = faces.centres(*_rings(nside, pixel, nest), nested=nest)
    return np.stack(
        [sine * faces.libm(math.cos, lon), sine * faces.libm(math.sin, lon), z], axis=-1
    )


def ring_to_nest(nside: int, pixel: ArrayLike) -> NDArray[np.int64]:
    """Renumber pixels from ring to nested."""
    order, pixel = _checked(nside, pixel)
    return faces.to_nested(order, _from_ring(order, pixel))[()]


def nest_to_ring(nside: int, pixel: ArrayLike) -> NDArray[np.int64]:
    """Renumber pixels from nested to ring."""
    order, pixel = _checked(nside, pixel)
    return faces.to_ring(order, faces.from_nested(order, pixel))[()]


def _checked(nside: int, pixel: ArrayLike) -> tuple[int, NDArray[np.int64]]:
    """Return the order and the pixel numbers as an array, if there are such pixels."""
    order, number = order_of(nside), np.asarray(pixel, dtype=np.int64)
    if number.size and not (number.min() >= 0 and number.max() < 12 << 2 * order):
        raise ValueError(f"a pixel is not in [0, {12 << 2 * order}), those of nside {nside}")
    return order, number


def _rings(nside: int, pixel: ArrayLike, nest: bool) -> tuple[int, faces.Rings]:
    order, number = _checked(nside, pixel)
    if nest:
        return order, faces.to_rings(order, faces.from_nested(order, number))
    return order, faces.rings_of(order, number)


def _from_ring(order: int, number: NDArray[np.int64]) -> faces.Pixels:
    return faces.from_rings(order, faces.rings_of(order, number))


def _number(order: int, pixels: faces.Pixels, nest: bool) -> NDArray[np.int64]:
    return faces.to_nested(order, pixels) if nest else faces.to_ring(order, pixels)


def children(
    nside: int, pixel: ArrayLike, *, nside_out: int, nest: bool = False
) -> NDArray[np.int64]:
    """Return the pixels at a finer `nside_out` that make up each pixel.

    Parameters
    ----------
    nside, nside_out : int
        Of the pixels and of their children; both powers of 2, ``nside_out >= nside``.
    pixel : array_like of int, shape (...)

    Returns
    -------
    ndarray of int64, shape (..., (nside_out / nside)²)
        In nested order, in the numbering of `pixel`.

    Examples
    --------
    >>> children(1, 11, nside_out=2, nest=True)
    array([44, 45, 46, 47])
    """
    each = (nside_out // nside) ** 2
    nested = np.asarray(pixel) if nest else ring_to_nest(nside, pixel)
    out = nested[..., np.newaxis].astype(np.int64) * each + np.arange(each)
    return out if nest else nest_to_ring(nside_out, out)


def order_of(nside: int) -> int:
    """Return log2(nside).

    Raises
    ------
    ValueError
        If `nside` is not a power of 2 in [1, 2²⁹].

    Examples
    --------
    >>> order_of(65536)
    16
    """
    if not 1 <= nside <= 1 << MAX_ORDER or nside & (nside - 1):
        raise ValueError(f"nside {nside} is not a power of 2 in [1, 2^{MAX_ORDER}]")
    return int(nside).bit_length() - 1


def nested_to_uniq(nside: ArrayLike, pixel: ArrayLike) -> NDArray[np.int64]:
    """Return the UNIQ numbers, 4 nside² + pixel, of nested pixels (IVOA MOC 2.0, 4.3)."""
    return 4 * np.asarray(nside, dtype=np.int64) ** 2 + np.asarray(pixel, dtype=np.int64)


def uniq_to_nested(uniq: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return nside and nested pixel of UNIQ numbers.

    Examples
    --------
    >>> uniq_to_nested([4, 4 * 512**2 + 7])
    (array([  1, 512]), array([0, 7]))
    """
    uniq = np.asarray(uniq, dtype=np.int64)
    high = uniq >> 32  # halves, as a float64 holds 53 bits and UNIQ of order 29 needs 62
    bits = np.where(high > 0, np.frexp(high)[1] + 32, np.frexp(uniq)[1]) - 1
    nside = np.int64(1) << (bits // 2 - 1).astype(np.int64)
    return nside, uniq - 4 * nside**2


def pixel_area(nside: ArrayLike) -> NDArray[np.float64]:
    """Return the solid angle of one pixel, 4π / (12 nside²) [sr]."""
    return np.pi / 3 / np.square(np.asarray(nside, dtype=np.float64))


def query_disc(
    nside: int, lon: float, lat: float, radius: float, *, nest: bool = False
) -> NDArray[np.int64]:
    """Return the pixels, sorted, whose centres lie within a disc.

    Parameters
    ----------
    nside : int
        A power of 2.
    lon, lat, radius : float
        Of the disc [deg]; a centre at just that distance is within.
    """
    order = order_of(nside)
    pixel = near_rings(order, *np.radians([lon, lat, radius]))
    away = pixel_to_vec(nside, pixel) - lonlat_to_vec(lon, lat)
    half_chord = np.sqrt(np.sum(away * away, axis=-1)) / 2
    pixel = pixel[half_chord <= np.sin(np.radians(min(radius, 180.0)) / 2)]
    return np.sort(ring_to_nest(nside, pixel)) if nest else np.sort(pixel)


def with_neighbours(nside: int, pixel: ArrayLike, *, nest: bool = False) -> NDArray[np.int64]:
    """Return each pixel and its 8 neighbours.

    Parameters
    ----------
    pixel : array_like of int, shape (n,)

    Returns
    -------
    ndarray of int64, shape (9, n)
        First the pixels themselves, then from the south-west clockwise; -1 where a
        neighbour does not exist (pixels at a corner of three base faces have 7).
    """
    order, pixel = _checked(nside, pixel)
    found = np.empty((9, *pixel.shape), np.int64)
    found[0] = pixel
    for start in range(0, len(pixel), _PIECE):
        piece = pixel[start : start + _PIECE]
        here = faces.from_nested(order, piece) if nest else _from_ring(order, piece)
        around = faces.neighbours(order, here)
        number = np.where(around.face < 0, -1, _number(order, around, nest))
        found[1:, start : start + _PIECE] = number
    return found


def order_covering(radius: float) -> int:
    """Return the finest order at which a pixel and its neighbours cover a disc.

    Wherever in its pixel a position lies, the disc of `radius` around it is inside
    :func:`with_neighbours` of that pixel.

    Parameters
    ----------
    radius : float
        Of the disc [deg], positive and up to 38.

    Raises
    ------
    ValueError
        If the disc is larger than what 9 pixels of order 0 cover.

    Examples
    --------
    >>> order_covering(2 / 3600)
    16
    """
    if not 0 < np.radians(radius) <= NEIGHBOUR_MARGIN:
        raise ValueError(f"a disc of radius {radius} deg is not covered by 9 pixels")
    return min(int(np.log2(NEIGHBOUR_MARGIN / np.radians(radius))), MAX_ORDER)
