"""The AVRO schema of simulated Rubin packets, made of the survey's own table of columns.

Rubin's own schema files are under the GPL and are not copied: a test compares names and types
with them.
"""

from functools import cache
from typing import Any

import pyarrow as pa

from pipeline.alerts.surveys.registry import get_survey

VERSIONS = ("10.0", "11.0")

Fields = list[dict[str, Any]]

_AVRO = {
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.int64(): "long",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.string(): "string",
}
# Never null in Rubin's packets: in both versions, and since 11.
_REQUIRED = {
    "diaSourceId", "visit", "detector", "midpointMjdTai", "ra", "dec", "x", "y",
    "timeProcessedMjdTai",
}  # fmt: skip
_REQUIRED_SINCE_11 = {
    "psfNdata", "trailNdata", "dipoleNdata", "bboxSize",
    *(f"{band}_psfFluxNdata" for band in "ugrizy"),
}  # fmt: skip

# What packets need beyond the columns of the alerts table, with the fields' types.
_FORCED = {
    "diaForcedSourceId": "long", "diaObjectId": "long", "ra": "double", "dec": "double",
    "visit": "long", "detector": "int", "psfFlux": "float?", "psfFluxErr": "float?",
    "midpointMjdTai": "double", "scienceFlux": "float?", "scienceFluxErr": "float?",
    "band": "string?", "timeProcessedMjdTai": "double", "timeWithdrawnMjdTai": "double?",
}  # fmt: skip
_OBJECT = {
    "diaObjectId": "long", "validityStartMjdTai": "double", "ra": "double", "dec": "double",
    **{f"{band}_psfFluxNdata": "int?" for band in "ugrizy"},
    "firstDiaSourceMjdTai": "double?", "lastDiaSourceMjdTai": "double?", "nDiaSources": "int",
}  # fmt: skip
_SOLAR_SYSTEM = {
    "diaSourceId": "long", "ssObjectId": "long", "designation": "string?",
    "eclLambda": "double", "eclBeta": "double", "galLon": "double", "galLat": "double",
    "ephVmag": "float?",
}  # fmt: skip
CUTOUTS = ("cutoutDifference", "cutoutScience", "cutoutTemplate")


@cache
def source_fields(version: str) -> Fields:
    """Return the fields of a ``diaSource``, in their order.

    Raises
    ------
    ValueError
        If packets of this version are not simulated.
    """
    if version not in VERSIONS:
        raise ValueError(f"schema {version!r}: expected one of {', '.join(VERSIONS)}")
    fields = [_field("diaSourceId", "long", "Unique number of this detection")]
    for column in get_survey("lsst").columns:
        record, _, name = column.paths[0].rpartition(".")
        if record != "diaSource":
            continue  # another part of the packet, or what brokers add
        if name in ("raErr", "decErr"):  # the place is a column of all surveys, not of this table
            fields.append(_field(name.removesuffix("Err"), "double", "ICRS [deg]"))
        kind = _AVRO[column.type] + ("" if name in _REQUIRED else "?")
        fields.append(_field(name, kind, f"[{column.unit}]" if column.unit else "", version))
    return fields


@cache
def forced_fields() -> Fields:
    """Return the fields of a ``diaForcedSource``, in their order."""
    return _fields(_FORCED)


@cache
def schema(version: str) -> dict[str, Any]:
    """Return the schema as it is embedded in packets.

    Parameters
    ----------
    version : str
        One of `VERSIONS`.

    Raises
    ------
    ValueError
        If packets of this version are not simulated.
    """
    space = f"lsst.v{version.replace('.', '_')}"
    source = _record(space, "diaSource", source_fields(version))
    return _record(
        space,
        "alert",
        [
            _field("diaSourceId", "long", "Unique number of this detection"),
            *_fields({"observation_reason": "string?", "target_name": "string?"}),
            {"name": "diaSource", "type": source},
            _nullable("prvDiaSources", {"type": "array", "items": source["name"]}),
            _nullable(
                "prvDiaForcedSources",
                {"type": "array", "items": _record(space, "diaForcedSource", forced_fields())},
            ),
            _nullable("diaObject", _record(space, "diaObject", _fields(_OBJECT, version))),
            _nullable("ssSource", _record(space, "ssSource", _fields(_SOLAR_SYSTEM))),
            *(_nullable(name, "bytes") for name in CUTOUTS),
        ],
    )


def _record(space: str, name: str, fields: Fields) -> dict[str, Any]:
    return {"type": "record", "name": f"{space}.{name}", "fields": fields}


def _fields(kinds: dict[str, str], version: str = "") -> Fields:
    return [_field(name, kind, "", version) for name, kind in kinds.items()]


def _field(name: str, kind: str, doc: str = "", version: str = "") -> dict[str, Any]:
    """Return a field; a kind with ``?`` may be null, if not since this version."""
    if version == "11.0" and name in _REQUIRED_SINCE_11:
        kind = kind.rstrip("?")
    field = _nullable(name, kind[:-1]) if kind.endswith("?") else {"name": name, "type": kind}
    return field | ({"doc": doc} if doc else {})


def _nullable(name: str, kind: str | dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "type": ["null", kind], "default": None}
