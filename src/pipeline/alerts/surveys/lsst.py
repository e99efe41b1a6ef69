"""LSST: Rubin's packets of schema 7 and later, as AVRO and as Fink's parquet of them."""

from pathlib import Path

import numpy as np

from pipeline.alerts.fluxes import NJY_ZP
from pipeline.alerts.surveys.survey import History, Measurement, Survey

LAST_MJD = 100_000.0
"""In the year 2132; ERFA refuses what is too far off, one packet's for all of a batch."""


def _mjd_tai_to_jd_utc(mjd: np.ndarray) -> np.ndarray:
    """Return JD (UTC, leap seconds from ERFA) of MJD (TAI); NaN for what is no date."""
    from astropy.time import Time  # noqa: PLC0415 - astropy takes 0.5 s, for LSST alone

    jd = np.full(mjd.shape, np.nan)
    known = (mjd > 0) & (mjd < LAST_MJD)
    jd[known] = Time(mjd[known], format="mjd", scale="tai").utc.jd
    return jd


_SOURCE = {
    "prv_candid": "diaSourceId",
    "jd": "midpointMjdTai",
    "flux": "psfFlux",
    "fluxerr": "psfFluxErr",
    "band": "band",
}

SURVEY = Survey(
    name="lsst",
    columns_csv=Path(__file__).with_suffix(".csv"),
    candid="diaSourceId|diaSource.diaSourceId",  # up to schema 7.4 in the measurement alone
    object_id=("diaSource.diaObjectId", "diaSource.ssObjectId"),
    time="diaSource.midpointMjdTai",
    ra="diaSource.ra",
    dec="diaSource.dec",
    needed=("diaSource.psfFlux", "diaSource.band"),
    cutouts=("cutoutScience", "cutoutTemplate", "cutoutDifference"),
    histories=(
        History("prv", "prvDiaSources", _SOURCE, NJY_ZP),
        History(
            "forced",
            "prvDiaForcedSources",
            {**_SOURCE, "prv_candid": "diaForcedSourceId"},
            NJY_ZP,
        ),
    ),
    measurement=Measurement({"flux": "psfFlux", "fluxerr": "psfFluxErr", "band": "band"}, NJY_ZP),
    filters={band: f"lsst{band}" for band in "ugrizy"},
    to_jd=_mjd_tai_to_jd_utc,
)
