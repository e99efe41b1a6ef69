"""Probability density from 2Δllh, such that its credible regions are the contours."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from pipeline.skymaps.map.cells import Cells
from pipeline.skymaps.map.levels import CONTENTS, Levels

HAIR = 1e-9
"""By this share the cells up to a level hold less than its content: the readers' own rounding
must not push the last of them out of the region that they find."""
SLIGHT = 1e-6
"""Where a density is called uniform, it still falls by this share, so that readers, who sort
cells by density, take those with the lowest 2Δllh first."""
STEEP = 1e3
"""A fall of log density beyond which nothing is left."""


@dataclass(frozen=True)
class _Shell:
    """The cells between two levels.

    Attributes
    ----------
    where : numpy.ndarray
        Places of the cells among all.
    depth, area : numpy.ndarray
        Their 2Δllh and solid angles [sr].
    inner, outer : float
        2Δllh of the borders; of the innermost shell and of the outermost one open ends.
    content : float
        The probability that they hold together.
    uniform : bool
        Two shells in one, whose density cannot fall.
    """

    where: NDArray[np.int64]
    depth: NDArray[np.float64]
    area: NDArray[np.float64]
    inner: float
    outer: float
    content: float
    uniform: bool = False

    @property
    def mean(self) -> float:
        """The logarithm of the mean density."""
        return float(np.log(self.content / self.area.sum()))

    @property
    def ceiling(self) -> float:
        """What the next shell outside must not exceed, uniform or not."""
        return self.mean - SLIGHT

    def scaled(self, log_density: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a log density with a constant added, so that it holds the shell's content."""
        top = log_density.max()
        held = (self.area * np.exp(log_density - top)).sum()
        return log_density - top + np.log(self.content / held)


def probability_density(cells: Cells, levels: Levels) -> NDArray[np.float64]:
    """Turn 2Δllh into a probability density whose credible regions are the contours.

    The cells up to the three levels hold 50 %, 90 % and 99.73 %, whatever the levels, and the
    density falls with 2Δllh. So the cells of highest density that together hold 90 %, which
    is what readers of the FITS file look for, are those inside the 90 % contour.

    The logarithm of the density is linear in 2Δllh within each shell between two levels. The
    two outermost shells have one slope, the one that shares their content between them
    rightly; each shell inside joins on and has the slope that gives it its own. A Gaussian
    likelihood in small cells with Wilks' levels so keeps exp(−2Δllh/2) throughout.

    Cells can be few, and calibrated levels are what they are. Where that cannot be:

    * the content of a shell without cells goes to the next one inside (of the first: outside);
    * where the cells farther out would have to be denser than those within, both shells are
      one of uniform density, and the level between them is no border to a reader;
    * a shell that cannot join on without getting denser than the next one inside is uniform,
      and the density steps down to the shell outside;
    * if all cells lie in one shell, the density is ∝ exp(−2Δllh/2).

    Parameters
    ----------
    cells : Cells
        The sky; density is zero outside.
    levels : Levels
        Contour levels.

    Returns
    -------
    numpy.ndarray
        Shape (n,), density of each cell [1/sr]; times the areas it sums to 1.
    """
    shells = _falling(_shells(cells, levels))
    log_density = np.empty(len(cells.nside))
    if len(shells) == 1:
        log_density[shells[0].where] = shells[0].scaled(-0.5 * shells[0].depth)
    else:
        edge = _border(*shells[-2:])
        log_density[shells[-1].where] = _outermost(shells[-1], edge)
        ceilings = [np.inf, *(shell.ceiling for shell in shells)]
        for shell, ceiling in reversed([*zip(shells[:-1], ceilings, strict=False)]):
            log_density[shell.where], edge = _join(shell, min(edge, shell.ceiling), ceiling)
    density = np.exp(log_density)
    return density / (density * cells.area).sum()


