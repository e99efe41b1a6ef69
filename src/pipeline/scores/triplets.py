"""Triplets: the three stamps of an alert as the image a network sees.

The recipe is Kowalski's, on which braai and ACAI were trained (Duev et al. 2019, MNRAS
489, 3582): NaN to 0, divided by the L2 norm, padded at the bottom and the right.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.io.stamps import StampError, read_stamp

SIDE = 63
"""Pixels of a triplet's side: ZTF's stamps."""
CHANNELS = ("science", "template", "difference")
PADDING = 1e-9
"""Value of the pixels beyond a smaller stamp, put there after normalisation."""

# A squared norm in this range comes from finite pixels and has not lost precision.
_PLAIN_SQUARES = (1e-30, 1e38)


def make_triplets(
    science: Sequence[bytes | None],
    template: Sequence[bytes | None],
    difference: Sequence[bytes | None],
) -> tuple[np.ndarray, list[str | None]]:
    """Make the triplets of N alerts.

    Parameters
    ----------
    science, template, difference : sequence of bytes or None, length N
        FITS stamps as in the packets.

    Returns
    -------
    triplets : numpy.ndarray, float32, shape (N, 63, 63, 3)
        All NaN where a stamp cannot be used.
    reasons : list of str or None, length N
        Why it cannot, for example "template stamp is all NaN"; None where it can.
    """
    triplets = np.full((len(science), SIDE, SIDE, len(CHANNELS)), PADDING, np.float32)
    reasons: list[str | None] = [None] * len(science)
    for i, stamps in enumerate(zip(science, template, difference, strict=True)):
        with np.errstate(over="ignore"):  # an overflow is seen to in _normalise
            reasons[i] = _fill(triplets[i], stamps)
        if reasons[i]:
            triplets[i] = np.nan
    return triplets, reasons


def _fill(triplet: np.ndarray, stamps: tuple[bytes | None, ...]) -> str | None:
    """Write three stamps into one triplet; return the reason if one cannot be used."""
    if not any(stamps):
        return "no stamps"
    for channel, (name, data) in enumerate(zip(CHANNELS, stamps, strict=True)):
        if not data:
            return f"{name} stamp is missing"
        try:
            stamp = read_stamp(data)
            ny, nx = stamp.shape
            if max(ny, nx) > SIDE:
                raise StampError(f"has {ny}x{nx} pixels, more than {SIDE}x{SIDE}")
            triplet[:ny, :nx, channel] = _normalise(stamp)
        except StampError as error:
            return f"{name} stamp {error}"
    return None


def _normalise(stamp: np.ndarray) -> np.ndarray:
    """Return a stamp divided by its L2 norm, NaN taken as 0.

    Raises
    ------
    StampError
        If that is not defined or not meant: infinite pixels, nothing but NaN or zeros.
    """
    pixels = stamp.ravel()
    squares = np.dot(pixels, pixels)
    if _PLAIN_SQUARES[0] < squares < _PLAIN_SQUARES[1]:
        return stamp / np.sqrt(squares)
    if np.isinf(pixels).any():
        raise StampError("has infinite pixels")
    if np.isnan(pixels).all():
        raise StampError("is all NaN")
    stamp = np.nan_to_num(stamp)
    if not stamp.any():
        raise StampError("is all zero")
    norm = np.linalg.norm(stamp)
    if not _PLAIN_SQUARES[0] < float(norm) * float(norm) < _PLAIN_SQUARES[1]:
        # The squares of float32 over- or underflow; the ratio does not.
        stamp = stamp.astype(np.float64) / np.abs(stamp).max()
        norm = np.linalg.norm(stamp)
    return stamp / norm
