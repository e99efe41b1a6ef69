"""Maps as others write them, made with astropy: whatever our own reader shares with nothing."""

import io

import numpy as np
from astropy.io import fits

NSIDE = 16


def blob(nside: int = NSIDE, nest: bool = True, peak=(200.0, 10.0), sigma: float = 8.0):
    """Return probabilities of all pixels, by healpy's own arithmetic."""
    import healpy

    lon, lat = healpy.pix2ang(nside, np.arange(12 * nside**2), nest=nest, lonlat=True)
    away = healpy.rotator.angdist(peak, np.array([lon, lat]), lonlat=True)
    density = np.exp(-0.5 * (np.degrees(away) / sigma) ** 2)
    return density / density.sum()


def table(columns: dict, cards: dict | None = None, primary: dict | None = None) -> bytes:
    """Return a FITS file; a value of `columns` is an array, or (format, unit, array)."""
    made = []
    for name, given in columns.items():
        plain = not isinstance(given, tuple)
        values = ({"i": "K", "f": "D"}[given.dtype.kind], None, given) if plain else given
        made.append(fits.Column(name, values[0], unit=values[1], array=values[2]))
    hdu = fits.BinTableHDU.from_columns(made)
    hdu.header.update({"PIXTYPE": "HEALPIX", **(cards or {})})
    first = fits.PrimaryHDU()
    first.header.update(primary or {})
    stream = io.BytesIO()
    fits.HDUList([first, hdu]).writeto(stream)
    return stream.getvalue()


def flat(values=None, *, ordering="NESTED", nside=NSIDE, name="PROB", unit=None, **cards) -> bytes:
    """Return a flat map of all pixels."""
    if values is None:
        values = blob(nside, ordering == "NESTED")
    cards = {"ORDERING": ordering, "NSIDE": nside, "INDXSCHM": "IMPLICIT", **cards}
    return table({name: ("D", unit, values)}, cards)


def multiorder(uniq=None, density=None, *, unit="sr-1", **cards) -> bytes:
    """Return a table of UNIQ cells; without any, a blob of order 4."""
    if uniq is None:
        uniq = 4 * NSIDE**2 + np.arange(12 * NSIDE**2)
        density = blob() * 12 * NSIDE**2 / (4 * np.pi)
    columns = {
        "UNIQ": np.asarray(uniq, np.int64),
        "PROBDENSITY": ("D", unit, np.asarray(density, np.float64)),
    }
    return table(columns, {"ORDERING": "NUNIQ", **cards})
