"""Contours around the best fit: polygons, areas, islands, errors."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import Delaunay, cKDTree

from pipeline.sky import healpix
from pipeline.skymaps.map.cells import Cells
from pipeline.skymaps.map.islands import island_areas, islands
from pipeline.skymaps.map.levels import Levels
from pipeline.skymaps.map.plane import Plane

RIM = 2.1 * np.exp(2j * np.pi * np.arange(64) / 64)
"""Points around the plane, which ends at a radius of 2: no contour gets there."""


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
    island_areas : list of float
        Of the parts that the cells inside fall into [deg²], that of the best fit first.
    polygons : list of numpy.ndarray
        Each of shape (n, 2): right ascension and declination [deg], closed.
    ra_plus, ra_minus, dec_plus, dec_minus : float or None
        How far the best fit's island reaches from the best fit [deg], all positive; of right
        ascension itself, not of the arc. None where no cell lies inside.
    reaches_edge : bool
        A cell inside has a neighbour that no cell covers: the region may go on where nothing
        was scanned, so that areas and errors are lower bounds.
    """

    two_delta_llh: float
    area: float
    smooth_area: float
    island_areas: list[float]
    polygons: list[NDArray[np.float64]]
    ra_plus: float | None
    ra_minus: float | None
    dec_plus: float | None
    dec_minus: float | None
    reaches_edge: bool = False


def find_contours(cells: Cells, ra: float, dec: float, levels: Levels) -> dict[str, Contour]:
    """Follow the contours of a scan.

    sqrt(2Δllh), which rises about linearly from the best fit, is interpolated linearly
    between the centres of the cells, on triangles: small islands keep their shape beside
    wide ones.

    Parameters
    ----------
    cells : Cells
        The scanned sky.
    ra, dec : float
        The best fit [deg].
    levels : Levels
        Where to draw contours, ascending.

    Returns
    -------
    dict of str to Contour
        Under the names of the levels.
    """
    plane, values = Plane(ra, dec), levels.two_delta_llh
    mesh, height = _surface(plane, cells, max(values.values()))
    poles = plane.project(np.zeros(2), np.array([90.0, -90.0]))
    at_poles = LinearNDInterpolator(mesh, height)(poles)
    x, y = mesh.points.T
    triangles = Triangulation(x, y, mesh.simplices)
    axes = Figure().add_subplot()
    traced = axes.tricontour(triangles, height, levels=np.sqrt(list(values.values()))).allsegs
    contours, at_edge = {}, _at_edge(cells)
    for (name, level), lines in zip(values.items(), traced, strict=True):
        polygons = [plane.unproject(line) for line in lines if len(line) > 3]
        labels = islands(cells, level)
        corners = _of_best_island(np.concatenate([np.zeros((0, 2)), *polygons]), cells, labels)
        poles_inside = _poles_inside(at_poles <= np.sqrt(level), cells, labels)
        ra_plus, ra_minus, dec_plus, dec_minus = _reach(corners, ra, dec, poles_inside)
        contours[name] = Contour(
            two_delta_llh=level,
            area=cells.area_within(level),
            smooth_area=abs(sum(map(_signed_area, lines))) * float(np.degrees(1.0)) ** 2,
            island_areas=island_areas(cells, labels).tolist(),
            polygons=polygons,
            ra_plus=ra_plus,
            ra_minus=ra_minus,
            dec_plus=dec_plus,
            dec_minus=dec_minus,
            reaches_edge=bool(at_edge[labels >= 0].any()),
        )
    return contours


def _surface(plane: Plane, cells: Cells, widest: float) -> tuple[Delaunay, NDArray[np.float64]]:
    """Return triangles between the centres of the cells, and sqrt(2Δllh) at their corners.

    Around what was scanned stand corners that are outside of all contours, so that all close.
    """
    ra, dec = cells.positions()
    beyond = _unscanned(cells)
    points = [plane.project(ra, dec), plane.project(*beyond), np.stack([RIM.real, RIM.imag], -1)]
    depth = np.sqrt(cells.two_delta_llh)
    wall = np.full(len(beyond[0]) + len(RIM), 2 * np.sqrt(widest))
    return Delaunay(np.concatenate(points)), np.concatenate([depth, wall])


def _unscanned(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the centres [deg] of the cells' neighbours that no cell covers."""
    found = [np.zeros((2, 0))]
    for nside in np.unique(cells.nside).tolist():
        around = healpix.with_neighbours(nside, cells.nested[cells.nside == nside], nest=True)
        around = np.unique(around[around >= 0])
        position = np.stack(healpix.pixel_to_lonlat(nside, around, nest=True))
        found.append(position[:, np.isnan(cells.values_at(*position))])
    ra, dec = np.concatenate(found, axis=1)
    return ra, dec


def _at_edge(cells: Cells) -> NDArray[np.bool_]:
    """Return which cells have a neighbour of their own size that no cell covers."""
    at_edge = np.zeros(len(cells.nside), bool)
    for nside in np.unique(cells.nside).tolist():
        here = np.flatnonzero(cells.nside == nside)
        around = healpix.with_neighbours(nside, cells.nested[here], nest=True)
        # some cells have 7 neighbours, and −1 for the eighth
        position = healpix.pixel_to_lonlat(nside, around.clip(min=0), nest=True)
        bare = np.isnan(cells.values_at(*position)) & (around >= 0)
        at_edge[here] = bare.any(axis=0)
    return at_edge


def _of_best_island(
    positions: NDArray[np.float64], cells: Cells, labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return those positions, shape (n, 2) [deg], whose nearest island is the best fit's."""
    if labels.max() < 1:
        return positions
    inside = labels >= 0
    centres = healpix.lonlat_to_vec(*(axis[inside] for axis in cells.positions()))
    _, nearest = cKDTree(centres).query(healpix.lonlat_to_vec(*positions.T))
    return positions[labels[inside][nearest] == 0]


def _poles_inside(
    inside: NDArray[np.bool_], cells: Cells, labels: NDArray[np.int64]
) -> tuple[bool, bool]:
    """Return which poles, of those inside the contour, lie in the best fit's island."""
    poles = np.array([[0.0, 90.0], [0.0, -90.0]])
    best = [len(_of_best_island(pole[None], cells, labels)) > 0 for pole in poles]
    return bool(inside[0] and best[0]), bool(inside[1] and best[1])


def _signed_area(line: NDArray[np.float64]) -> float:
    x, y = line.T
    return 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


def _reach(
    corners: NDArray[np.float64], ra: float, dec: float, poles: tuple[bool, bool]
) -> tuple[float | None, ...]:
    """Return how far corners reach up and down in right ascension and in declination."""
    if not len(corners):
        return (None,) * 4
    east = (corners[:, 0] - ra + 180) % 360 - 180
    north = corners[:, 1] - dec
    plus, minus = float(east.max()), float(-east.min())
    up, down = float(north.max()), float(-north.min())
    if any(poles):  # all right ascensions lie inside
        plus = minus = 180.0
    return plus, minus, 90 - dec if poles[0] else up, 90 + dec if poles[1] else down


def area_words(area: float) -> str:
    """Return an area in three digits or more, never as a power of ten.

    >>> area_words(4.468), area_words(1213.4)
    ('4.47', '1213')
    """
    return f"{area:.3g}" if area < 1000 else f"{area:.0f}"
