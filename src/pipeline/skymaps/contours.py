"""Contours around the best fit: polygons, areas, errors, the line for a circular."""

from dataclasses import dataclass

import numpy as np
from contourpy import contour_generator
from scipy.interpolate import LinearNDInterpolator

from pipeline import healpix
from pipeline.skymaps.cells import Cells
from pipeline.skymaps.levels import Levels

GRID = 301
"""Points a side of the grid that contours are followed on."""
MARGIN = 1.15
"""The grid reaches this much farther than the cells inside the widest contour."""


@dataclass(frozen=True)
class Contour:
    """One contour.

    Attributes
    ----------
    two_delta_llh : float
        Its level.
    area : float
        Of the scanned cells inside, which is what readers of the FITS file find [deg²].
    smooth_area : float
        Of the polygons, which interpolate between the cells [deg²].
    polygons : list of numpy.ndarray
        Each of shape (n, 2): right ascension and declination [deg], closed.
    ra_plus, ra_minus, dec_plus, dec_minus : float
        How far it reaches from the best fit [deg], all positive; of right ascension itself,
        not of the arc.
    """

    two_delta_llh: float
    area: float
    smooth_area: float
    polygons: list[np.ndarray]
    ra_plus: float
    ra_minus: float
    dec_plus: float
    dec_minus: float


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
        """Return plane coordinates, shape (n, 2) [rad]."""
        x, y, z = self._axes @ healpix.lonlat_to_vec(ra, dec).T
        scale = np.sqrt(2 / np.maximum(1 + z, 1e-12))
        return np.stack([x * scale, y * scale], axis=-1)

    def unproject(self, points: np.ndarray) -> np.ndarray:
        """Return right ascension in [0, 360) and declination [deg], shape (n, 2)."""
        squared = (points**2).sum(axis=-1).clip(max=4)
        scale = np.sqrt(1 - squared / 4)
        local = np.stack([points[:, 0] * scale, points[:, 1] * scale, 1 - squared / 2], axis=-1)
        return np.stack(healpix.vec_to_lonlat(local @ self._axes), axis=-1)


def find_contours(cells: Cells, ra: float, dec: float, levels: Levels) -> dict[str, Contour]:
    """Follow the contours of a scan.

    sqrt(2Δllh), which rises about linearly from the best fit, is interpolated linearly
    between the centres of the cells.

    Parameters
    ----------
    cells : Cells
        The scanned sky.
    ra, dec : float
        The best fit [deg].
    levels : Levels
        Where to draw contours.

    Returns
    -------
    dict of str to Contour
        Under the names of the levels.
    """
    plane = Plane(ra, dec)
    x, y, depth, field = _grid(plane, cells, max(levels.two_delta_llh.values()))
    follow = contour_generator(x, y, depth)
    contours = {}
    for name, level in levels.two_delta_llh.items():
        lines = [line for line in follow.lines(np.sqrt(level)) if len(line) > 3]
        polygons = [plane.unproject(line) for line in lines]
        contours[name] = Contour(
            level,
            cells.area_within(level),
            abs(sum(_signed_area(line) for line in lines)) * float(np.degrees(1.0)) ** 2,
            polygons,
            *_reach(polygons, ra, dec, [field(pole) <= np.sqrt(level) for pole in (90, -90)]),
        )
    return contours


def circular_lines(ra: float, dec: float, ninety: Contour) -> str:
    """Return best fit and errors as they stand in a circular.

    Parameters
    ----------
    ra, dec : float
        The best fit [deg].
    ninety : Contour
        The 90 % contour.
    """
    psf = "deg 90% PSF containment"
    return (
        f"RA: {ra:.2f} (+{ninety.ra_plus:.2f}, -{ninety.ra_minus:.2f} {psf}) J2000\n"
        f"Dec: {dec:+.2f} (+{ninety.dec_plus:.2f}, -{ninety.dec_minus:.2f} {psf}) J2000"
    )


def _grid(plane: Plane, cells: Cells, widest: float):
    """Return the axes of a grid, sqrt(2Δllh) on it, and the same as a function of a pole."""
    points = plane.project(*cells.positions())
    distance = np.hypot(*points.T)
    inside = cells.two_delta_llh <= widest
    size = np.sqrt(cells.area)
    reach = float((distance + size)[inside].max()) if inside.any() else float(size.max())
    reach = min(MARGIN * reach, 2.0)
    near = distance < 2 * reach + size
    depth = np.sqrt(cells.two_delta_llh[near])
    interpolate = LinearNDInterpolator(points[near], depth, fill_value=depth.max())
    axis = np.linspace(-reach, reach, GRID)
    values = interpolate(*np.meshgrid(axis, axis))
    # Beyond the edge of the grid nothing is inside a contour, so that all contours close.
    values[[0, -1], :] = values[:, [0, -1]] = np.sqrt(widest) + depth.max()

    def at_pole(declination: float) -> float:
        return float(interpolate(plane.project(np.array([0.0]), np.array([declination])))[0])

    return axis, axis, values, at_pole


def _signed_area(line: np.ndarray) -> float:
    x, y = line.T
    return 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


def _reach(
    polygons: list[np.ndarray], ra: float, dec: float, poles: list[bool]
) -> tuple[float, float, float, float]:
    """Return how far polygons reach up and down in right ascension and in declination."""
    if not polygons:
        return 0.0, 0.0, 0.0, 0.0
    corners = np.concatenate(polygons)
    east = (corners[:, 0] - ra + 180) % 360 - 180
    north = corners[:, 1] - dec
    plus, minus = float(east.max()), float(-east.min())
    up, down = float(north.max()), float(-north.min())
    if any(poles):  # all right ascensions lie inside
        plus = minus = 180.0
    return plus, minus, 90 - dec if poles[0] else up, 90 + dec if poles[1] else down
