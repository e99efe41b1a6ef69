"""What SkyPortal is told of a shard's candidates: requests to its API, one a line, as JSON.

The bodies are those that Kowalski posts: candidate, photometry by stream, three thumbnails, the
annotations of each filter, and what a filter's autosave and auto_followup ask for: these once an
object (whose alerts are all in one shard), with the first of its alerts that passes.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.alerts.batch import Batch, Shard
from pipeline.alerts.photometry import photometry
from pipeline.alerts.surveys.survey import Survey
from pipeline.filters.annotations import plain
from pipeline.filters.filter import Filter, Sending
from pipeline.filters.png import picture
from pipeline.io.atomic import atomic_path
from pipeline.io.stamps import StampError, read_stamp

ORIGIN = "Nightmill"
THUMBNAILS = {"science": "new", "template": "ref", "difference": "sub"}
_UNIX_EPOCH_JD = 2440587.5
Request = tuple[str, str, dict[str, Any]]
Once = tuple[str | None, str, str]
"""Object, filter and path of a request that is made once a night."""
Line = tuple[int, int, Once | None, str]
_POINTS = ("mjd", "flux", "fluxerr", "zp", "filter")


@dataclass(frozen=True)
class Told:
    """A filter, and what SkyPortal calls it."""

    filter: Filter
    sending: Sending


@dataclass(frozen=True)
class Instrument:
    """What SkyPortal calls the instrument and its streams.

    Attributes
    ----------
    instrument_id : int
    stream_ids : mapping of int to list of int
        Of each ``programid``; points of others are sent under none.
    """

    instrument_id: int
    stream_ids: Mapping[int, list[int]]


def write_payloads(
    index: Path,
    part: tuple[int, int],
    survey: Survey,
    candidates: Path,
    filters: Iterable[Told],
    instrument: Instrument,
    output: Path,
) -> int:
    """Write the requests of one shard's candidates; return how many.

    Parameters
    ----------
    index, part
        As of `pipeline.filters.shard.ShardInputs`.
    survey : Survey
    candidates : Path
        The shard's table.
    filters : iterable of Told
    instrument : Instrument
    output : Path
        JSON lines: ``method``, ``path`` and ``body``, by candid.
    """
    named = {one.filter.name: one for one in filters}
    rows = pq.read_table(candidates, columns=["candid", "filter", "annotations"])
    passed: dict[int, list[tuple[Told, Any]]] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: (row["candid"], row["filter"])):
        data = json.loads(row["annotations"]) if row["annotations"] else {}
        passed.setdefault(row["candid"], []).append((named[row["filter"]], data))
    shard = Shard.load(index, *part)
    wanted = pc.is_in(shard.packets["candid"], pa.array(list(passed), pa.int64()))
    shard = replace(shard, packets=shard.packets.filter(wanted))
    made = [one for b in shard.batches(survey) for one in _of_batch(b, survey, passed, instrument)]
    lines = _once(sorted(made, key=lambda line: line[:2]))
    with atomic_path(output) as temporary, temporary.open("w") as stream:
        stream.writelines(f"{line}\n" for line in lines)
    return len(lines)


def _once(lines: Iterable[Line]) -> list[str]:
    """Return the requests; of those of one object and filter that are made once, the first."""
    found: dict[Any, str] = {}
    for candid, number, once, line in lines:
        found.setdefault((candid, number) if once is None else once, line)
    return list(found.values())


def _of_batch(
    batch: Batch,
    survey: Survey,
    passed: Mapping[int, list[tuple[Told, Any]]],
    instrument: Instrument,
) -> Iterator[Line]:
    points = photometry(batch.alerts, batch.history, survey)
    stamps = batch.stamps
    for i, alert in enumerate(batch.alerts.to_pylist()):
        candid = alert["candid"]
        mine = points.filter(pc.equal(points["candid"], candid))
        images = {} if stamps is None else stamps.slice(i, 1).to_pylist()[0]
        requests: list[tuple[Once | None, Request]] = [
            (None, _candidate(alert, passed[candid])),
            *((None, r) for r in _photometry(alert, mine, passed[candid], instrument)),
            *((None, r) for r in _thumbnails(alert, images)),
        ]
        for one, data in passed[candid]:
            requests += [(None, r) for r in _annotations(alert, one, data)]
            name = one.filter.name
            requests += [((alert["object_id"], name, r[1]), r) for r in _asked_for(alert, one)]
        for number, (once, (method, path, body)) in enumerate(requests):
            request = {"method": method, "path": path, "body": plain(body)}
            yield candid, number, once, json.dumps(request, allow_nan=False)


def _candidate(alert: Mapping[str, Any], passed: list[tuple[Told, Any]]) -> Request:
    scores = (alert.get(name) for name in ("drb", "rb"))
    score = next((value for value in scores if value is not None and isfinite(value)), None)
    passing = [
        {
            "filter_name": one.filter.name,
            "filter_id": one.sending.filter_id,
            "group_name": one.sending.group,
            "group_id": one.sending.group_id,
            "version": one.filter.version,
            "permissions": list(one.filter.permissions),
            "autosave": one.sending.autosave,
            "update_annotations": one.sending.update_annotations,
            "auto_followup": one.sending.auto_followup,
            "data": {"annotations": data},
        }
        for one, data in passed
    ]
    ids = [one.sending.filter_id for one, _ in passed if one.sending.filter_id is not None]
    body = {
        "id": alert["object_id"],
        "ra": alert["ra"],
        "dec": alert["dec"],
        "score": score,
        "filter_ids": ids,
        "passing_alert_id": alert["candid"],
        "passed_at": _utc(alert["jd"]),
        "origin": ORIGIN,
        "passed_filters": passing,
    }
    return "POST", "/api/candidates", body


def _utc(jd: float) -> str:
    """Return a Julian date (UTC) in ISO 8601, to the millisecond.

    >>> _utc(2440588.0)
    '1970-01-01T12:00:00.000'
    """
    then = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=jd - _UNIX_EPOCH_JD)
    return then.replace(tzinfo=None).isoformat(timespec="milliseconds")


def _photometry(
    alert: Mapping[str, Any],
    points: pa.Table,
    passed: list[tuple[Told, Any]],
    instrument: Instrument,
) -> Iterator[Request]:
    """Yield the light curve by stream: of programmes that some filter that passed may see."""
    may = {number for one, _ in passed for number in one.filter.permissions}
    programmes = points["programid"].to_pylist()
    has = alert.get("programid") is not None
    for programid in sorted({p for p in programmes if p is not None} & may) if has else [None]:
        of = pc.equal(points["programid"], programid) if has else pc.is_valid(points["mjd"])
        chosen = points.filter(pc.fill_null(of, False))
        chosen = chosen.filter(pc.less_equal(chosen["mjd"], alert["jd"] - 2400000.5 + 1e-6))
        if not chosen.num_rows:
            continue
        streams = instrument.stream_ids.get(programid, []) if programid is not None else []
        body = {
            "obj_id": alert["object_id"],
            "instrument_id": instrument.instrument_id,
            "stream_ids": streams,
            "magsys": "ab",
            **{name: chosen[name].to_pylist() for name in _POINTS},
            "ra": [alert["ra"]] * chosen.num_rows,
            "dec": [alert["dec"]] * chosen.num_rows,
            "origin": [value or ORIGIN for value in chosen["origin"].to_pylist()],
        }
        yield "PUT", "/api/photometry", body


def _thumbnails(alert: Mapping[str, Any], images: Mapping[str, Any]) -> Iterator[Request]:
    for name, kind in THUMBNAILS.items():
        if images.get(name) is None:
            continue
        try:
            data = base64.b64encode(picture(read_stamp(images[name]))).decode()
        except StampError:  # the scores table says what is wrong with it
            continue
        yield "POST", "/api/thumbnail", {"obj_id": alert["object_id"], "data": data, "ttype": kind}


def _groups(sending: Sending) -> list[int]:
    return [] if sending.group_id is None else [sending.group_id]


def _annotations(alert: Mapping[str, Any], one: Told, data: Any) -> Iterator[Request]:
    sending = one.sending
    if data:
        origin = f"{sending.group}:{one.filter.name}"
        body = {"origin": origin, "data": data, "group_ids": _groups(sending)}
        method = "PUT" if sending.update_annotations else "POST"
        yield method, f"/api/sources/{alert['object_id']}/annotations", body


def _asked_for(alert: Mapping[str, Any], one: Told) -> Iterator[Request]:
    """Yield what one filter asks for of an object that passes: saving, a follow-up."""
    sending, obj_id = one.sending, alert["object_id"]
    if sending.autosave:
        saved = dict(sending.autosave) if isinstance(sending.autosave, Mapping) else {}
        yield "POST", "/api/sources", {"id": obj_id, "group_ids": _groups(sending), **saved}
    if sending.auto_followup:
        asked = dict(sending.auto_followup)
        yield "POST", "/api/followup_request", {"obj_id": obj_id, **asked}
