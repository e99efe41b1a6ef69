"""GCN notices in JSON: the map that they carry, or their error circle or ellipse.

Sources: LVK Public Alert User Guide (alert_type, superevent_id, event.skymap); the core of
https://github.com/nasa-gcn/gcn-schema (Localization, Alert, DateTime) and IceCube's notices
there.
"""

import base64
import binascii
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.sky.maps.build import Told
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.event_time import NO_TIME, mjd_of_iso
from pipeline.sky.maps.gaussian import Ellipse, map_of_ellipse
from pipeline.sky.maps.read_fits import read_fits
from pipeline.sky.maps.skymap import SkyMap, dated
from pipeline.sky.maps.unpack import unpacked

PARTS = ("localization", "event", "discovery_datetime", "alert", "alert_info")
"""Objects within a notice, in which newer schemas keep what older ones have at the top."""
NO_EVENT = {"mock", "test", "injection", "injected", "planned", "commanded"}
"""What alert_tense or alert_type call a notice that tells of no event in the sky."""
CONTAINMENT = 0.9
"""Of an error without its containment: the schema's default."""


def read_notice(text: bytes, source: str) -> SkyMap:
    """Read a notice.

    Raises
    ------
    MapError
        If it is no JSON, has neither map nor error circle, retracts its event, or is a mock.
    ValueError
        If the map that it carries is damaged.
    """
    try:
        notice = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MapError(f"no JSON: {error}") from None
    if not isinstance(notice, dict):
        raise MapError("no notice: expected a JSON object")
    values = {k: v for part in PARTS if isinstance(notice.get(part), dict)
              for k, v in notice[part].items()} | notice  # fmt: skip
    name = _name(values)
    _check_counts(values, name)
    mjd = next((m for key in ("time", "trigger_time") if (m := _time(values.get(key)))), None)
    if encoded := values.get("skymap") or values.get("healpix_file"):
        found = _decoded(encoded, source)
        found = replace(found, name=name or found.name)
        return found if mjd is None or found.mjd is not None else dated(found, mjd)
    notes = () if mjd else (f"{NO_TIME}: the notice has neither event.time nor trigger_time",)
    return map_of_ellipse(_ellipse(values), Told(source, "icrs", name, mjd, notes))


def _name(values: Mapping[str, Any]) -> str | None:
    for key in ("superevent_id", "event_name", "id", "ref_ID"):
        value = values.get(key)
        if isinstance(value, list) and value:
            value = "_".join(map(str, value))
        if isinstance(value, str | int) and str(value).strip():
            return str(value).strip()
    return None


def _check_counts(values: Mapping[str, Any], name: str | None) -> None:
    """Raise for a notice that does not count."""
    kinds = {str(values.get(key, "")).lower() for key in ("alert_type", "alert_tense")}
    if "retraction" in kinds:
        raise MapError(f"the notice retracts {name}: it does not count")
    is_lvk = "superevent_id" in values
    if kinds & NO_EVENT or (is_lvk and str(name).startswith(("M", "T"))):
        raise MapError(f"the notice of {name} is a mock or a test: it does not count")


def _time(value: Any) -> float | None:
    return mjd_of_iso(value) if isinstance(value, str) else None


def _decoded(encoded: Any, source: str) -> SkyMap:
    if not isinstance(encoded, str):
        raise MapError("its skymap is no text: expected FITS in base64")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MapError(f"its skymap is no base64: {error}") from None
    with unpacked(io.BytesIO(data)) as stream:
        return read_fits(stream, source)


def _ellipse(values: Mapping[str, Any]) -> Ellipse:
    """Return the error ellipse, in the words of any version of the schema."""
    ra, dec = _number(values, "ra"), _number(values, "dec")
    error = values.get("ra_dec_error")
    axes = error if isinstance(error, list) else [error]
    if error is None:
        named = (("position_a_error", "position_b_error"), ("semi_major", "semi_minor"))
        axes = next(([values[a], values.get(b)] for a, b in named if values.get(a)), [None])
        axes = [*axes, values.get("position_error_pa")]
    major, minor, angle = (_optional(axes, i) for i in range(3))
    if ra is None or dec is None or major is None:
        raise MapError(
            "neither a map (event.skymap, healpix_file) nor an error circle (ra, dec, "
            "ra_dec_error): healpix_url is not fetched, name that file instead"
        )
    held = _number(values, "containment_probability")
    return Ellipse(
        ra, dec, major, minor or major, angle or 0.0, CONTAINMENT if held is None else held
    )


def _number(values: Mapping[str, Any], key: str) -> float | None:
    return _optional([values.get(key)], 0)


def _optional(numbers: list[Any], at: int) -> float | None:
    value = numbers[at] if at < len(numbers) else None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e6:
        raise MapError(f"{str(value)[:40]!r} stands where a number of degrees is expected")
    return float(value)
