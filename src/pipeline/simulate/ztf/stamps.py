"""Science, template and difference stamps of one alert, and their FITS files."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from isal import isal_zlib

from pipeline.simulate.ztf import sky
from pipeline.simulate.ztf.artefacts import SATURATION, Place, draw_artefact
from pipeline.simulate.ztf.lightcurves import ZERO_POINT
from pipeline.simulate.ztf.population import SkyObject
from pipeline.simulate.ztf.psf import CENTRE, SIZE, GalaxyShape, galaxy, point_source, point_sources
from pipeline.simulate.ztf.survey import GAIN

REFERENCE_FWHM = 2.0  # pixels
REFERENCE_DEPTH = 0.3  # noise of the reference over that of one exposure
MASKED = 0.06  # stamps with a masked part
_FITS_BLOCK = 2880
_GZIP = (1, 31)  # level of isal, window bits that ask for a gzip header


@dataclass(frozen=True)
class Exposure:
    """The one visit that a stamp is cut from."""

    fid: int
    fwhm: float  # [pixels]
    background: float  # [DN]
    noise: float  # of one pixel [DN]
    zero_point: float


@dataclass(frozen=True)
class DetectedSource:
    """What was detected, and where in the readout channel: the middle of the stamp."""

    x: float  # [pixels]
    y: float
    flux: float  # of the difference, signed [microjansky]


def draw_stamps(
    sky_object: SkyObject, exposure: Exposure, source: DetectedSource, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the stamps of an alert.

    Parameters
    ----------
    sky_object : SkyObject
        The object and its surroundings.
    exposure : Exposure
        Depth and seeing.
    source : DetectedSource
        As measured.
    rng : numpy.random.Generator
        That of the stamp.

    Returns
    -------
    science, template, difference : ndarray of float32, shape (63, 63)
        DN. Smaller at the edge of the channel; NaN where masked, in all three alike. The
        difference of a source fainter than the reference is reference minus science, as
        in ZTF's packets: it is positive at the source.
    """
    column, row = round(source.x), round(source.y)
    at = CENTRE + sky_object.x - column, CENTRE + sky_object.y - row
    flux_dn = source.flux * 10 ** (0.4 * (exposure.zero_point - ZERO_POINT))
    quiet, reference = _unchanging(sky_object, exposure, at)
    change = _change(sky_object, exposure, at, flux_dn, rng)
    light = np.maximum(quiet + change, 0)

    normal = rng.standard_normal((2, SIZE, SIZE), np.float32)
    noise = normal[0] * np.sqrt(np.float32(exposure.noise**2) + light / np.float32(GAIN))
    reference_noise = _smooth(normal[1]) * np.float32(exposure.noise * REFERENCE_DEPTH)
    level = np.float32(exposure.background)
    science = np.minimum(level + quiet + change + noise, SATURATION)
    template = np.minimum(level + reference + reference_noise, SATURATION)
    difference = change + noise - reference_noise + _residuals(quiet, rng)
    if source.flux < 0:
        difference = -difference
    stamps = [science, template, difference]
    mask = _mask(rng)
    window = _inside(column, row)
    for stamp in stamps:
        stamp[mask] = np.nan
    return tuple(stamp[window].astype(np.float32, copy=False) for stamp in stamps)


