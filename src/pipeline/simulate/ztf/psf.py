"""Pixels of stars and galaxies: sums of Gaussians, so that they are quick to draw."""

from dataclasses import dataclass

import numpy as np

SIZE = 63
CENTRE = 31
_GRID = np.arange(SIZE, dtype=np.float32)
# A core and wings: fraction of the flux, width over that of the core.
_PSF = np.array([(0.86, 1.0), (0.14, 2.1)])
# exp(-1.678 r), r in half-light radii, as four Gaussians: relative flux, sigma. Fitted by
# non-negative least squares over 0 < r < 4; the profile is met to 0.006 beyond r = 0.2.
_EXPONENTIAL = ((0.0063, 0.1074), (0.0836, 0.3077), (0.4052, 0.6593), (0.5049, 1.2510))


def point_sources(
    x: np.ndarray, y: np.ndarray, flux: np.ndarray, fwhm: float, extent: np.ndarray | float = 0.0
) -> np.ndarray:
    """Draw sources with the shape of the PSF.

    Parameters
    ----------
    x, y, flux : ndarray of float, shape (k,)
        Positions in the stamp [pixels] and fluxes [DN].
    fwhm : float
        Of the core of the PSF [pixels].
    extent : ndarray, shape (2, k), or float
        Sigma along x and y by which a source is broader than the PSF [pixels].

    Returns
    -------
    ndarray of float32, shape (63, 63)
    """
    # both axes and both parts of the PSF at once: shapes (axis, part, source)
    fraction, width = _PSF.T[:, :, None]
    core = np.square(fwhm / 2.3548 * width)
    sigma = np.sqrt(core + np.square(extent)[..., None, :] if np.ndim(extent) else core)
    sigma = np.broadcast_to(sigma, (2, len(_PSF), len(x))).astype(np.float32)
    centre = np.array([x, y], np.float32)[:, None, :, None]
    sigma = sigma[..., None]
    profile = np.exp(np.float32(-0.5) * ((_GRID - centre) / sigma) ** 2)
    profile /= sigma * np.float32(np.sqrt(2 * np.pi))
    across, along = profile.reshape(2, -1, SIZE)
    weight = (fraction * flux).astype(np.float32).reshape(-1, 1)
    return (along * weight).T @ across


def point_source(at: tuple[float, float], flux: float, fwhm: float) -> np.ndarray:
    """Draw one source; see `point_sources`."""
    return point_sources(np.array([at[0]]), np.array([at[1]]), np.array([flux]), fwhm)


@dataclass(frozen=True)
class GalaxyShape:
    """An exponential disc."""

    half_light: float  # radius along the major axis [pixels]
    axis_ratio: float  # minor over major
    angle: float  # of the major axis, from x to y [rad]


def galaxy(at: tuple[float, float], flux: float, shape: GalaxyShape, fwhm: float) -> np.ndarray:
    """Draw a galaxy seen through the core of the PSF.

    Parameters
    ----------
    at : tuple of float
        x, y in the stamp [pixels].
    flux : float
        In total [DN].
    shape : GalaxyShape
        Size, flattening and orientation.
    fwhm : float
        Of the core of the PSF [pixels].

    Returns
    -------
    ndarray of float32, shape (63, 63)
        A Gaussian seen through a Gaussian is one again: their covariances add up (Hogg &
        Lang 2013, PASP 125, 719).
    """
    dx, dy = _GRID[None, :] - np.float32(at[0]), _GRID[:, None] - np.float32(at[1])
    cosine, sine = np.cos(shape.angle), np.sin(shape.angle)
    image = np.zeros((SIZE, SIZE), np.float32)
    for fraction, sigma in _EXPONENTIAL:
        psf = (fwhm / 2.3548) ** 2
        major = (shape.half_light * sigma) ** 2 + psf
        minor = (shape.half_light * shape.axis_ratio * sigma) ** 2 + psf
        xx = cosine**2 / major + sine**2 / minor
        yy = sine**2 / major + cosine**2 / minor
        xy = cosine * sine * (1 / major - 1 / minor)
        exponent = np.float32(-0.5 * xx) * dx * dx + np.float32(-0.5 * yy) * dy * dy
        exponent += np.float32(-xy) * dx * dy
        image += np.float32(flux * fraction / (2 * np.pi * np.sqrt(major * minor))) * np.exp(
            exponent
        )
    return image
