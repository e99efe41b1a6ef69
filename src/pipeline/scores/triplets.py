"""Triplets: the three stamps of an alert as the image a network sees.

The recipe is Kowalski's, on which braai and ACAI were trained (Duev et al. 2019, MNRAS
489, 3582): NaN to 0, divided by the L2 norm, padded at the bottom and the right. What stands
for "no data" beside NaN is taken as NaN here; there it makes the norm overflow.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.io.stamps import StampError, read_stamp

SIDE = 63
"""Pixels of a triplet's side: ZTF's stamps."""
CHANNELS = ("science", "template", "difference")
PADDING = 1e-9
"""Value of the pixels beyond a smaller stamp, put there after normalisation."""

NO_DATA = 1e30
"""Pixels that are not smaller stand for no data: ZTF fills a stamp with the lowest float32,
−3.4028e38, where its reference image ends. No detector counts so far."""

# A squared norm in this range comes from pixels with data and has not lost precision.
_PLAIN_SQUARES = (1e-30, 1e38)


class Triplets(NamedTuple):
    """The triplets of N alerts.

    Attributes
    ----------
    images : numpy.ndarray, float32, shape (N, 63, 63, 3)
        All NaN where a stamp cannot be used.
    reasons : list of str or None, length N
        Why it cannot, for example "template stamp is all NaN"; None where it can.
    nodata : numpy.ndarray, float32, shape (N, 3)
        The share of each stamp's own pixels without data, in [0, 1]; NaN where there is no
        stamp, or none that can be read.
    """

    images: np.ndarray
    reasons: list[str | None]
    nodata: np.ndarray


def make_triplets(
    science: Sequence[bytes | None],
    template: Sequence[bytes | None],
    difference: Sequence[bytes | None],
) -> Triplets:
    """Make the triplets of N alerts.

    Parameters
    ----------
    science, template, difference : sequence of bytes or None, length N
        FITS stamps as in the packets.
    """
    count = len(science)
    images = np.full((count, SIDE, SIDE, len(CHANNELS)), PADDING, np.float32)
    nodata = np.full((count, len(CHANNELS)), np.nan, np.float32)
    reasons: list[str | None] = [None] * count
    for i, stamps in enumerate(zip(science, template, difference, strict=True)):
        with np.errstate(over="ignore", invalid="ignore"):  # seen to in _normalise
            reasons[i] = _fill(images[i], nodata[i], stamps)
        if reasons[i]:
            images[i] = np.nan
    return Triplets(images, reasons, nodata)


def _fill(image: np.ndarray, nodata: np.ndarray, stamps: tuple[bytes | None, ...]) -> str | None:
    """Write three stamps into one triplet; return the first reason if one cannot be used."""
    if not any(stamps):
        return "no stamps"
    reasons = [_fill_channel(image, nodata, k, data) for k, data in enumerate(stamps)]
    return next(filter(None, reasons), None)


def _fill_channel(
    image: np.ndarray, nodata: np.ndarray, channel: int, data: bytes | None
) -> str | None:
    name = CHANNELS[channel]
    if not data:
        return f"{name} stamp is missing"
    try:
        stamp = read_stamp(data)
        ny, nx = stamp.shape
        squares = np.dot(stamp.ravel(), stamp.ravel())
        plain = _PLAIN_SQUARES[0] < squares < _PLAIN_SQUARES[1]
        empty = None if plain else ~(np.abs(stamp) < NO_DATA)  # NaN too
        nodata[channel] = 0.0 if empty is None else empty.mean()
        if max(ny, nx) > SIDE:
            raise StampError(f"has {ny}x{nx} pixels, more than {SIDE}x{SIDE}")
        normalised = stamp / np.sqrt(squares) if empty is None else _normalise(stamp, empty)
        image[:ny, :nx, channel] = normalised
    except StampError as error:
        return f"{name} stamp {error}"
    return None


def _normalise(stamp: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """Return a stamp divided by its L2 norm, pixels without data taken as 0.

    Raises
    ------
    StampError
        If that is not defined or not meant: infinite pixels, no data or nothing but zeros.
    """
    if np.isinf(stamp).any():
        raise StampError("has infinite pixels")
    if empty.all():
        raise StampError("is all NaN" if np.isnan(stamp).all() else "has no data")
    stamp = np.where(empty, 0, stamp)
    if not stamp.any():
        raise StampError("is all zero")
    norm = np.linalg.norm(stamp)
    if not _PLAIN_SQUARES[0] < float(norm) * float(norm) < _PLAIN_SQUARES[1]:
        # The squares of float32 over- or underflow; the ratio does not.
        stamp = stamp.astype(np.float64) / np.abs(stamp).max()
        norm = np.linalg.norm(stamp)
    return stamp / norm
