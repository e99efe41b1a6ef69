"""Lines and regions on the page's map of the sky, cut at the drawing's edge.

What is cut there is closed along the edge, and over a pole where it goes around one: a region is
filled where it is, by the even-odd rule.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.report.axis import path
from pipeline.report.mollweide import WIDTH, project

_LEFT, _RIGHT = 359.9999, 0.0
"""Right ascensions at the edges [deg]."""
_JUMP = 0.35
"""Of the width: a line that goes further than this in one step crosses the edge."""
_EDGE_POINTS = 31


def line_path(ra: np.ndarray, dec: np.ndarray) -> str:
    """Return the path along positions [deg]."""
    x, y = project(ra, dec)
    cuts = np.flatnonzero(np.abs(np.diff(x)) > _JUMP * WIDTH) + 1
    parts = zip(np.split(x, cuts), np.split(y, cuts), strict=True)
    return "".join(_path(*part) for part in parts)


def region_path(rings: Sequence[np.ndarray], ra: float, dec: float) -> str:
    """Return the path of a region.

    Parameters
    ----------
    rings : sequence of array of shape (n, 2)
        Right ascension and declination [deg] along each line of its border.
    ra, dec : float
        A place [deg] in the region.
    """
    pole = _pole_to_close_by(rings, ra, dec)
    return "".join(_ring(ring, pole) for ring in rings if len(ring))


def _pole_to_close_by(rings: Sequence[np.ndarray], ra: float, dec: float) -> float:
    """Return the declination of the pole by which rings around it are closed, for a place within.

    It is the same for all: of two rings around a pole the zone between them is filled.
    """
    around = north = 0  # how often the place's meridian is crossed, and of that north of it
    for ring in rings:
        away = (ring[:, 0] - ra + 180.0) % 360.0 - 180.0
        crossed = ((away[:-1] < 0) != (away[1:] < 0)) & (np.abs(np.diff(away)) < 180.0)
        around += int(crossed.sum())
        north += int((crossed & (ring[1:, 1] > dec)).sum())
    return 90.0 if (around + north) % 2 else -90.0


def _ring(ring: np.ndarray, pole: float) -> str:
    cuts = np.flatnonzero(np.abs(np.diff(ring[:, 0])) > 180.0) + 1
    if not cuts.size or not np.array_equal(ring[0], ring[-1]):
        return line_path(ring[:, 0], ring[:, 1])
    begun = np.roll(ring[:-1], -cuts[0], axis=0)
    return "".join(_closed(part, pole) for part in np.split(begun, cuts[1:] - cuts[0]))


def _closed(part: np.ndarray, pole: float) -> str:
    """Return the path of a line from edge to edge, and back along the edge."""
    (first, begin), (last, end) = part[0], part[-1]
    edges = [_LEFT if ra > 180.0 else _RIGHT for ra in (last, first)]
    turns = [end, begin] if edges[0] == edges[1] else [end, pole, begin]
    dec = [np.linspace(a, b, _EDGE_POINTS) for a, b in pairwise(turns)]
    ra = [np.full(_EDGE_POINTS, edge) for edge, _ in zip(edges, dec, strict=False)]
    return _path(*project(np.concatenate([part[:, 0], *ra]), np.concatenate([part[:, 1], *dec])))


def _path(x: np.ndarray, y: np.ndarray) -> str:
    return path(list(zip(x.tolist(), y.tolist(), strict=True)))
