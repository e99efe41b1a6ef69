"""The skymap of an event: what all its products are written from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.sky import healpix
from pipeline.sky.nsides import Level
from pipeline.skymaps.map.cells import Cells, cover
from pipeline.skymaps.map.contours import Contour, find_contours
from pipeline.skymaps.map.density import probability_density
from pipeline.skymaps.map.levels import Levels
from pipeline.skymaps.scan.results import State
from pipeline.skymaps.scan.subject import Heading


@dataclass(frozen=True)
class Skymap:
    """A finished scan, seen as a map.

    Attributes
    ----------
    event : Heading
        What was scanned.
    best : numpy.void
        The best pixel, of dtype `pipeline.skymaps.scan.results.PIXEL_DTYPE`.
    ra, dec : float
        Its centre, ICRS [deg].
    cells : Cells
        The sky, each place once.
    density : numpy.ndarray
        Probability density of each cell [1/sr].
    contours : dict of str to Contour
        Under the names of `pipeline.skymaps.map.levels.CONTENTS`.
    levels : Levels
        Of the contours.
    failed : int
        Pixels without a result, which stand for their neighbours' mean.
    """

    event: Heading
    best: np.void
    ra: float
    dec: float
    cells: Cells
    density: np.ndarray
    contours: dict[str, Contour]
    levels: Levels
    failed: int

    def separation(self, ra: ArrayLike, dec: ArrayLike) -> np.ndarray:
        """Return the angle of positions [deg] from the best fit [deg]."""
        there = healpix.lonlat_to_vec(ra, dec)
        here = healpix.lonlat_to_vec(self.ra, self.dec)
        chord = np.linalg.norm(there - here, axis=-1)
        return np.degrees(2 * np.arcsin((chord / 2).clip(max=1)))


def make_skymap(
    event: Heading, progression: Sequence[Level], state: State, levels: Levels
) -> Skymap:
    """Make the map of a finished scan.

    Parameters
    ----------
    event : Heading
        What was scanned.
    progression : sequence of Level
        How.
    state : State
        All results; at least one.
    levels : Levels
        Where to draw contours.
    """
    best = state.best_found()
    ra, dec = (float(x) for x in healpix.pixel_to_lonlat(int(best["nside"]), best["index"]))
    cells = cover(progression, state)
    return Skymap(
        event=event,
        best=best,
        ra=ra,
        dec=dec,
        cells=cells,
        density=probability_density(cells, levels),
        contours=find_contours(cells, ra, dec, levels),
        levels=levels,
        failed=len(state.failures),
    )
