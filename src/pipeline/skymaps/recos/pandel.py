"""Tracks of muons by the arrival times of their light: `pandel_spe1st` and `pandel_mpe`.

Both take the first hit of every DOM with hard local coincidence, without a time window, and
minimise −Σ log(P + 1e-8) over where and when a track of the pixel's direction passes.
"""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.events.event import Event, first_pulses
from pipeline.skymaps.recos.base import (
    FIT_DTYPE,
    Likelihood,
    Reconstruction,
    TooFewDomsError,
    Variations,
)
from pipeline.skymaps.recos.pandel_table import load_table
from pipeline.skymaps.recos.track import fit, track_llh, transverse

FEWEST_DOMS = 4
"""A track has five parameters, but the direction is given and one DOM sets the time."""

MOST_PHOTONS = 10
"""Cap of N in `pandel_mpe`: beyond it, the ice model's errors are larger than the gain."""

_RING = 80.0 * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]])


class PandelSpe1st(Reconstruction):
    """Single photo-electrons: P of each first hit, as IceTray's ``SPEFit2``.

    Parameters
    ----------
    table : str, Path or None
        File of `pipeline.skymaps.recos.pandel_table.build_table`; None: the user's cache folder.
    """

    name = "pandel_spe1st"
    variations = Variations("ring", np.vstack([np.zeros((1, 3)), _RING]), rotated=True)
    later_variations = Variations("point", np.zeros((1, 3)))

    def __init__(self, table: str | Path | None = None):
        self.table = table

    def load(self, event: Event) -> Likelihood:
        """Take the first hits of an event; ValueError if there are fewer than four."""
        hits = first_pulses(event)
        if len(hits) < FEWEST_DOMS:
            raise TooFewDomsError(
                f"run {event.run_id} event {event.event_id}: {len(hits)} DOMs with hard local "
                f"coincidence, {self.name} needs {FEWEST_DOMS}"
            )
        return PandelLikelihood(hits, self._photons(hits["charge"]), self.table)

    def _photons(self, charge: np.ndarray) -> NDArray[np.float64]:
        return np.ones(len(charge))


class PandelMpe(PandelSpe1st):
    """Many photo-electrons: the first of N has the density N P SF^(N−1) (AMANDA, NIM A524 169)."""

    name = "pandel_mpe"

    def _photons(self, charge: np.ndarray) -> NDArray[np.float64]:
        return np.clip(np.rint(charge), 1, MOST_PHOTONS).astype(np.float64)


class PandelLikelihood(Likelihood):
    """The first hits of one event.

    Parameters
    ----------
    hits : numpy.ndarray
        One row a DOM, of dtype `pipeline.events.event.PULSE_DTYPE`.
    photons : numpy.ndarray
        Number of photo-electrons of each; with 1 it is the single one's likelihood.
    table : str, Path or None
        See `PandelSpe1st`.
    """

    def __init__(self, hits: np.ndarray, photons: np.ndarray, table: str | Path | None = None):
        splines = load_table(table)
        self._tables = (splines.floored, splines.log_pdf, splines.log_sf)
        columns = [hits["x"], hits["y"], hits["z"], hits["time"], photons]
        self._doms = _doubles(np.column_stack(columns))

    def fit(self, directions: np.ndarray, vertices: np.ndarray) -> np.ndarray:
        """Fit each direction from each vertex and from the middle of the hits.

        The starts' times are not used: the hits give a better one. The vertex returned is
        the point of the track nearest to the middle of the hits.
        """
        fits = np.empty((len(directions), 5))
        fit(self._tables, self._doms, _doubles(directions), _doubles(vertices[:, :, :3]), fits)
        result = np.full(len(directions), np.nan, FIT_DTYPE)
        for name, column in zip(("llh", "x", "y", "z", "t"), fits.T, strict=True):
            result[name] = column
        return result

    def llh(self, direction: np.ndarray, vertex: np.ndarray) -> float:
        """Return −log L of one track.

        Parameters
        ----------
        direction : array_like, shape (3,)
            Unit vector of travel.
        vertex : array_like, shape (4,)
            A point on the track, x, y, z [m], t [ns].
        """
        frame = np.empty((len(self._doms), 4))
        transverse(self._doms, _doubles(direction), _doubles(vertex[:3]), frame)
        track = np.array([0.0, 0.0, vertex[3]])
        return track_llh(self._tables, frame, float(direction[2]), track, np.empty(3))


def _doubles(values: ArrayLike) -> NDArray[np.float64]:
    """Return contiguous doubles: any other layout would be compiled for anew."""
    return np.ascontiguousarray(values, np.float64)
