"""Skymaps of anybody: read, and asked for the levels of 1e6 positions, against ligo.skymap.

CPU seconds of one process. The flat map has 50 million pixels, of which 2 % are not 0, as the
IPN's have; the multi-order one is a Gaussian of 10 deg in 12,000 cells. Both readers find the
same levels.
"""

import tempfile
import warnings
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from measure import Figure, cpu, figure, markdown

from pipeline.sky import healpix
from pipeline.sky.maps.build import Told
from pipeline.sky.maps.gaussian import Ellipse, map_of_ellipse
from pipeline.sky.maps.read import read_map
from pipeline.sky.maps.skymap import pixels_of


def run(quick: bool) -> list[Figure]:
    """Time both readers.

    Parameters
    ----------
    quick : bool
        A tenth of the positions, a sixteenth of the pixels.
    """
    from ligo.skymap.io import read_sky_map
    from ligo.skymap.postprocess import crossmatch

    warnings.simplefilter("ignore")
    positions, nside = (100_000, 512) if quick else (1_000_000, 2048)
    rng = np.random.default_rng(7)
    ra = rng.uniform(0, 360, positions)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, positions)))
    with tempfile.TemporaryDirectory() as folder:
        flat, multi = Path(folder, "flat.fits.gz"), Path(folder, "multi.fits")
        _write_flat(flat, nside)
        _write_multiorder(multi)
        read_map(multi), read_sky_map(str(multi), moc=True)  # imports are not what is measured
        reading, found = cpu(lambda: read_map(multi), 3)
        their_reading, theirs = cpu(lambda: read_sky_map(str(multi), moc=True), 3)
        whole = cpu(lambda: read_map(flat))[0]
        their_whole = cpu(lambda: read_sky_map(str(flat), moc=True))[0]
    indexing, pixel = cpu(lambda: pixels_of(ra, dec))
    asking, at = cpu(lambda: found.at(ra, dec))
    sky = SkyCoord(ra * u.deg, dec * u.deg)
    their_asking, result = cpu(lambda: crossmatch(theirs, sky))
    some = at.level < 0.999
    off = np.abs(at.level - result.searched_prob)[some]  # by cells that tie, which it takes apart
    assert np.quantile(off, 0.99) < 1e-3
    region, ordered = found.region(0.9), np.sort(pixel)
    within, inside = cpu(lambda: region.holds(pixel))
    among, places = cpu(lambda: region.among(ordered), 3)
    assert inside.sum() == len(places) == (at.level <= 0.9).sum()
    size = f"{positions:.0e} positions"
    area = f"{region.area:.0f} deg² at 90 %"
    return [
        figure(f"read {12 * nside**2:.0e} pixels, gzip", whole, "CPU s", peer=their_whole, goal=3),
        figure(f"read {len(found.begin)} cells", 1e3 * reading, "CPU ms", peer=1e3 * their_reading),
        figure(f"levels of {size}", asking, "CPU s", peer=their_asking, note="the same levels"),
        figure(f"order-29 pixels of {size}", indexing, "CPU s", note="once for all maps"),
        figure(f"which of {size} lie within", 1e3 * within, "CPU ms", note=area),
        figure(f"the same of {size}, sorted", 1e3 * among, "CPU ms", note=area),
    ]


def _write_flat(path: Path, nside: int) -> None:
    disc = healpix.query_disc(nside, 150.0, 20.0, 16.0)
    values = np.zeros(12 * nside**2, np.float32)
    away = healpix.pixel_to_vec(nside, disc) @ healpix.lonlat_to_vec(150.0, 20.0)
    values[disc] = np.exp(-((np.degrees(np.arccos(np.minimum(away, 1))) / 5) ** 2) / 2)
    values /= values.sum(dtype=np.float64)
    column = fits.Column("PROB", "1024E", array=values.reshape(-1, 1024))
    table = fits.BinTableHDU.from_columns([column])
    table.header.update(
        {"ORDERING": "RING", "NSIDE": nside, "COORDSYS": "C", "INDXSCHM": "IMPLICIT"}
    )
    table.writeto(path)


def _write_multiorder(path: Path) -> None:
    found = map_of_ellipse(Ellipse(150.0, 20.0, 21.5, 21.5), Told("bench"))
    size = found.end - found.begin
    order = 29 - np.log2(size).astype(int) // 2
    uniq = healpix.nested_to_uniq(1 << order, found.begin // size)
    columns = [
        fits.Column("UNIQ", "K", array=uniq),
        fits.Column("PROBDENSITY", "D", unit="sr-1", array=found.density),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    table.header.update({"PIXTYPE": "HEALPIX", "ORDERING": "NUNIQ", "COORDSYS": "C"})
    table.writeto(path)


if __name__ == "__main__":
    print(markdown(run(quick=False)))
