"""Detections and limits: what ``candidate`` and ``prv_candidates`` have in common."""

from typing import Any

import numpy as np

from pipeline.simulate.ztf import sky
from pipeline.simulate.ztf.detections import Observed
from pipeline.simulate.ztf.survey import candidate_id, processing_id

Record = dict[str, Any]

MODEL_VERSION = "simulated"
_REAL_SHAPE = (1.25, 0.2)  # RMS size over sigma of the PSF: median, scatter
# what a non-detection says; every other field of it is null
_LIMIT_FIELDS = (
    "jd", "fid", "pid", "diffmaglim", "pdiffimfilename", "programpi", "programid", "nid",
    "rcid", "field", "magzpsci", "magzpsciunc", "magzpscirms", "clrcoeff", "clrcounc",
    "rbversion",
)  # fmt: skip


def detection_records(
    observed: Observed, visits: np.ndarray, rng: np.random.Generator
) -> list[Record]:
    """Return the fields that candidates and earlier detections have in common.

    Parameters
    ----------
    observed : Observed
        The object and all that was measured of it.
    visits : ndarray of int
        Which of the visits, shape (n,); non-detections give a record with nulls.
    rng : numpy.random.Generator
        The object's.

    Returns
    -------
    list of dict
        One a visit, with the fields of ``prv_candidate``.
    """
    columns = _image_columns(observed, visits, rng)
    columns |= _place_columns(observed, columns["pid"], visits, rng)
    columns |= _source_columns(observed, visits, rng)
    records = rows(columns)
    nothing = dict.fromkeys(columns)
    for i in np.flatnonzero(~observed.measured.detected[visits]):
        records[i] = nothing | {name: records[i][name] for name in _LIMIT_FIELDS}
    return records


