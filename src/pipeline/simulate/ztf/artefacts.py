"""What makes a bogus alert: light in the science image that no PSF has shaped."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulate.ztf.psf import CENTRE, SIZE, point_source

SATURATION = 45_000.0  # DN
_ROW, _COLUMN = np.mgrid[:SIZE, :SIZE].astype(np.float32)


@dataclass(frozen=True)
class Place:
    """Where an artefact sits and how strong it is."""

    x: float  # in the stamp [pixels]
    y: float
    flux: float  # signed, in the difference [DN]
    star_flux: float  # of the star behind it, 0 if there is none [DN]
    fwhm: float  # of the science image [pixels]


def draw_artefact(kind: str, place: Place, rng: np.random.Generator) -> np.ndarray:
    """Return what an artefact adds to science and difference.

    Parameters
    ----------
    kind : str
        ``dipole``, ``saturated``, ``bad_column``, ``cosmic_ray`` or ``ghost``.
    place : Place
        Where and how strong.
    rng : numpy.random.Generator
        That of the stamp.

    Returns
    -------
    ndarray of float32, shape (63, 63)
        DN, science minus reference.
    """
    return _DRAW[kind](place, rng).astype(np.float32)


def _dipole(place: Place, rng: np.random.Generator) -> np.ndarray:
    """Draw a bright star a fraction of a pixel off its place on the reference."""
    angle, shift = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 0.9)
    width = place.fwhm * rng.normal(1, 0.04)
    there = place.x + shift * np.cos(angle), place.y + shift * np.sin(angle)
    here = point_source((place.x, place.y), place.star_flux, place.fwhm)
    return point_source(there, place.star_flux, width) - here + _peak(place, 0.25)


def _saturated(place: Place, rng: np.random.Generator) -> np.ndarray:
    """Draw what a star beyond saturation leaves: wild residuals in a bleeding column."""
    star = point_source((place.x, place.y), place.star_flux, place.fwhm)
    wild = rng.normal(0.06 * np.sign(place.flux), 0.2, star.shape) * np.where(
        star > 0.03 * star.max(), star, 0.0
    )
    reach = np.exp(-np.abs(_ROW - place.y) / rng.uniform(6, 15))
    bleed = np.where(np.abs(_COLUMN - place.x) < rng.uniform(0.5, 1.6), reach, 0.0)
    return wild + bleed * 0.01 * star.max() * rng.normal(1, 0.5, star.shape)


def _bad_column(place: Place, rng: np.random.Generator) -> np.ndarray:
    """Draw one to three columns, or rows, of wrong level through the stamp."""
    along, across = (_ROW, _COLUMN) if rng.random() < 0.75 else (_COLUMN, _ROW)
    at = round(place.x if across is _COLUMN else place.y)
    start = CENTRE - rng.integers(3, 40)
    end = CENTRE + rng.integers(3, 40)
    wide = rng.integers(1, 4)
    level = place.flux / (6 * wide) * rng.normal(1, 0.25, (SIZE, SIZE))
    inside = (across >= at - wide // 2) & (across < at - wide // 2 + wide)
    return np.where(inside & (along >= start) & (along <= end), level, 0.0)


def _cosmic_ray(place: Place, rng: np.random.Generator) -> np.ndarray:
    """Draw a track of sharp pixels, not blurred by the atmosphere."""
    length, angle = np.exp(rng.uniform(0.0, 2.7)), rng.uniform(0, np.pi)
    steps = max(int(2 * length), 1)
    t = np.linspace(-0.5, 0.5, steps) * length if steps > 1 else np.zeros(1)
    light = rng.gamma(2.0, 1.0, steps)
    image = np.zeros((SIZE, SIZE))
    x = np.clip(np.rint(place.x + t * np.cos(angle)), 0, SIZE - 1).astype(int)
    y = np.clip(np.rint(place.y + t * np.sin(angle)), 0, SIZE - 1).astype(int)
    np.add.at(image, (y, x), place.flux * 1.2 * light / light.sum())
    return image


def _ghost(place: Place, rng: np.random.Generator) -> np.ndarray:
    """Draw a reflection out of focus: a broad blob or ring, brighter than the limit in places."""
    radius = np.hypot(
        _COLUMN - place.x - rng.normal(0, 2),
        (_ROW - place.y - rng.normal(0, 2)) * rng.uniform(0.8, 1.2),
    )
    broad = rng.uniform(4, 10)
    ring = rng.uniform(6, 14) if rng.random() < 0.5 else 0.0
    shape = np.exp(-0.5 * ((radius - ring) / (broad if ring == 0 else 2.5)) ** 2)
    return shape * place.flux / (4 * np.pi * 2.0**2)


def _peak(place: Place, fraction: float) -> np.ndarray:
    return point_source((place.x, place.y), fraction * place.flux, place.fwhm)


_DRAW = {
    "dipole": _dipole,
    "saturated": _saturated,
    "bad_column": _bad_column,
    "cosmic_ray": _cosmic_ray,
    "ghost": _ghost,
}
