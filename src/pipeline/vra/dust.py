"""Reddening by the Milky Way: the maps of Schlegel, Finkbeiner & Davis.

Two images in Lambert's zenithal equal-area projection, one a galactic hemisphere, as
``dustmaps`` and ``sfdmap2`` have them on disk (SFD 1998, doi:10.1086/305772, appendix C).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_POLES = (1, -1)
Floats = NDArray[np.float64]


class Hemisphere(NamedTuple):
    """One image.

    Attributes
    ----------
    values : ndarray of float32, shape (rows, columns)
        E(B-V) [mag].
    scale : float
        Pixels from the pole to the equator, divided by the root of 1 (``LAM_SCAL``).
    x, y : float
        Of the pole, from 0 at the middle of the first pixel (``CRPIX1`` and ``CRPIX2`` less 1).
    """

    values: NDArray[np.float32]
    scale: float
    x: float
    y: float


class DustMap:
    """E(B-V) of the whole sky.

    Parameters
    ----------
    files : sequence of Path
        The northern and the southern hemisphere.

    Raises
    ------
    ValueError
        If one is no such image; the message names it.
    OSError
    """

    def __init__(self, files: tuple[Path, Path]) -> None:
        self._halves = tuple(map(_read, files, _POLES))

    def ebv(self, ra: Floats, dec: Floats) -> Floats:
        """Return E(B-V) [mag] at some places by bilinear interpolation, shape (n,).

        As the maps have it: not scaled by the 0.86 of Schlafly & Finkbeiner 2011.

        Parameters
        ----------
        ra, dec : ndarray of float64, shape (n,)
            ICRS [deg]. NaN where they are, and where the map has no number.
        """
        from astropy.coordinates import SkyCoord  # noqa: PLC0415 - dear, and for this alone

        found = np.full(np.shape(ra), np.nan)
        known = np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90)
        if not known.any():
            return found
        place = SkyCoord(ra[known], dec[known], unit="deg").galactic
        longitude, latitude = place.l.rad, place.b.rad
        north = latitude >= 0
        values = np.empty(longitude.size)
        for half, pole, mine in zip(self._halves, _POLES, (north, ~north), strict=True):
            values[mine] = _at(half, pole, longitude[mine], latitude[mine])
        found[known] = values
        return found


def _at(half: Hemisphere, pole: int, longitude: Floats, latitude: Floats) -> Floats:
    """Return the values at galactic coordinates [rad]."""
    away = half.scale * np.sqrt(np.maximum(1 - pole * np.sin(latitude), 0))
    x = half.x + away * np.cos(longitude)
    y = half.y - pole * away * np.sin(longitude)
    rows, columns = half.values.shape
    left = np.clip(np.floor(x).astype(np.int64), 0, columns - 2)
    low = np.clip(np.floor(y).astype(np.int64), 0, rows - 2)
    right, high = np.clip(x - left, 0, 1), np.clip(y - low, 0, 1)
    below = half.values[low, left] * (1 - right) + half.values[low, left + 1] * right
    above = half.values[low + 1, left] * (1 - right) + half.values[low + 1, left + 1] * right
    return np.asarray(below * (1 - high) + above * high, np.float64)


def _read(path: Path, pole: int) -> Hemisphere:
    from astropy.io import fits  # noqa: PLC0415

    try:
        with fits.open(path, memmap=False) as opened:
            header, values = opened[0].header, opened[0].data
        scale, told = float(header["LAM_SCAL"]), int(header["LAM_NSGP"])
        x, y = float(header["CRPIX1"]) - 1, float(header["CRPIX2"]) - 1
    except FileNotFoundError:
        raise
    except (OSError, KeyError, TypeError, ValueError, IndexError) as error:
        words = " ".join(str(error).split())
        raise ValueError(f"{path}: is no dust map of SFD: {words}") from error
    if told != pole:
        raise ValueError(f"{path}: is of the other hemisphere (LAM_NSGP {told})")
    if values is None or values.ndim != 2 or min(values.shape) < 2 or scale <= 0:
        raise ValueError(f"{path}: is no dust map of SFD: an image was expected")
    rows, columns = values.shape
    # elsewhere the edge's values would be taken
    if not all(_holds(at, scale, size) for at, size in ((x, columns), (y, rows))):
        raise ValueError(f"{path}: is no dust map of SFD: its equator lies outside of the image")
    return Hemisphere(np.ascontiguousarray(values, np.float32), scale, x, y)


def _holds(pole: float, scale: float, size: int) -> bool:
    """Return whether the circle of the equator is in the image, to half a pixel.

    >>> _holds(31.5, 32, 64), _holds(31.5, 33, 64)
    (True, False)
    """
    return pole - scale >= -0.6 and pole + scale <= size - 0.4