def _image_columns(
    observed: Observed, visits: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    """Columns that describe the image: equal for all sources in it, but for small scatter."""
    night, sky_object, epochs = observed.night, observed.sky_object, observed.epochs
    jd, fid, n = epochs.jd[visits], epochs.fid[visits], len(visits)
    pid = processing_id(jd, sky_object.rcid)
    field = int(night.field_id[sky_object.field])
    ccd, quadrant = sky_object.rcid // 4 + 1, sky_object.rcid % 4 + 1
    names = [
        f"ztf_{p // 10_000:09d}_{field:06d}_z{'gr'[f - 1]}_c{ccd:02d}_o_q{quadrant}"
        "_scimrefdiffimg.fits"
        for p, f in zip(pid.tolist(), fid.tolist(), strict=True)
    ]
    return {
        "jd": jd,
        "fid": fid,
        "pid": pid,
        "diffmaglim": epochs.limit[visits],
        "pdiffimfilename": names,
        "programpi": ["Simulation"] * n,
        "programid": [1] * n,
        "nid": pid // 10**9,
        "rcid": [sky_object.rcid] * n,
        "field": [field] * n,
        "magzpsci": epochs.zero_point[visits],
        "magzpsciunc": 1e-6 * rng.lognormal(2.5, 1.0, n),
        "magzpscirms": rng.lognormal(np.log(0.032), 0.25, n),
        "clrcoeff": np.where(fid == 1, -0.055, 0.1) + rng.normal(0, 0.012, n),
        "clrcounc": 1e-6 * rng.lognormal(2.7, 0.8, n),
        "rbversion": [MODEL_VERSION] * n,
    }


def _place_columns(
    observed: Observed, pid: np.ndarray, visits: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    """Where the source is, in the image and on the sky, and who its neighbour is."""
    night, sky_object, measured = observed.night, observed.sky_object, observed.measured
    n, sources = len(visits), sky_object.sources
    scatter = 0.05 + 0.6 / np.abs(measured.snr[visits])  # pixels
    scatter = np.where(measured.detected[visits], scatter, 0.0)
    x, y = (
        np.clip(at + scatter * rng.standard_normal(n), 1, side - 2)
        for at, side in zip((sky_object.x, sky_object.y), sky.CHIP, strict=True)
    )
    ra, dec = sky.pixel_to_sky(
        night.field_ra[sky_object.field], night.field_dec[sky_object.field], sky_object.rcid, x, y
    )
    nearest = int(np.argmin(sources.distance_arcsec()))
    near_x, near_y = float(sources.x[nearest]), float(sources.y[nearest])
    near_ra, near_dec = sky.offset_sky(sky_object.ra, sky_object.dec, near_x, near_y)
    near_mag = float(sources.mags[1, nearest])
    return {
        "candid": candidate_id(pid, measured.flux[visits] > 0, sky_object.tblid),
        "isdiffpos": ["t" if f > 0 else "f" for f in measured.flux[visits].tolist()],
        "tblid": [sky_object.tblid] * n,
        "xpos": x,
        "ypos": y,
        "ra": ra,
        "dec": dec,
        "mindtoedge": np.minimum.reduce([x, y, sky.CHIP[0] - 1 - x, sky.CHIP[1] - 1 - y]),
        "distnr": np.hypot(x - sky_object.x - near_x, y - sky_object.y - near_y),
        "magnr": [near_mag] * n,
        "sigmagnr": [0.012 + 0.25 * 10 ** (0.4 * (near_mag - 22.5))] * n,
        "chinr": [float(0.5 + 0.3 * rng.random())] * n,
        "sharpnr": [float(rng.normal(0, 0.1) + 0.5 * sources.extent[0, nearest])] * n,
        "ranr": [float(near_ra)] * n,
        "decnr": [float(near_dec)] * n,
        "ssdistnr": [None] * n,
        "ssmagnr": [None] * n,
        "ssnamenr": [None] * n,
    }


def _source_columns(
    observed: Observed, visits: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    """Flux and shape of the source; artefacts are sharper, longer, more negative."""
    epochs, measured = observed.epochs, observed.measured
    n, real = len(visits), observed.sky_object.object_class != "bogus"
    with np.errstate(divide="ignore"):
        mag, error = measured.mag[visits], measured.mag_error[visits]
    snr = np.abs(measured.snr[visits])
    noise = rng.standard_normal((8, n))
    bias = (-0.02, 0.06) if real else (0.05, 0.3)
    magap = mag + bias[0] + np.hypot(bias[1], 0.7 * error) * noise[0]
    magapbig = magap - 0.02 + np.hypot(0.03, error) * noise[1]
    psf_sigma = epochs.fwhm[visits] / 2.3548
    minor = psf_sigma * np.clip(_REAL_SHAPE[0] + _REAL_SHAPE[1] * noise[2], 0.3, None)
    minor *= 1.0 if real else 0.75
    elong = 1 + np.abs(noise[3]) * (0.1 if real else 0.45)
    fwhm = epochs.fwhm[visits] * np.exp((0.3 if real else 0.55) * noise[4])
    return {
        "magpsf": mag,
        "sigmapsf": error,
        "chipsf": np.exp((0.4 if real else 1.5) + (0.5 if real else 1.0) * noise[5]),
        "magap": magap,
        "sigmagap": 0.8 * error,
        "sky": 0.6 * noise[6],
        "magdiff": magap - mag,
        "fwhm": fwhm,
        "classtar": 1 - rng.beta(1, 40 if real else 4, n),
        "magfromlim": epochs.limit[visits] - magap,
        "seeratio": np.clip(epochs.fwhm[visits] / fwhm, 0, 2),
        "aimage": minor * elong,
        "bimage": minor,
        "aimagerat": minor * elong / fwhm,
        "bimagerat": minor / fwhm,
        "elong": elong,
        "nneg": rng.binomial(25, np.clip(1.2 / snr, 0, 0.3) if real else 0.35, n),
        "nbad": rng.binomial(2, 0.0 if real else 0.15, n),
        "rb": rng.beta(7, 3, n) if real else rng.beta(2, 5, n),
        "sumrat": 1 - rng.beta(1, 30 if real else 3, n),
        "magapbig": magapbig,
        "sigmagapbig": 0.95 * error,
        "scorr": snr * np.exp(0.08 * noise[7]),
    }


def rows(columns: dict[str, Any]) -> list[Record]:
    """Return columns, arrays or lists of equal length, as one dict a row."""
    values = [c.tolist() if isinstance(c, np.ndarray) else c for c in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
