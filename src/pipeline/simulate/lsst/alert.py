"""All alerts of one object in a night."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.simulate.lsst.measurement import Columns, measure, source_columns
from pipeline.simulate.lsst.packet import PacketEncoder
from pipeline.simulate.lsst.population import SkyObject, draw_object
from pipeline.simulate.lsst.stamps import DetectedSource, draw_cutouts
from pipeline.simulate.lsst.survey import BANDS, SimulatedNight, source_ids


@dataclass(frozen=True)
class Alert:
    """One alert of an object.

    Attributes
    ----------
    sky_object : SkyObject
    candid : int
        Its diaSourceId.
    object_id : int
        diaObjectId, or ssObjectId of an asteroid.
    mjd, band
        Of the exposure, TAI.
    true_flux : float
        Of the difference [nJy]; NaN for bogus.
    earlier, forced : int
        Measurements in its history.
    data : bytes
        The packet's record, encoded.
    """

    sky_object: SkyObject
    candid: int
    object_id: int
    mjd: float
    band: str
    true_flux: float
    earlier: int
    forced: int
    data: bytes


def object_alerts(
    night: SimulatedNight, index: int, version: str, *, stamps: bool = True
) -> Iterator[Alert]:
    """Yield the alerts of object number `index`, in order of time; there may be none.

    Parameters
    ----------
    night : SimulatedNight
        The night.
    index : int
        Number of the object, from 0; each is drawn independently of all others.
    version : str
        Of the schema.
    stamps : bool
        Without them the cutouts are null; nothing else changes.
    """
    sky_object, rng = draw_object(night, index)
    visits = night.visits(sky_object.field)
    fluxes = measure(sky_object, visits, rng)
    found = np.flatnonzero(fluxes.detected)
    if not len(found) or found[-1] < visits.tonight:
        return
    ids = source_ids(visits.mjd, index)
    encoder = PacketEncoder(sky_object, visits, fluxes, ids, found, version)
    columns = source_columns(sky_object, visits, fluxes, ids, rng)
    sources = encoder.sources(columns)
    since = np.arange(found[0], len(visits.mjd))
    forced = encoder.forced(since)
    for row in np.flatnonzero(found >= visits.tonight).tolist():
        visit = int(found[row])
        cutouts = {}
        if stamps:
            source = _source(columns, row)
            cutouts = draw_cutouts(source, night.generator(3, index, visit))
        n_forced = 0 if encoder.moves else visit - int(found[0]) + 1
        yield Alert(
            sky_object,
            candid=int(ids[visit]),
            object_id=encoder.object_id,
            mjd=float(visits.mjd[visit]),
            band=BANDS[visits.band[visit]].decode(),
            true_flux=float(fluxes.true[visit]),
            earlier=0 if encoder.moves else row,
            forced=n_forced,
            data=b"".join(encoder.packet(row, sources, forced, n_forced, cutouts)),
        )


def _source(columns: Columns, row: int) -> DetectedSource:
    return DetectedSource(
        ra=float(columns["ra"][row]),
        dec=float(columns["dec"][row]),
        flux=float(columns["psfFlux"][row]),
        template_flux=float(columns["templateFlux"][row]),
        error=float(columns["psfFluxErr"][row]),
        variance=float(columns["ixxPSF"][row]),
        box=int(columns["bboxSize"][row]),
    )