def _shells(cells: Cells, levels: Levels) -> list[_Shell]:
    """Cut the cells at the levels; a shell without cells is none."""
    borders = np.array([levels.two_delta_llh[name] for name in CONTENTS])
    held = np.array([*(content * (1 - HAIR) for content in CONTENTS.values()), 1.0])
    number = np.searchsorted(borders, cells.two_delta_llh)
    shells, before, inner = [], 0.0, -np.inf
    for this, following in pairwise([*np.unique(number).tolist(), None]):
        last = len(borders) if following is None else following - 1
        outer = np.inf if following is None else float(borders[last])
        where = np.flatnonzero(number == this)
        depth, area = cells.two_delta_llh[where], cells.area[where]
        shells.append(_Shell(where, depth, area, inner, outer, float(held[last] - before)))
        before, inner = held[last], outer
    return shells


def _falling(shells: list[_Shell]) -> list[_Shell]:
    """Unite shells until their mean densities fall outwards."""
    falling: list[_Shell] = []
    for shell in shells:
        new = shell
        while falling and falling[-1].mean <= new.mean + 4 * SLIGHT:
            old = falling.pop()
            where, depth, area = (
                np.concatenate([getattr(old, name), getattr(new, name)])
                for name in ("where", "depth", "area")
            )
            content = old.content + new.content
            new = _Shell(where, depth, area, old.inner, new.outer, content, uniform=True)
        falling.append(new)
    return falling


def _border(inside: _Shell, outside: _Shell) -> float:
    """Return the log density between the two outermost shells, which have one slope."""
    start = inside.depth.min()
    content = inside.content + outside.content

    def held(slope: float) -> tuple[float, float]:
        return tuple(
            (shell.area * np.exp(-slope * (shell.depth - start))).sum()
            for shell in (inside, outside)
        )

    def excess(slope: float) -> float:
        near, far = held(slope)
        return far / (near + far) - outside.content / content

    slope = _root(excess, STEEP / (outside.depth.min() - start))
    value = np.log(content / sum(held(slope))) - slope * (inside.outer - start)
    return float(np.clip(value, outside.mean, inside.ceiling))


def _outermost(shell: _Shell, edge: float) -> NDArray[np.float64]:
    """Return the log density of the outermost shell, which falls from `edge` on."""
    if shell.uniform:
        return _uniform(shell)
    away = shell.depth - shell.inner
    wanted = shell.content * np.exp(-edge)
    slope = _root(lambda s: (shell.area * np.exp(-s * away)).sum() - wanted, STEEP / away.min())
    return shell.scaled(-slope * away)


def _join(shell: _Shell, edge: float, ceiling: float) -> tuple[NDArray[np.float64], float]:
    """Return a shell's log density and that at its inner border.

    It ends with `edge` at the outer border and stays below `ceiling`.
    """
    height = shell.outer - shell.depth
    # No cell can hold more than the whole shell.
    densest = np.log(shell.content / shell.area[height == height.max()].sum())
    room = min(ceiling, densest) - edge

    def excess(slope: float) -> float:
        return (shell.area * np.exp(edge + slope * height)).sum() - shell.content

    if shell.uniform or room < SLIGHT or not height.max() > 0:
        return _uniform(shell), shell.mean + SLIGHT
    steepest = room / height.max()
    if ceiling < densest and excess(steepest) < 0:
        return _uniform(shell), shell.mean + SLIGHT
    slope = _root(lambda s: -excess(s), steepest)
    return shell.scaled(slope * height), edge + slope * (shell.outer - shell.inner)


def _uniform(shell: _Shell) -> NDArray[np.float64]:
    """Return a log density that falls by no more than `SLIGHT`."""
    span = max(float(np.ptp(shell.depth)), np.finfo(float).tiny)
    return shell.scaled(-SLIGHT * (shell.depth - shell.depth.min()) / span)


def _root(falling: Callable[[float], float], highest: float) -> float:
    """Return where a function that falls from a value above zero crosses it, in [0, highest]."""
    if falling(0.0) <= 0:
        return 0.0
    if falling(highest) >= 0:
        return highest
    return float(brentq(falling, 0.0, highest, xtol=1e-300, maxiter=1000))
