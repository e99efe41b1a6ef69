"""The sphere on a plane, with true areas."""

import numpy as np

from pipeline.sky import healpix


class Plane:
    """The sphere around a position in Lambert's azimuthal equal-area projection.

    Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.7 (ZEA): the whole sky is a disc of
    radius 2 and areas are true. x points east, y north.

    Parameters
    ----------
    ra, dec : float
        The middle [deg].
    """

    def __init__(self, ra: float, dec: float) -> None:
        lon, lat = np.radians(ra), np.radians(dec)
        self._axes = np.array(
            [
                [-np.sin(lon), np.cos(lon), 0],
                [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)],
                [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)],
            ]
        )

    def project(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return plane coordinates, shape (n, 2) [rad].

        The position opposite of the middle, all of the plane's rim, is at one place of it.
        """
        x, y, z = self._axes @ healpix.lonlat_to_vec(ra, dec).T
        scale = np.sqrt(2 / np.maximum(1 + z, 1e-12))
        opposite = 1 + z <= 1e-12
        return np.stack([np.where(opposite, 2.0, x * scale), y * scale], axis=-1)

    def unproject(self, points: np.ndarray) -> np.ndarray:
        """Return right ascension in [0, 360) and declination [deg], shape (n, 2)."""
        squared = (points**2).sum(axis=-1).clip(max=4)
        scale = np.sqrt(1 - squared / 4)
        local = np.stack([points[:, 0] * scale, points[:, 1] * scale, 1 - squared / 2], axis=-1)
        return np.stack(healpix.vec_to_lonlat(local @ self._axes), axis=-1)
