"""From a file's cells to a map: repaired, sorted, checked, normalised, with its levels."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.sky.maps import cells
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.skymap import Account, Distance, Frame, SkyMap

_Floats = NDArray[np.float64]
_Cells = tuple[NDArray[np.int64], NDArray[np.int64], _Floats, tuple[_Floats, ...]]
SUM_IS_ONE = 1e-3
"""A sum that is farther from 1 than this is told; real maps reach 1e-8."""


@dataclass(frozen=True)
class Told:
    """What a file says beside its pixels."""

    source: str
    frame: Frame = "icrs"
    name: str | None = None
    mjd: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Pixels:
    """What a file says of the sky.

    Attributes
    ----------
    begin, end : ndarray of int64, shape (n,)
        Cells in any order.
    density : ndarray of float64, shape (n,)
        [1/sr]; what is no probability has been made 0 and counted.
    layers : tuple of ndarray, shape (n,)
        DISTMU, DISTSIGMA, DISTNORM; none if there are no distances.
    pixels, bad : int
        How many the file has, and how many of them are no probability.
    coverage : float
        Share of the sky that it has pixels for.
    flat : bool
        Whether they are of one size, so that equal siblings are to be united.
    """

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    density: NDArray[np.float64]
    layers: tuple[NDArray[np.float64], ...] = field(default=())
    pixels: int = 0
    bad: int = 0
    coverage: float = 1.0
    flat: bool = False


def build(found: Pixels, told: Told) -> SkyMap:
    """Make a map.

    Raises
    ------
    MapError
        If cells overlap, or their sum is none.
    """
    begin, end, density, layers = _sorted(found)
    area = (end - begin) * cells.PIXEL_SR
    top = float(density.max(initial=0.0))
    total = float(((density / top) * area).sum()) if 0 < top < np.inf else top
    if not 0 < total * top < np.inf:
        raise MapError(
            f"no probability: its {found.pixels} pixels add up to {total * top:g}; "
            f"{found.bad} of them are NaN, infinite or negative"
        )
    density = density / top / total
    some = density > 0  # what is 1e-300 of the densest is nothing
    if not some.all():
        begin, end, density = begin[some], end[some], density[some]
        layers = tuple(layer[some] for layer in layers)
    if found.flat:
        begin, end, which = cells.merge_siblings(begin, end, density, *layers)
        density, layers = density[which], tuple(layer[which] for layer in layers)
    account = Account(told.source, found.pixels, found.bad, total * top, found.coverage)
    level = levels_of(density, density * (end - begin) * cells.PIXEL_SR)
    distance = distance_of(*layers) if layers else None
    account = replace(account, notes=(*told.notes, *_notes(account, distance)))
    return SkyMap(begin, end, density, level, distance, told.frame, told.name, told.mjd, account)


def _sorted(
    found: Pixels,
) -> tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], tuple[NDArray[np.float64], ...]
]:
    begin, end, density, layers = found.begin, found.end, found.density, found.layers
    if np.any(begin[1:] < begin[:-1]):
        sort = np.argsort(begin, kind="stable")
        begin, end, density = begin[sort], end[sort], density[sort]
        layers = tuple(layer[sort] for layer in layers)
    cells.check_apart(begin, end)
    return begin, end, density, layers


def levels_of(
    density: NDArray[np.float64], probability: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability of all cells that are at least as dense, by cell.

    Parameters
    ----------
    density, probability : ndarray, shape (n,)
        Cells that tie in density are one: their order does not matter.

    Examples
    --------
    >>> levels_of(np.array([1.0, 4.0, 1.0]), np.array([0.25, 0.5, 0.25])).tolist()
    [1.0, 0.5, 1.0]
    """
    order = np.argsort(-density, kind="stable")
    falling = -density[order]
    held = np.cumsum(probability[order])
    last = np.searchsorted(falling, falling, "right") - 1
    level = np.empty_like(held)
    level[order] = held[last] / held[-1]
    return level


def distance_of(
    mu: NDArray[np.float64], sigma: NDArray[np.float64], norm: NDArray[np.float64]
) -> Distance:
    """Return the distances; those that say nothing have a norm of 0."""
    known = np.isfinite(mu) & np.isfinite(sigma) & (sigma > 0) & np.isfinite(norm) & (norm > 0)
    return Distance(
        np.where(known, mu, np.nan), np.where(known, sigma, np.nan), np.where(known, norm, 0.0)
    )


def _notes(account: Account, distance: Distance | None) -> list[str]:
    notes = []
    if account.bad:
        notes.append(f"{account.bad} pixels are NaN, infinite, negative or UNSEEN: taken as 0")
    if abs(account.total - 1) > SUM_IS_ONE:
        notes.append(f"its pixels add up to {account.total:.6g}: made 1")
    if account.coverage < 1 - 1e-9:
        share = 100 * account.coverage
        notes.append(f"it covers {share:.4g} % of the sky: density 0 and level 1 outside")
    if distance is not None and (unknown := int((distance.norm == 0).sum())):
        notes.append(f"{unknown} of {len(distance.norm)} cells say nothing of the distance")
    return notes
