"""A map of where an event was: what anybody's file becomes, and what it is asked for."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.sky import coordinates, healpix
from pipeline.sky.maps import cells
from pipeline.sky.maps.event_time import NO_TIME
from pipeline.sky.maps.regions import Region, region_of

Frame = Literal["icrs", "galactic"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Account:
    """What became of a file's pixels.

    Attributes
    ----------
    source : str
        The file, or what else the map was made of.
    pixels : int
        Pixels or cells that it has.
    bad : int
        Of these NaN, infinite, negative or UNSEEN, which count as 0.
    total : float
        Their sum, before it was made 1.
    coverage : float
        Share of the sky that they cover.
    notes : tuple of str
        What was repaired, what is doubtful and why something is unknown: a line each.
    """

    source: str
    pixels: int
    bad: int
    total: float
    coverage: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Distance:
    """The distance along each cell's line of sight: DISTMU, DISTSIGMA [Mpc], DISTNORM [1/Mpc²].

    A cell whose values say nothing (DISTNORM 0, DISTMU infinite) has a norm of 0.
    """

    mu: Floats
    sigma: Floats
    norm: Floats

    def density(self, cell: ArrayLike, distance: ArrayLike) -> Floats:
        """Return p(r | x), norm r² N(r; mu, sigma) [1/Mpc], at distances in cells.

        The ansatz of Singer et al. 2016, ApJL 829, L15, equation 1. NaN where the cell says
        nothing or is -1: none.

        Parameters
        ----------
        cell : array_like of int
            As `Found.cell` has them.
        distance : array_like
            r [Mpc].
        """
        cell, r = np.asarray(cell), np.asarray(distance, np.float64)
        mu, sigma, norm = self.mu[cell], self.sigma[cell], self.norm[cell]
        known = (norm > 0) & (cell >= 0)
        scale = np.where(known, sigma, 1.0)
        away = (r - np.where(known, mu, 0.0)) / scale
        norm = np.where(known, norm, np.nan)
        value: Floats = norm * r**2 * np.exp(-0.5 * away**2) / (scale * np.sqrt(2 * np.pi))
        return value


@dataclass(frozen=True, eq=False)
class Found:
    """What a map says at some positions; arrays of their shape.

    Attributes
    ----------
    density : ndarray of float64
        Probability density [1/sr]; 0 outside of the cells.
    level : ndarray of float64
        Searched probability: of all that is as dense or denser; 1 where the density is 0.
    cell : ndarray of int64
        The cell; -1 outside of all.
    """

    density: Floats
    level: Floats
    cell: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SkyMap:
    """Where an event was: a probability density on cells of the sky; zero outside of them.

    Attributes
    ----------
    begin, end : ndarray of int64, shape (n,)
        The cells: half-open intervals of nested pixels of order 29, sorted and apart.
    density : ndarray of float64, shape (n,)
        Probability density [1/sr], positive; times the areas it sums to 1.
    level : ndarray of float64, shape (n,)
        Probability of all cells at least as dense, ties included, in (0, 1].
    distance : Distance or None
    frame : 'icrs' or 'galactic'
        Of the cells; positions are asked in the ICRS, whatever it is.
    name : str or None
        What the file calls the event.
    mjd : float or None
        When it was (UTC) [d]; if it is not known the notes say why.
    account : Account
    """

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    density: Floats
    level: Floats
    distance: Distance | None
    frame: Frame
    name: str | None
    mjd: float | None
    account: Account

    @property
    def area(self) -> Floats:
        """Solid angle of each cell [sr]."""
        return (self.end - self.begin).astype(np.float64) * cells.PIXEL_SR

    def at(self, ra: ArrayLike, dec: ArrayLike) -> Found:
        """Look up positions in the ICRS [deg]; NaN where one is none."""
        return self.at_pixels(pixels_of(ra, dec, self.frame))

    def at_pixels(self, pixel: ArrayLike) -> Found:
        """Look up nested pixels of order 29 in the map's frame (`pixels_of`)."""
        pixel = np.asarray(pixel, np.int64)
        cell = np.searchsorted(self.begin, pixel, "right") - 1
        cell = np.where((cell >= 0) & (pixel < self.end[cell]), cell, -1)
        nothing = np.where(pixel < 0, np.nan, 0.0)
        density = np.where(cell >= 0, self.density[cell], nothing)
        level = np.where(cell >= 0, self.level[cell], 1.0 + nothing)
        return Found(density, level, cell)

    def region(self, level: float) -> Region:
        """Return the credible region of a level in (0, 1]: all cells of at most this level.

        Where even the densest are above it, as in a map of one cell, it is these.
        """
        return region_of(self.begin, self.end, self.level, level, self.frame)

    def area_of(self, level: float) -> float:
        """Return the area [deg²] that holds a probability, interpolated within the last cells.

        As ligo.skymap states areas; `region(level).area` is that of whole cells.
        """
        order = np.argsort(-self.density, kind="stable")
        area = np.cumsum(self.area[order])
        held = np.cumsum((self.density * self.area)[order])
        found = np.interp(level, np.append(0.0, held / held[-1]), np.append(0.0, area))
        return float(found) / cells.SQUARE_DEGREE

    @property
    def peak(self) -> tuple[float, float]:
        """Centre of the densest cell, in the map's frame [deg]."""
        densest = int(np.argmax(self.density))
        return cells.centre(self.begin[densest], self.end[densest])

    def below(self, pixel: ArrayLike) -> Floats:
        """Return the probability of all nested pixels of order 29 before some, in the map's frame.

        That of an interval of pixels is the difference of two.
        """
        pixel = np.asarray(pixel, np.int64)
        held = np.append(0.0, np.cumsum(self.density * self.area))
        cell = np.searchsorted(self.begin, pixel, "right") - 1
        inside = np.minimum(pixel, self.end[cell]) - self.begin[cell]
        whole = held[cell] + self.density[cell] * inside * cells.PIXEL_SR
        return np.where(cell < 0, 0.0, whole)