def _unchanging(
    sky_object: SkyObject, exposure: Exposure, at: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return what does not change, with the seeing of the science and of the reference."""
    s, host = sky_object.sources, sky_object.host
    k = s.rendered
    flux = 10 ** (0.4 * (exposure.zero_point - s.mags[exposure.fid - 1, k]))
    images = [
        point_sources(at[0] + s.x[k], at[1] + s.y[k], flux, fwhm, s.extent[:, k])
        for fwhm in (exposure.fwhm, REFERENCE_FWHM)
    ]
    if host is not None:
        mag = host.mag_r + (host.colour if exposure.fid == 1 else 0.0)
        flux = 10 ** (0.4 * (exposure.zero_point - mag))
        place = at[0] + host.x, at[1] + host.y
        shape = GalaxyShape(host.half_light_px, host.axis_ratio, host.angle)
        images[0] += galaxy(place, flux, shape, exposure.fwhm)
        images[1] += galaxy(place, flux, shape, REFERENCE_FWHM)
    return images[0], images[1]


def _change(
    sky_object: SkyObject,
    exposure: Exposure,
    at: tuple[float, float],
    flux_dn: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return science minus reference: the source, or the artefact."""
    if sky_object.object_class != "bogus":
        return point_source(at, flux_dn, exposure.fwhm)
    star = 10 ** (0.4 * (exposure.zero_point - sky_object.sources.mags[exposure.fid - 1, 0]))
    has_star = sky_object.kind in ("dipole", "saturated")
    place = Place(*at, flux_dn, star if has_star else 0.0, exposure.fwhm)
    return draw_artefact(sky_object.kind, place, rng)


def _residuals(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what imperfect alignment and a wrong kernel leave of bright stars."""
    shift_x, shift_y = rng.normal(0, 0.03, 2)
    left = np.zeros_like(image)
    left[:, 1:-1] += np.float32(shift_x / 2) * (image[:, 2:] - image[:, :-2])
    left[1:-1] += np.float32(shift_y / 2) * (image[2:] - image[:-2])
    curvature = image[1:-1, 2:] + image[1:-1, :-2] + image[2:, 1:-1] + image[:-2, 1:-1]
    left[1:-1, 1:-1] += np.float32(rng.normal(0, 0.04)) * (curvature - 4 * image[1:-1, 1:-1])
    return left


def _smooth(noise: np.ndarray) -> np.ndarray:
    """Correlate neighbouring pixels, as resampling and stacking does; keeps the variance."""
    share, scale = np.float32(0.3), np.float32(1 / np.sqrt(1 + 0.3**2))
    noise[:, 1:] = (noise[:, 1:] + share * noise[:, :-1]) * scale
    noise[1:] = (noise[1:] + share * noise[:-1]) * scale
    return noise


def _mask(rng: np.random.Generator) -> np.ndarray:
    """Return where pixels are masked: mostly nowhere, else a border or a corner."""
    mask = np.zeros((SIZE, SIZE), bool)
    if rng.random() < MASKED:
        depth = rng.integers(2, CENTRE - 4)
        jagged = depth + np.repeat(rng.integers(-2, 3, 9), 7)  # steps, like a slanted edge
        mask = np.arange(SIZE)[:, None] < np.minimum(jagged, CENTRE - 5)[None, :]
        if rng.random() < 0.5:
            mask &= np.arange(SIZE)[None, :] < rng.integers(4, SIZE)
        mask = np.rot90(mask, int(rng.integers(4)))
    return mask


def _inside(column: int, row: int) -> tuple[slice, slice]:
    """Return the part of a stamp around this pixel that lies in the readout channel."""
    rows, columns = (
        slice(max(CENTRE - at, 0), min(SIZE, side + CENTRE - at))
        for at, side in ((row, sky.CHIP[1]), (column, sky.CHIP[0]))
    )
    return rows, columns


def gzipped_fits(image: np.ndarray) -> bytes:
    """Return an image as ZTF packs its stamps: a FITS file of big-endian float32, gzipped."""
    data = image.astype(">f4").tobytes()
    padding = bytes(-len(data) % _FITS_BLOCK)
    return isal_zlib.compress(_header(*image.shape) + data + padding, *_GZIP)


@cache
def _header(rows: int, columns: int) -> bytes:
    cards = [("SIMPLE", "T"), ("BITPIX", -32), ("NAXIS", 2), ("NAXIS1", columns), ("NAXIS2", rows)]
    lines = [f"{name:<8}= {value:>20}" for name, value in cards] + ["BUNIT   = 'DN      '", "END"]
    return "".join(f"{line:<80}" for line in lines).encode().ljust(_FITS_BLOCK)
