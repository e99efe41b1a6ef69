"""Whole packets as documents: what users' filters see, and what an archive of them stores.

Every field of the packet, under its name there, in the shape that brokers' users know
(Kowalski's): ``_id`` and ``candid`` of every survey, ``objectId``,
``coordinates`` made of the position, and no stamps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.alerts.keys import candids, object_ids
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.nested import nested
from pipeline.io.records import Records
from pipeline.sky.coordinates import sexagesimal

_OURS = ("_id", "candid", "coordinates")
"""Fields that documents have in any case, of our own making."""


@dataclass(frozen=True)
class Documents:
    """Packets of one schema as documents.

    Attributes
    ----------
    table : pyarrow.Table
        One row an alert, in the order of the alerts that it is made of. Scalars are integers,
        double, text and boolean; records are structs, arrays lists. A field that is not in its
        schema is missing in all of these packets; null is a null that the packet has. In a
        list's items null is missing: brokers leave null and NaN out there.
    left_out : tuple of str
        Paths of the packets' schema that are not in the table: bytes other than the stamps,
        maps, unions of unlike types, and times, dates and whatever else only looks like a number
        (AVRO's logical types).
    """

    table: pa.Table
    left_out: tuple[str, ...]


def documents(records: Records, survey: Survey, kept: np.ndarray, alerts: pa.Table) -> Documents:
    """Return the packets that can be used as documents.

    Parameters
    ----------
    records : Records
        n packets.
    survey : Survey
    kept : (n,) bool
        Which of them.
    alerts : pyarrow.Table
        These m, of `pipeline.alerts.alerts_table.alerts_schema`.
    """
    stamps = {path.partition(".")[0] for path in survey.cutouts}
    made = nested(records, stamps)
    keep = pa.array(kept)
    key = candids(records, survey).filter(keep)
    columns = {
        field: column.filter(keep) if not kept.all() else column
        for field, column in zip(made.array.type, made.array.flatten(), strict=True)
        if field.name not in _OURS
    }
    columns |= {pa.field(name, pa.int64(), nullable=False): key for name in ("_id", "candid")}
    if made.array.type.get_field_index("objectId") < 0:
        columns[pa.field("objectId", pa.string())] = object_ids(records, survey).filter(keep)
    coordinates = _coordinates(alerts)
    columns[pa.field("coordinates", coordinates.type, nullable=False)] = coordinates
    table = pa.table(list(columns.values()), schema=pa.schema(list(columns)))
    return Documents(table, tuple(made.left_out))


def _coordinates(alerts: pa.Table) -> pa.StructArray:
    """Return where alerts are, as brokers' documents have it.

    GeoJSON's longitude is ra − 180 [deg], as MongoDB's indexes want it.
    """
    ra, dec = (alerts[name].to_numpy() for name in ("ra", "dec"))
    pairs = pa.array(np.column_stack([ra - 180.0, dec]).ravel())
    words = pa.array(["Point"] * len(ra), pa.string())
    points = _struct({"type": words, "coordinates": _pairs(pairs)})
    texts = [text for place in zip(ra, dec, strict=True) for text in sexagesimal(*place)]
    longitude, latitude = (alerts[name].combine_chunks() for name in ("l", "b"))
    return _struct(
        {
            "radec_geojson": points,
            "radec_str": _pairs(pa.array(texts, pa.string())),
            "l": longitude,
            "b": latitude,
        }
    )


def _pairs(values: pa.Array) -> pa.ListArray:
    offsets = pa.array(np.arange(0, len(values) + 1, 2, dtype=np.int32))
    type_ = pa.list_(pa.field("item", values.type, nullable=False))
    return pa.ListArray.from_arrays(offsets, values, type=type_)


def _struct(arrays: Mapping[str, pa.Array]) -> pa.StructArray:
    fields = [pa.field(name, array.type, nullable=False) for name, array in arrays.items()]
    return pa.StructArray.from_arrays(list(arrays.values()), fields=fields)
