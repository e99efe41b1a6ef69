"""Pixels as HEALPix's geometry has them: a base face and a column and row on it.

From Górski et al. 2005, ApJ 622, 759: section 4 and figure 4 for the base faces, equations
(2)-(11) for rings and centres. A base face is a square of nside x nside pixels that stands
on its southern corner: x counts towards the north-east, y towards the north-west. Faces 0-3
lie around the north pole, 4-7 on the equator, 8-11 around the south pole, each four
eastwards. Both numberings are made from (face, x, y): nested interleaves the bits of x and
y, ring counts along rings of equal latitude.

`pipeline.sky.healpix` is the door: it checks what comes in; here nothing is checked.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_HALF = 15  # bits of x or y that one look-up spreads; 29 is the most that there are
_NUMBERS = np.arange(1 << _HALF, dtype=np.int64)
_SPREAD: Ints = sum(((_NUMBERS >> i & 1) << 2 * i for i in range(_HALF)), np.zeros_like(_NUMBERS))


class Pixels(NamedTuple):
    """Base face, column and row of pixels, each of one shape."""

    face: Ints
    x: Ints
    y: Ints


def from_nested(order: int, pixel: Ints) -> Pixels:
    """Return face, x and y of nested numbers."""
    return Pixels(pixel >> 2 * order, _even_bits(pixel, order), _even_bits(pixel >> 1, order))


def to_nested(order: int, pixels: Pixels) -> Ints:
    """Return the nested numbers."""
    x, y = _spread(pixels.x, order), _spread(pixels.y, order)
    return (pixels.face << 2 * order) | x | (y << 1)


def _spread(bits: Ints, order: int) -> Ints:
    low = _SPREAD[bits & ((1 << _HALF) - 1)]
    return low if order <= _HALF else low | _SPREAD[bits >> _HALF] << 2 * _HALF


def _even_bits(spread: Ints, order: int) -> Ints:
    """Close the gaps between the bits at even places, below 2 · order."""
    bits = spread & (0x5555555555555555 & ((1 << 2 * order) - 1))
    for shift, mask in (
        (1, 0x3333333333333333),
        (2, 0x0F0F0F0F0F0F0F0F),
        (4, 0x00FF00FF00FF00FF),
        (8, 0x0000FFFF0000FFFF),
        (16, 0x00000000FFFFFFFF),
    ):
        bits = (bits | bits >> shift) & mask
    return bits


class Rings(NamedTuple):
    """Where on its ring of equal latitude each pixel lies."""

    ring: Ints
    """From 1, southwards."""
    length: Ints
    """A quarter of the pixels of that ring."""
    step: Ints
    """Longitude of the centre in units of half a pixel of that ring, from 1 or 0."""


def to_rings(order: int, pixels: Pixels) -> Rings:
    """Return rings of pixels: paper, 5.1, where the lines of constant x + y are the rings."""
    nside = 1 << order
    face, x, y = pixels
    ring = (2 + (face >> 2)) * nside - x - y - 1
    length = np.minimum(np.minimum(ring, 4 * nside - ring), nside)
    # the middle of a face on the equator lies at a multiple of π/2, of others π/4 beside
    middle = 2 * (face & 3) + (face >> 2 != 1)
    step = middle * length + x - y
    return Rings(ring, length, np.where(step < 0, step + 8 * length, step))


def to_ring(order: int, pixels: Pixels) -> Ints:
    """Return the ring numbers."""
    return ring_number(order, to_rings(order, pixels))


def ring_number(order: int, rings: Rings) -> Ints:
    """Return the ring numbers."""
    nside = 1 << order
    ring, length, step = rings
    cap = 2 * nside * (nside - 1)
    first = cap + (ring - nside) * 4 * nside
    first = np.where(ring < nside, 2 * ring * (ring - 1), first)
    first = np.where(ring > 3 * nside, 12 * nside**2 - 2 * length * (length + 1), first)
    return first + (step >> 1)


def rings_of(order: int, pixel: Ints) -> Rings:
    """Return rings of ring numbers (paper, equations 2, 3 and 6)."""
    nside = 1 << order
    cap, last = 2 * nside * (nside - 1), 12 * nside**2 - 1
    south = pixel > last - cap
    from_pole = np.where(south, last - pixel, pixel)
    polar = (1 + _square_root(1 + 2 * from_pole)) >> 1
    along = from_pole - 2 * polar * (polar - 1)
    along = np.where(south, 4 * polar - 1 - along, along)
    is_polar = from_pole < cap
    below, on_belt = np.divmod(pixel - cap, 4 * nside)
    ring = np.where(is_polar, np.where(south, 4 * nside - polar, polar), below + nside)
    # every second ring of the belt begins half a pixel earlier
    step = np.where(is_polar, 2 * along + 1, 2 * on_belt + 1 - (below & 1))
    return Rings(ring, np.where(is_polar, polar, nside), step)


def _square_root(number: Ints) -> Ints:
    """Return the integer square root, exact up to 2⁶⁰, where a float64 is not."""
    root = np.sqrt(number.astype(np.float64)).astype(np.int64)
    root -= root * root > number
    return root + ((root + 1) ** 2 <= number)


def from_rings(order: int, rings: Rings) -> Pixels:
    """Return face, x and y: the inverse of :func:`to_rings`."""
    nside = 1 << order
    ring, length, step = rings
    belt = _on_belt(order, (step - ring - 1 + 3 * nside) >> 1, (step + ring - 1 - nside) >> 1)
    quarter = step // (2 * length)
    row = np.where(ring < 2 * nside, 0, 2)
    both, difference = (2 + row) * nside - ring - 1, step - (2 * quarter + 1) * length
    cap = Pixels(4 * row + quarter, (both + difference) >> 1, (both - difference) >> 1)
    in_cap = (ring < nside) | (ring > 3 * nside)
    return Pixels(*(np.where(in_cap, *pair) for pair in zip(cap, belt, strict=True)))


def _on_belt(order: int, rising: Ints, falling: Ints) -> Pixels:
    """Return pixels of the belt around the equator by the diagonal bands that cross there.

    Bands as wide as a pixel's row rise or fall eastwards; both kinds are counted eastwards
    from one, so that x grows with the first number and y falls with the second.
    """
    over, under = rising >> order, falling >> order
    row = 1 + np.sign(under - over)
    inside = (1 << order) - 1
    face = 4 * row + (np.minimum(over, under) & 3)
    return Pixels(face, rising & inside, inside - (falling & inside))


def at(order: int, z: Floats, sine: Floats, longitude: Floats) -> Pixels:
    """Return the pixels of positions (paper, section 5).

    Parameters
    ----------
    z, sine : ndarray of float64, shape (n,)
        Sine and cosine of the latitude; near the poles the second is the exact one.
    longitude : ndarray of float64, shape (n,)
        Any [rad].
    """
    nside = 1 << order
    turn = np.mod(longitude * (2 / np.pi), 4.0)
    turn[turn == 4.0] = 0.0  # the remainder of a tiny negative number rounds up
    along, height = nside * (0.5 + turn), nside * 0.75 * z
    pixels = _on_belt(order, (along + height).astype(np.int64), (along - height).astype(np.int64))
    cap = np.flatnonzero(np.abs(z) > 2 / 3)
    for whole, part in zip(pixels, _in_cap(nside, z[cap], sine[cap], turn[cap]), strict=True):
        whole[cap] = part
    return pixels


def _in_cap(nside: int, z: Floats, sine: Floats, turn: Floats) -> Pixels:
    quarter = turn.astype(np.int64)
    east = turn - quarter
    height = np.abs(z)
    exact = nside * sine / np.sqrt((1 + height) / 3)
    from_pole = np.where(height > 0.99, exact, nside * np.sqrt(3 * (1 - height)))
    inside = nside - 1
    y, x = (np.minimum((part * from_pole).astype(np.int64), inside) for part in (east, 1 - east))
    north = z > 0
    return Pixels(
        np.where(north, quarter, quarter + 8),
        np.where(north, inside - x, y),
        np.where(north, inside - y, x),
    )


def centres(order: int, rings: Rings, *, nested: bool) -> tuple[Floats, Floats, Floats]:
    """Return sine and cosine of the latitude, and the longitude [rad], of centres.

    To the last bit those of the HEALPix library, which multiplies in another order for the
    two numberings.
    """
    nside = 1 << order
    ring, length, step = rings
    area = 4.0 / (12 * nside**2)
    unit = 2 * nside * area
    in_cap = (ring < nside) | (ring > 3 * nside)
    depth = length * length * area  # 1 - |z|, without its loss of digits
    z = np.where(in_cap, np.where(ring < nside, 1 - depth, depth - 1), (2 * nside - ring) * unit)
    sine = np.sqrt(
        np.where(in_cap & (np.abs(z) > 0.99), depth * (2.0 - depth), (1.0 - z) * (1.0 + z))
    )
    on_belt = 0.75 * (np.pi / 2) * step * unit if nested else step / 2 * np.pi * 0.75 * unit
    return z, sine, np.where(in_cap, step / 2 * (np.pi / 2) / length, on_belt)


# The face on the other side of the edge or corner that lies at (dx, dy), and -1 where three
# faces meet in a corner and no fourth is there: for faces of the north, the equator and the
# south its row and how many faces eastwards. From figure 4 of the paper.
_ACROSS = np.full((3, 3, 3, 2), -1)
for _row, _dx, _dy, _to, _east in (
    *((0, 1, 0, 0, 1), (0, 0, 1, 0, 3), (0, 1, 1, 0, 2)),
    *((0, -1, 0, 1, 0), (0, 0, -1, 1, 1), (0, -1, -1, 2, 0)),
    *((1, 1, 0, 0, 0), (1, 0, 1, 0, 3), (1, -1, 0, 2, 3), (1, 0, -1, 2, 0)),
    *((1, 1, -1, 1, 1), (1, -1, 1, 1, 3)),
    *((2, 1, 0, 1, 1), (2, 0, 1, 1, 0), (2, 1, 1, 0, 0)),
    *((2, 0, -1, 2, 1), (2, -1, 0, 2, 3), (2, -1, -1, 2, 2)),
):
    _ACROSS[_row, _dx, _dy] = _to, _east
_ACROSS[:, 0, 0] = [[0, 0], [1, 0], [2, 0]]

# South-west, west, north-west, ... as healpy counts them.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def neighbours(order: int, pixels: Pixels) -> Pixels:
    """Return the 8 pixels around each, shape (8, n), from the south-west clockwise.

    On face -1 where there is none: a pixel in the corner of three base faces has 7.
    """
    last = (1 << order) - 1
    dx, dy = (np.array(step)[:, np.newaxis] for step in zip(*_AROUND, strict=True))
    x, y = pixels.x + dx, pixels.y + dy
    face = np.repeat(pixels.face[np.newaxis], len(_AROUND), axis=0)
    # only pixels at the edge of a face have neighbours on another one
    inner = (pixels.x > 0) & (pixels.x < last) & (pixels.y > 0) & (pixels.y < last)
    edge = np.flatnonzero(~inner)
    across = _across(order, Pixels(face[:, edge], x[:, edge], y[:, edge]))
    face[:, edge], x[:, edge], y[:, edge] = across
    return Pixels(face, x, y)


def _across(order: int, beyond: Pixels) -> Pixels:
    """Return the pixels that x and y beyond the edge of their face stand for."""
    last = (1 << order) - 1
    over_x, over_y = beyond.x >> order, beyond.y >> order  # -1 before the first, 1 after the last
    row, quarter = beyond.face >> 2, beyond.face & 3
    to, east = np.moveaxis(_ACROSS[row, over_x, over_y], -1, 0)
    x, y = beyond.x & last, beyond.y & last
    # Between two faces around one pole the rows of the one go on as columns of the other.
    turned = (row == to) & (to != 1) & (east > 0)
    x = np.where(turned & (over_x != 0), last - x, x)
    y = np.where(turned & (over_y != 0), last - y, y)
    face = np.where(to < 0, -1, 4 * to + ((quarter + east) & 3))
    return Pixels(face, np.where(turned, y, x), np.where(turned, x, y))


def libm(function: Callable[..., float], *values: Floats) -> Floats:
    """Apply a function of `math` to each.

    numpy's own differ in the last bit from one processor to the next, and so would every
    pixel that is fitted from its centre.
    """
    out = np.fromiter(map(function, *(v.ravel().tolist() for v in values)), np.float64)
    return out.reshape(values[0].shape)
