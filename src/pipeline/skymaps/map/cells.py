"""The scanned sky as cells that cover it once: the finest result wherever there is one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.sky import healpix
from pipeline.sky.nsides import Level
from pipeline.skymaps.scan.results import State


@dataclass(frozen=True)
class Cells:
    """Cells that do not overlap, ordered by UNIQ.

    Attributes
    ----------
    nside : numpy.ndarray
        Of each cell.
    nested : numpy.ndarray
        Its index in nested numbering.
    two_delta_llh : numpy.ndarray
        2 (llh − the lowest of the whole scan); a pixel that failed has its neighbours' mean.
    """

    nside: np.ndarray
    nested: np.ndarray
    two_delta_llh: np.ndarray

    @property
    def uniq(self) -> np.ndarray:
        """UNIQ numbers."""
        return healpix.nested_to_uniq(self.nside, self.nested)

    @property
    def area(self) -> np.ndarray:
        """Solid angles [sr]."""
        return healpix.pixel_area(self.nside)

    def positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Return right ascension and declination of the centres [deg]."""
        ra, dec = np.empty((2, len(self.nside)))
        for nside in np.unique(self.nside).tolist():
            here = self.nside == nside
            ra[here], dec[here] = healpix.pixel_to_lonlat(nside, self.nested[here], nest=True)
        return ra, dec

    def values_at(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return 2Δllh at positions [deg], NaN outside of all cells."""
        values = np.full(np.shape(ra), np.nan)
        for nside in np.unique(self.nside).tolist():
            here = self.nside == nside
            nested, depth = self.nested[here], self.two_delta_llh[here]
            pixel = healpix.lonlat_to_pixel(nside, ra, dec, nest=True)
            place = np.searchsorted(nested, pixel).clip(max=len(nested) - 1)
            values = np.where(nested[place] == pixel, depth[place], values)
        return values

    def area_within(self, two_delta_llh: float) -> float:
        """Return the area of the cells up to a level [deg²]."""
        inside = self.two_delta_llh <= two_delta_llh
        return float(self.area[inside].sum() * np.degrees(1.0) ** 2)


def cover(levels: Sequence[Level], state: State) -> Cells:
    """Cut the scanned sky into cells.

    Parameters
    ----------
    levels : sequence of Level
        The progression.
    state : State
        Of a scan with at least one result.
    """
    first = levels[0].nside
    pieces = {first: _first_level(first, state)}
    for level in levels[1:]:
        if len(state.done(level.nside)):
            pieces = _refine(pieces, level.nside, state)
    best = state.best_found()["llh"]
    nside = np.repeat(list(pieces), [len(nested) for nested, _ in pieces.values()])
    nested, llh = (np.concatenate(column) for column in zip(*pieces.values(), strict=True))
    order = np.lexsort((nested, nside))
    return Cells(nside[order].astype(np.int64), nested[order], 2 * (llh[order] - best))


def _first_level(nside: int, state: State) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells of the first level, nested, and their llh."""
    nested, llh = _filled(nside, state)
    return nested, np.where(np.isnan(llh), np.nanmax(llh), llh)


def _filled(nside: int, state: State) -> tuple[np.ndarray, np.ndarray]:
    """Return the tried pixels of a level, nested and sorted, and their llh.

    One that failed has the mean of its neighbours; NaN where a whole island failed.
    """
    nested = np.sort(healpix.ring_to_nest(nside, state.done(nside)))
    llh = np.full(len(nested), np.nan)
    rows = state.pixels[nside]
    llh[np.searchsorted(nested, healpix.ring_to_nest(nside, rows["index"]))] = rows["llh"]
    while (empty := np.flatnonzero(np.isnan(llh))).size:
        around = healpix.with_neighbours(nside, nested[empty], nest=True)[1:]
        place = np.searchsorted(nested, around).clip(max=len(nested) - 1)
        values = np.where(nested[place] == around, llh[place], np.nan)
        known = np.isfinite(values).sum(axis=0)
        if not known.any():
            break
        llh[empty[known > 0]] = np.nansum(values, axis=0)[known > 0] / known[known > 0]
    return nested, llh


def _refine(
    pieces: dict[int, tuple[np.ndarray, np.ndarray]], fine: int, state: State
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Replace what pixels of a finer level cover; the rest of a cut cell keeps its value."""
    children, fine_llh = _filled(fine, state)
    out: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    cut = (np.zeros(0, np.int64), np.zeros(0))
    nside = min(pieces)
    while nside < fine:
        here = pieces.get(nside, (cut[0][:0], cut[1][:0]))
        nested, llh = (np.concatenate(pair) for pair in zip(here, cut, strict=True))
        size = (fine // nside) ** 2
        touched = np.searchsorted(children, nested * size) < np.searchsorted(
            children, (nested + 1) * size
        )
        out[nside] = nested[~touched], llh[~touched]
        cut = (
            healpix.children(nside, nested[touched], nside_out=2 * nside, nest=True).ravel(),
            np.repeat(llh[touched], 4),
        )
        nside *= 2
    nested, llh = cut
    # our scans try all children of a pixel, other people's results may have some of them
    place = np.searchsorted(children, nested).clip(max=len(children) - 1)
    own = np.where(children[place] == nested, fine_llh[place], np.nan)
    out[fine] = nested, np.where(np.isnan(own), llh, own)
    return {nside: piece for nside, piece in out.items() if len(piece[0])}
