"""The multi-order FITS file: probability density over the scanned cells."""

import re
from pathlib import Path

from astropy.io import fits
from astropy.time import Time

from pipeline.io.atomic import atomic_path
from pipeline.sky import healpix
from pipeline.skymaps.map.contours import Contour
from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.scan.subject import Subject


def write_multiorder(name: str, scan: Subject, skymap: Skymap, path: str | Path) -> None:
    """Write UNIQ and PROBDENSITY [1/sr] of all cells.

    The columns and PIXTYPE … MOCORDER are those of gravitational-wave alerts (LIGO T2000167
    and MOC 2.0), the other keywords those of IceCube's skymaps.

    Parameters
    ----------
    name : str
        What events.tsv calls the event.
    scan, skymap
        What was scanned, and the map of it.
    path : str or Path
        Ends on ``.fits``.
    """
    event, cells = skymap.event, skymap.cells
    columns = [
        fits.Column("UNIQ", "K", array=cells.uniq),
        fits.Column("PROBDENSITY", "D", unit="sr-1", array=skymap.density),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    order = healpix.order_of(int(cells.nside.max()))
    cards = [
        ("PIXTYPE", "HEALPIX", "HEALPIX pixelisation"),
        ("ORDERING", "NUNIQ", "pixels are UNIQ numbers of several orders"),
        ("COORDSYS", "C", "ICRS"),
        ("INDXSCHM", "EXPLICIT", "the column UNIQ says which pixel"),
        ("MOCORDER", order, "finest order"),
        ("RUNID", event.run_id, "run"),
        ("EVENTID", event.event_id, "event"),
        ("OBJECT", re.sub("[^ -~]", "?", name), "name of the event"),
        ("SENDER", "Nightmill", "what wrote this"),
        ("EVENTTYP", event.event_type, "type of the event"),
        ("SIMULATE", not event.is_real, "simulated, not real data"),
        *_when(event.mjd),
        ("RA", skymap.ra, "best fit, ICRS [deg]"),
        ("DEC", skymap.dec, "best fit, ICRS [deg]"),
        ("RECO", scan.reco, "reconstruction of each pixel"),
        ("POINTED", scan.pointed, _scanned(scan)),
        *(card for key in ("50", "90") for card in _extent(key, skymap.contours[key])),
        ("LEVELS", skymap.levels.source),
        ("CALIBRAT", skymap.levels.calibrated, "contours hold what they say, in simulation"),
        ("NFAILED", skymap.failed, "pixels that stand for their neighbours"),
    ]
    cards += [("CAUTION", scan.caution)] if scan.caution else []
    table.header.extend(cards)
    with atomic_path(path) as temporary:
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(temporary, overwrite=True)


def _when(mjd: float | None) -> list[tuple[str, str | float, str]]:
    """Return the time of the event, where it is known."""
    if mjd is None:
        return []
    return [("DATE-OBS", Time(mjd, format="mjd").isot, "UTC"), ("MJD-OBS", mjd, "UTC [d]")]


def _scanned(scan: Subject) -> str:
    """Return what was scanned in the few words that a comment holds."""
    return scan.scanned.removeprefix("pointed: ") if scan.pointed else "the whole sky was scanned"


def _extent(name: str, contour: Contour) -> list[tuple[str, float | None, str]]:
    return [
        (f"HIERARCH RA_ERR_PLUS_{name}", contour.ra_plus, "of the contour [deg]"),
        (f"HIERARCH RA_ERR_MINUS_{name}", contour.ra_minus, "of the contour [deg]"),
        (f"HIERARCH DEC_ERR_PLUS_{name}", contour.dec_plus, "of the contour [deg]"),
        (f"HIERARCH DEC_ERR_MINUS_{name}", contour.dec_minus, "of the contour [deg]"),
        (f"HIERARCH CONTOUR_AREA_{name}", contour.area, "of the cells inside [deg2]"),
        (f"HIERARCH ISLANDS_{name}", len(contour.island_areas), "errors: best fit's only"),
        (f"HIERARCH LEVEL_{name}", contour.two_delta_llh, "2 Delta llh"),
    ]
