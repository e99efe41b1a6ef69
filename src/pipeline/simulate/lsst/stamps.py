"""Cutouts of one alert as Rubin packs them: FITS files of three images, not compressed."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 31  # pixels, or that of the source's footprint if it is larger
_PSF_SIDE = {"Science": 41, "Template": 55, "Difference": 41}
PIXEL_ARCSEC = 0.2
_BLOCK = 2880
_TEMPLATE_NOISE = 0.3  # of that of one exposure


@dataclass(frozen=True)
class DetectedSource:
    """What was detected, as the packet's ``diaSource`` says."""

    ra: float  # ICRS [deg]
    dec: float
    flux: float  # of the difference [nJy]
    template_flux: float  # nJy
    error: float  # of the flux [nJy]
    variance: float  # of the PSF along x and y [arcsec^2]
    box: int  # bboxSize [pixels]


def draw_cutouts(source: DetectedSource, rng: np.random.Generator) -> dict[str, bytes]:
    """Return the three cutouts of an alert, about 122 kB together.

    Each has the image [nJy], its variance (``UNCERT``, nJy^2) and the PSF (``PSFIMAGE``). A
    pixel's noise is the flux's error over the root of the PSF's effective area, 4 pi sigma^2.
    """
    side = max(SIDE, source.box | 1)
    sigma = float(np.sqrt(source.variance)) / PIXEL_ARCSEC
    noise = float(source.error / np.sqrt(4 * np.pi)) / sigma
    profile = _gaussian(side, sigma)
    sky = rng.standard_normal((2, side, side), np.float32) * np.float32(noise)
    sky[1] *= _TEMPLATE_NOISE
    template = np.float32(source.template_flux) * profile + sky[1]
    difference = np.float32(source.flux) * profile + sky[0] - sky[1]
    images = {"Science": template + difference, "Template": template, "Difference": difference}
    return {
        f"cutout{name}": _fits(image, noise**2, _PSF_SIDE[name], sigma, source)
        for name, image in images.items()
    }


def _gaussian(side: int, sigma: float) -> NDArray[np.float32]:
    along = np.exp(-0.5 * (np.arange(side) - side // 2) ** 2 / sigma**2)
    return (np.outer(along, along) / along.sum() ** 2).astype(np.float32)


def _fits(
    image: NDArray[np.float32], variance: float, psf_side: int, sigma: float, source: DetectedSource
) -> bytes:
    side = len(image)
    psf = _gaussian(psf_side, sigma).astype(">f8")
    return b"".join(
        [
            _primary(side)
            .replace(*_place(b"CRVAL1", source.ra))
            .replace(*_place(b"CRVAL2", source.dec)),
            _padded(image.astype(">f4").tobytes()),
            _extension("UNCERT", side, -32),
            _padded(np.full((side, side), variance, ">f4").tobytes()),
            _extension("PSFIMAGE", psf_side, -64),
            _padded(psf.tobytes()),
        ]
    )


def _place(key: bytes, value: float) -> tuple[bytes, bytes]:
    """Return a card without its value, and with it."""
    return _card(key.decode(), 0.0), _card(key.decode(), value)


def _card(key: str, value: Any) -> bytes:
    match value:
        case str():
            text = f"'{value:<8}'"
        case bool():
            text = f"{'T' if value else 'F':>20}"
        case _:
            text = f"{value!r:>20}".upper()  # FITS's exponents are capital letters
    return f"{key:<8}= {text}".ljust(80).encode()


@cache
def _primary(side: int) -> bytes:
    middle = (side + 1) / 2
    scale = PIXEL_ARCSEC / 3600
    cards = {
        "SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": side, "NAXIS2": side,
        "EXTEND": True, "BUNIT": "nJy", "WCSAXES": 2, "CRPIX1": middle, "CRPIX2": middle,
        "CD1_1": -scale, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": scale, "CRVAL1": 0.0, "CRVAL2": 0.0,
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN",
    }  # fmt: skip
    return _header(cards)


@cache
def _extension(name: str, side: int, bitpix: int) -> bytes:
    cards = {
        "XTENSION": "IMAGE", "BITPIX": bitpix, "NAXIS": 2, "NAXIS1": side, "NAXIS2": side,
        "PCOUNT": 0, "GCOUNT": 1, "EXTNAME": name,
    }  # fmt: skip
    return _header(cards)


def _header(cards: dict[str, Any]) -> bytes:
    lines = b"".join(_card(key, value) for key, value in cards.items()) + b"END".ljust(80)
    return lines.ljust(-(-len(lines) // _BLOCK) * _BLOCK)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _BLOCK)