def to_icrs(lon: ArrayLike, lat: ArrayLike, frame: Frame) -> tuple[Floats, Floats]:
    """Return right ascensions and declinations [deg] of positions in a map's frame."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    return (lon, lat) if frame == "icrs" else coordinates.equatorial(lon, lat)


def dated(found: SkyMap, mjd: float) -> SkyMap:
    """Return a map with another time (UTC) [d]; it has one then."""
    notes = tuple(note for note in found.account.notes if not note.startswith(NO_TIME))
    return replace(found, mjd=mjd, account=replace(found.account, notes=notes))


def pixels_of(ra: ArrayLike, dec: ArrayLike, frame: Frame = "icrs") -> NDArray[np.int64]:
    """Return nested pixels of order 29 of positions in the ICRS [deg].

    Parameters
    ----------
    ra, dec : array_like
        Right ascension (it wraps) and declination.
    frame : 'icrs' or 'galactic'
        Whose pixels: those of the ICRS serve every map but the galactic ones.

    Returns
    -------
    ndarray of int64
        -1 where a position is none: not finite, or a declination beyond a pole.
    """
    ra, dec = np.broadcast_arrays(np.asarray(ra, np.float64), np.asarray(dec, np.float64))
    known = np.isfinite(ra) & (np.abs(dec) <= 90.0)
    whole = bool(known.all())
    lon, lat = (ra, dec) if whole else (ra[known], dec[known])
    if frame == "galactic":
        lon, lat = coordinates.galactic(lon, lat)
    found = healpix.lonlat_to_pixel(1 << cells.ORDER, lon, lat, nest=True)
    if whole:
        return found
    pixel = np.full(ra.shape, -1, np.int64)
    pixel[known] = found
    return pixel
