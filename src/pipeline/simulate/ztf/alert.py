"""All alerts of one object in a night."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.simulate.ztf.candidate import candidate
from pipeline.simulate.ztf.detections import Observed, measure
from pipeline.simulate.ztf.forced import forced_records
from pipeline.simulate.ztf.measurement import Record, detection_records
from pipeline.simulate.ztf.packets import SCHEMA_VERSION
from pipeline.simulate.ztf.population import SkyObject, draw_object
from pipeline.simulate.ztf.stamps import DetectedSource, Exposure, draw_stamps, gzipped_fits
from pipeline.simulate.ztf.survey import MAX_OBJECTS, SimulatedNight

STAMPS = ("Science", "Template", "Difference")
CUTOUTS = tuple(f"cutout{stamp}" for stamp in STAMPS)
WINDOW_DAYS = 30.0  # of history in a packet
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Alert:
    """One alert of an object."""

    sky_object: SkyObject
    record: Record  # of the packet
    true_flux_ujy: float  # of the difference; NaN for bogus
    first: bool  # of the object's alerts tonight


def object_alerts(night: SimulatedNight, index: int, *, stamps: bool = True) -> Iterator[Alert]:
    """Yield the alerts of object number `index`, in order of time; there may be none.

    Parameters
    ----------
    night : SimulatedNight
        The night.
    index : int
        Number of the object, from 0; each is drawn independently of all others.
    stamps : bool
        Without them packets are twice as quick; nothing else in them changes.
    """
    sky_object, rng = draw_object(night, index)
    epochs = night.epochs(sky_object.field)
    measured = measure(sky_object, epochs, rng)
    alerts = np.flatnonzero(measured.detected[epochs.tonight :]) + epochs.tonight
    if not len(alerts):
        return
    observed = Observed(night, sky_object, epochs, measured)
    visits = np.arange(np.searchsorted(epochs.jd, epochs.jd[-1] - WINDOW_DAYS), len(epochs.jd))
    detections = detection_records(observed, visits, rng)
    forced = forced_records(observed, visits, rng)
    name = object_name(night, index, float(epochs.jd[np.argmax(measured.detected)]))
    for visit in alerts.tolist():
        here = visit - visits[0]
        begin = int(np.searchsorted(epochs.jd[visits], epochs.jd[visit] - WINDOW_DAYS))
        record = {
            "schemavsn": SCHEMA_VERSION,
            "publisher": "Nightmill simulation",
            "objectId": name,
            "candid": detections[here]["candid"],
            "candidate": candidate(detections[here], observed, visit, rng),
            "prv_candidates": detections[begin:here] or None,
            "fp_hists": forced[begin:here][::-1],  # ZTF's are not in order of time either
        }
        record |= _cutouts(observed, visit, record) if stamps else dict.fromkeys(CUTOUTS)
        true_flux = float(measured.true_flux[visit])
        yield Alert(sky_object, record, true_flux, first=visit == alerts[0])


def _cutouts(observed: Observed, visit: int, record: Record) -> Record:
    night, epochs = observed.night, observed.epochs
    exposure = Exposure(
        int(epochs.fid[visit]),
        float(epochs.fwhm[visit]),
        float(epochs.background[visit]),
        float(epochs.noise[visit]),
        float(epochs.zero_point[visit]),
    )
    x, y = record["candidate"]["xpos"], record["candidate"]["ypos"]
    source = DetectedSource(x, y, float(observed.measured.flux[visit]))
    rng = night.generator(2, observed.sky_object.index, visit)
    images = draw_stamps(observed.sky_object, exposure, source, rng)
    start = f"candid{record['candid']}_"
    return {
        key: {"fileName": f"{start}{stamp.lower()}.fits.gz", "stampData": gzipped_fits(image)}
        for key, stamp, image in zip(CUTOUTS, STAMPS, images, strict=True)
    }


def object_name(night: SimulatedNight, index: int, first_jd: float) -> str:
    """Return the objectId: ZTF, the year of the first detection, seven letters.

    The letters count objects and nights, so that two nights within 500 share no name.
    """
    year = int((first_jd - 2451544.5) / 365.25)  # since 2000
    number = night.number % 500 * MAX_OBJECTS + index
    letters = ""
    for _ in range(7):
        number, digit = divmod(number, 26)
        letters = _LETTERS[digit] + letters
    return f"ZTF{year:02d}{letters}"
