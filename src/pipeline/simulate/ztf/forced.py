"""Forced photometry: the records of ``fp_hists``."""

import numpy as np

from pipeline.simulate.ztf import sky
from pipeline.simulate.ztf.detections import Observed
from pipeline.simulate.ztf.lightcurves import ZERO_POINT
from pipeline.simulate.ztf.measurement import Record, rows
from pipeline.simulate.ztf.population import SkyObject
from pipeline.simulate.ztf.survey import SimulatedNight, processing_id

NO_VALUE = -99999.0


def forced_records(
    observed: Observed, visits: np.ndarray, rng: np.random.Generator
) -> list[Record]:
    """Return forced photometry at the object's place, one record a visit.

    Fluxes are those measured, in DN of the image; where the processing failed
    (``procstatus`` 61) or there is no neighbour on the reference, the sentinel -99999.
    """
    night, sky_object = observed.night, observed.sky_object
    epochs, measured = observed.epochs, observed.measured
    n, sources = len(visits), sky_object.sources
    jd, fid = epochs.jd[visits], epochs.fid[visits]
    to_dn = 10 ** (0.4 * (epochs.zero_point[visits] - ZERO_POINT))
    failed = rng.random(n) < 0.06
    nearest = int(np.argmin(sources.distance_arcsec()))
    near_ra, near_dec = sky.offset_sky(
        sky_object.ra, sky_object.dec, float(sources.x[nearest]), float(sources.y[nearest])
    )
    near_mag = sources.mags[fid - 1, nearest]
    noise = rng.standard_normal((4, n))
    columns = {
        "field": [int(night.field_id[sky_object.field])] * n,
        "rcid": [sky_object.rcid] * n,
        "fid": fid,
        "pid": processing_id(jd, sky_object.rcid),
        "rfid": [reference_id(night, sky_object, f) for f in fid.tolist()],
        "sciinpseeing": epochs.fwhm[visits],
        "scibckgnd": epochs.background[visits],
        "scisigpix": epochs.noise[visits],
        "magzpsci": epochs.zero_point[visits],
        "magzpsciunc": 1e-6 * np.exp(2.5 + noise[0]),
        "magzpscirms": 0.032 * np.exp(0.25 * noise[1]),
        "clrcoeff": np.where(fid == 1, -0.055, 0.1) + 0.012 * noise[2],
        "clrcounc": 1e-6 * np.exp(2.7 + 0.8 * noise[3]),
        "exptime": [30.0] * n,
        "adpctdif1": 0.08 * np.exp(0.1 * noise[0]),
        "adpctdif2": 0.08 * np.exp(0.1 * noise[1]),
        "diffmaglim": epochs.limit[visits],
        "programid": [1] * n,
        "jd": jd,
        "forcediffimflux": np.where(failed, NO_VALUE, measured.flux[visits] * to_dn),
        "forcediffimfluxunc": np.where(failed, NO_VALUE, measured.error[visits] * to_dn),
        "procstatus": ["61" if bad else "0" for bad in failed.tolist()],
        "distnr": [float(sources.distance_arcsec()[nearest])] * n,
        "ranr": [float(near_ra)] * n,
        "decnr": [float(near_dec)] * n,
        "magnr": near_mag,
        "sigmagnr": 0.012 + 0.25 * 10 ** (0.4 * (near_mag - 22.5)),
        "chinr": [0.6] * n,
        "sharpnr": [0.0] * n,
    }
    return rows(columns)


def reference_id(night: SimulatedNight, sky_object: SkyObject, fid: int) -> int:
    """Return ``rfid``: field, filter and readout channel of the reference image."""
    return int(night.field_id[sky_object.field]) * 1_000_000 + fid * 20_000 + sky_object.rcid
