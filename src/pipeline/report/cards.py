"""What the chosen objects' packets hold: position, measurements, stamps."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.batch import Batch, Shard
from pipeline.alerts.photometry import MJD_ZERO, own_measurements, positive
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.stamps import StampError, read_stamp
from pipeline.report.stamp import stamp_png

STAMPS = ("science", "template", "difference")
DETECTION, LIMIT, FORCED = "detection", "limit", "forced"
MOST_POINTS = 1500
"""Of a light curve, the last in time."""
GOOD_STATUS = "0"
SHOWN = (
    ("drb", "deep real/bogus score of the packet", 3),
    ("rb", "real/bogus score of the packet", 3),
    ("reliability", "reliability of the packet", 3),
    ("ndethist", "detections at this place so far", None),
    ("nDiaSources", "detections of the object so far", None),
    ("distpsnr1", "nearest star of PS1 [arcsec]", 2),
    ("sgscore1", "its star/galaxy score (1: star)", 2),
    ("distnr", "nearest source of the template [pix]", 2),
    ("magnr", "its magnitude", 2),
    ("ssdistnr", "nearest known asteroid [arcsec]", 1),
    ("ssnamenr", "its name", None),
)
"""Columns of the alerts table that a card shows where they are, in words, with their digits."""
_MISSING = -999.0
"""What ZTF writes for a distance that it has not."""


def cards(index: Path, survey: Survey, candids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return what there is of some alerts, by candid: plain values.

    Parameters
    ----------
    index : Path
        Of the night's packets.
    survey : Survey
    candids : iterable of int

    Raises
    ------
    OSError
        If the dump has gone, or is another than when it was indexed.
    """
    wanted = pa.array(list(candids), pa.int64())
    if not len(wanted):
        return {}
    shard = Shard.load(index, 0, 1)
    packets = shard.packets.filter(pc.is_in(shard.packets["candid"], wanted))
    found: dict[int, dict[str, Any]] = {}
    for batch in replace(shard, packets=packets).batches(survey):
        found |= _of_batch(batch, survey)
    return found


def _of_batch(batch: Batch, survey: Survey) -> dict[int, dict[str, Any]]:
    own = own_measurements(batch.alerts, survey)
    points = pa.concat_tables([batch.history.select(own.schema.names), own])
    stamps = batch.stamps
    images = [{}] * batch.alerts.num_rows if stamps is None else stamps.to_pylist()
    found = {}
    for number, image in enumerate(images):
        candid = batch.alerts["candid"][number].as_py()
        curve = light_curve(points.filter(pc.equal(points["candid"], candid)))
        found[candid] = card_of(batch.alerts.slice(number, 1), survey, image, curve)
    return found


def card_of(
    alert: pa.Table, survey: Survey, image: Mapping[str, Any], points: list[list[Any]]
) -> dict[str, Any]:
    """Return what a card is made of: plain values.

    Parameters
    ----------
    alert : pyarrow.Table, 1 row
        Of the alerts table.
    survey : Survey
    image : mapping of str to bytes or None
        Its stamps, by `STAMPS`.
    points : list
        See `light_curve`.
    """
    own = own_measurements(alert, survey)
    (row,) = alert.to_pylist()
    (one,) = own.select(["mag", "magerr", "filter"]).to_pylist()
    pictures, reasons = _pictures(image)
    return {
        **{name: row[name] for name in ("candid", "object_id", "jd", "ra", "dec", "l", "b")},
        "mag": _known(one["mag"]),
        "magerr": _known(one["magerr"]),
        "band": one["filter"],
        "positive": positive(own)[0].as_py(),
        "first_seen": _known(row.get("jdstarthist")),
        "values": list(_values(row)),
        "stamps": pictures,
        "no_stamps": reasons,
        "points": points,
    }


def _known(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def _values(alert: Mapping[str, Any]) -> Iterable[list[Any]]:
    for name, words, digits in SHOWN:
        value = alert.get(name)
        value = _known(value) if isinstance(value, float) else value
        if value not in (None, "", "null", _MISSING):
            yield [words, value, digits]


def _pictures(images: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the stamps as PNG in base64, and why others are not there."""
    pictures, reasons = {}, {}
    for name in STAMPS:
        content = images.get(name)
        if content is None:
            reasons[name] = "the packet has none"
            continue
        try:
            image = read_stamp(content)
        except StampError as error:
            reasons[name] = f"the stamp {error}"
            continue
        pictures[name] = b64encode(stamp_png(image)).decode()
    return pictures, reasons


def light_curve(points: pa.Table) -> list[list[Any]]:
    """Return the points of a light curve: [mjd, band, kind, mag, magerr, positive].

    Detections, limits (``mag`` is the limit) and forced detections, each once, in the order of
    time. Forced photometry of bad status, and what is neither, is left out.

    Parameters
    ----------
    points : pyarrow.Table
        Rows of the history table, of one alert, its own measurement among them.
    """
    names = ["jd", "filter", "kind", "mag", "magerr", "diffmaglim", "procstatus"]
    rows = points.select(names).to_pylist()
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row, sign_of in zip(rows, positive(points).to_pylist(), strict=True):
        mag, error, limit = (_known(row[name]) for name in ("mag", "magerr", "diffmaglim"))
        forced, sign = row["kind"] == "forced", sign_of
        if row["jd"] is None or (forced and (row["procstatus"] or GOOD_STATUS) != GOOD_STATUS):
            continue
        if mag is not None:
            kind = FORCED if forced else DETECTION
        elif limit is not None and limit > 0 and not forced:
            kind, mag, error, sign = LIMIT, limit, None, None
        else:
            continue
        mjd = round(row["jd"] - MJD_ZERO, 5)
        point = [mjd, row["filter"] or "unknown", kind, round(mag, 3),
                 None if error is None else round(error, 3), sign]  # fmt: skip
        found.setdefault(tuple(point[:4]), point)
    return sorted(found.values(), key=lambda p: (p[0], p[1], p[2], p[3]))[-MOST_POINTS:]
