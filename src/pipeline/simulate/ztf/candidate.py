"""The ``candidate`` record of an alert: a detection and what is known of its place."""

import numpy as np

from pipeline.simulate.ztf import sky
from pipeline.simulate.ztf.detections import Observed
from pipeline.simulate.ztf.forced import reference_id
from pipeline.simulate.ztf.measurement import MODEL_VERSION, Record
from pipeline.simulate.ztf.population import SkyObject

NO_VALUE = -999.0
PS1_ARCSEC = 30.0
GAIA_BRIGHT = 14.0


def candidate(
    detection: Record, observed: Observed, visit: int, rng: np.random.Generator
) -> Record:
    """Complete the record of a detection to a ``candidate``.

    Parameters
    ----------
    detection : dict
        As `measurement.detection_records` gives it.
    observed : Observed
        The object and all that was measured of it.
    visit : int
        Index of the visit; nothing after it is looked at.
    rng : numpy.random.Generator
        The object's.
    """
    sky_object = observed.sky_object
    distance = sky_object.sources.distance_arcsec(
        detection["xpos"] - sky_object.x, detection["ypos"] - sky_object.y
    )
    return (
        detection
        | _solar_system(sky_object, rng)
        | _ps1(sky_object, distance)
        | _gaia(sky_object, distance, rng)
        | _detection_history(observed, visit)
        | _calibration(detection, observed, rng)
        | _scores(sky_object, detection, rng)
    )


def _solar_system(sky_object: SkyObject, rng: np.random.Generator) -> Record:
    if sky_object.object_class != "asteroid":
        return {"ssdistnr": NO_VALUE, "ssmagnr": NO_VALUE, "ssnamenr": "null"}
    predicted = sky_object.parameters["mean_g"] - 0.3 + rng.normal(0, 0.2)
    return {
        "ssdistnr": float(rng.integers(0, 3)),
        "ssmagnr": float(predicted),
        "ssnamenr": str(100_000 + sky_object.index),
    }


def _ps1(sky_object: SkyObject, distance: np.ndarray) -> Record:
    """Describe the three nearest sources within 30 arcsec; sentinels where there are fewer."""
    sources = sky_object.sources
    order = np.argsort(distance, kind="stable")
    order = order[distance[order] < PS1_ARCSEC]
    record: Record = {"nmtchps": len(order)}
    for i in range(3):
        k = int(order[i]) if i < len(order) else None
        for band, name in enumerate("griz"):
            mag = NO_VALUE if k is None else float(sources.mags[band, k])
            record[f"s{name}mag{i + 1}"] = mag if mag < 23 else NO_VALUE
        record[f"sgscore{i + 1}"] = NO_VALUE if k is None else float(sources.starness[k])
        record[f"distpsnr{i + 1}"] = NO_VALUE if k is None else float(distance[k])
        record[f"objectidps{i + 1}"] = int(NO_VALUE) if k is None else _ps1_id(sky_object, k)
    return record


def _ps1_id(sky_object: SkyObject, source: int) -> int:
    """Make a number as PS1 does: zone in declination, ra to 1e-7, three more digits."""
    ra, dec = sky.offset_sky(
        sky_object.ra,
        sky_object.dec,
        float(sky_object.sources.x[source]),
        float(sky_object.sources.y[source]),
    )
    return int((dec + 90) * 120) * 10**13 + int(ra * 1e7) * 1000 + source


def _gaia(sky_object: SkyObject, distance: np.ndarray, rng: np.random.Generator) -> Record:
    """Find the nearest star, and the nearest bright one, which may lie outside the stamp."""
    sources = sky_object.sources
    stars = np.flatnonzero((sources.starness > 0.5) & (sources.mags[1] < 21))
    bright = stars[sources.mags[1, stars] < GAIA_BRIGHT]
    far, far_mag = float(45 + 45 * rng.random() ** 0.5), float(rng.uniform(11, GAIA_BRIGHT))
    if len(bright):
        nearest = bright[np.argmin(distance[bright])]
        far, far_mag = float(distance[nearest]), float(sources.mags[1, nearest])
    elif rng.random() < 0.75:
        far = far_mag = NO_VALUE
    record = {"neargaiabright": far, "maggaiabright": far_mag}
    if not len(stars):
        return record | {"neargaia": far, "maggaia": far_mag}
    nearest = stars[np.argmin(distance[stars])]
    near, mag = float(distance[nearest]), float(sources.mags[1, nearest])
    return record | {"neargaia": near, "maggaia": mag}


def _detection_history(observed: Observed, visit: int) -> Record:
    epochs, measured = observed.epochs, observed.measured
    found = np.flatnonzero(measured.detected[: visit + 1])
    return {
        "ndethist": len(found),
        "ncovhist": visit + 1,
        "jdstarthist": float(epochs.jd[found[0]]),
        "jdendhist": float(epochs.jd[visit]),
    }


def _calibration(detection: Record, observed: Observed, rng: np.random.Generator) -> Record:
    """Describe the reference image and the fit of the zero point."""
    night, sky_object = observed.night, observed.sky_object
    noise = rng.standard_normal(6).tolist()
    dsnrms = detection["scorr"] * float(np.exp(0.2 * noise[0])) * 0.6
    ssnrms = dsnrms * float(np.exp(1.0 + 0.15 * noise[1]))
    return {
        "tooflag": 0,
        "exptime": 30.0,
        "rfid": reference_id(night, sky_object, detection["fid"]),
        "jdstartref": night.jd - 1400.533611,
        "jdendref": night.jd - 1339.564375,
        "nframesref": 15 + int(rng.integers(0, 8)),
        "nmatches": int(np.exp(6.3 + 0.5 * noise[2])),
        "zpclrcov": -1e-5 * float(np.exp(noise[3])),
        "zpmed": detection["magzpsci"] - 0.02 + 0.02 * noise[4],
        "clrmed": 0.72 + 0.1 * noise[5],
        "clrrms": float(rng.uniform(0.15, 0.33)),
        "dsnrms": dsnrms,
        "ssnrms": ssnrms,
        "dsdiff": dsnrms - ssnrms,
    }


def _scores(sky_object: SkyObject, detection: Record, rng: np.random.Generator) -> Record:
    """Draw a plausible ``drb``: near 1 for what is real and not too faint, low for artefacts."""
    if sky_object.object_class == "bogus":
        drb = rng.beta(0.4, 2.5)
    else:
        drb = 1 - rng.lognormal(-5.5, 2.0) * (5 / detection["scorr"]) ** 0.5
    return {"drb": float(np.clip(drb, 1e-7, 1)), "drbversion": MODEL_VERSION}
