"""What a broker does to documents before a user's filter sees them.

Kowalski's stages: the alert's ``programid`` among the filter's permissions; of its history what
has a permitted ``programid``, is less than 365 days older and not later than the alert; of
forced photometry what has the ``procstatus`` "0" besides. Done on columns, once for all filters
of the same permissions; the comparisons are MongoDB's (`$lt` and `$lte` with null are true in
expressions, as null sorts before all numbers).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DAYS = 365.0
KEPT = (
    *("_id", "objectId", "candid", "schemavsn", "publisher", "candidate", "classifications"),
    *("coordinates", "cross_matches", "prv_candidates", "fp_hists"),
)
"""Fields of ZTF's documents that the stages hand on."""
GOOD = "0"
"""The ``procstatus`` of forced photometry without a warning."""


@dataclass(frozen=True)
class Shape:
    """Where documents of a survey have what the stages look at.

    Attributes
    ----------
    measurement : str
        Record of the alert's own measurement.
    time : str
        Its field with the time [d], and that of the histories' items.
    histories : mapping of str to bool
        Fields with earlier measurements, and whether these are forced.
    kept : tuple of str
        Fields that are handed on; all if there are none.
    strict : bool
        Whether an item without ``programid``, or forced without ``procstatus``, is nobody's.
    """

    measurement: str = "candidate"
    time: str = "jd"
    histories: Mapping[str, bool] | None = None
    kept: tuple[str, ...] = ()
    strict: bool = False


_HISTORIES = {"prv_candidates": False, "fp_hists": True}
ZTF = Shape(histories=_HISTORIES, kept=KEPT, strict=True)
LIKE_ZTF = Shape(histories=_HISTORIES)
RUBIN = Shape("diaSource", "midpointMjdTai", {"prvDiaSources": False, "prvDiaForcedSources": True})


def shape_of(survey: str) -> Shape:
    """Return where a survey's documents have it."""
    return {"ztf": ZTF, "lsst": RUBIN}.get(survey, LIKE_ZTF)


def upstream(documents: pa.Table, shape: Shape, permissions: tuple[int, ...]) -> pa.Table:
    """Return what filters with some permissions see of documents.

    Parameters
    ----------
    documents : pyarrow.Table
        As `pipeline.alerts.documents.Documents`.
    shape : Shape
    permissions : tuple of int
        Programmes; surveys without any have nothing to hide.

    Returns
    -------
    pyarrow.Table
        Some of the rows. Each history is there and a list, empty where there was none.
    """
    own = documents[shape.measurement].combine_chunks()
    if own.type.get_field_index("programid") >= 0:
        permitted = _permitted(pc.struct_field(own, "programid"), permissions)
        if not permitted.all():  # filtering copies all of them
            documents = documents.filter(pa.array(permitted))
            own = documents[shape.measurement].combine_chunks()
    jd = pc.struct_field(own, shape.time).to_numpy(zero_copy_only=False)
    for name, forced in (shape.histories or {}).items():
        at = documents.schema.get_field_index(name)
        if at < 0:
            empty = pa.nulls(documents.num_rows, pa.list_(pa.null())).fill_null([])
            documents = documents.append_column(pa.field(name, empty.type, False), empty)
            continue
        column = documents.column(at).combine_chunks()
        seen = _seen(column, jd, shape, permissions, forced)
        documents = documents.set_column(at, pa.field(name, seen.type, False), seen)
    kept = [name for name in documents.schema.names if not shape.kept or name in shape.kept]
    return documents.select(kept)


def stages(permissions: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return the same for ZTF's documents as stages of a pipeline.

    >>> list(stages((1, 2))[1]["$project"])[:2]
    ['objectId', 'candid']
    """
    among = list(permissions)
    kept = [name for name in KEPT if name not in ("_id", *(ZTF.histories or {}))]
    project: dict[str, Any] = dict.fromkeys(kept, 1)
    for name, forced in (ZTF.histories or {}).items():
        conditions: list[dict[str, Any]] = [
            {"$in": ["$$item.programid", among]},
            {"$lt": [{"$subtract": ["$candidate.jd", "$$item.jd"]}, int(DAYS)]},
            {"$lte": ["$$item.jd", "$candidate.jd"]},
            *([{"$eq": ["$$item.procstatus", GOOD]}] if forced else []),
        ]
        items = {"input": {"$ifNull": [f"${name}", []]}, "as": "item"}
        project[name] = {"$filter": {**items, "cond": {"$and": conditions}}}
    return [{"$match": {"candidate.programid": {"$in": among}}}, {"$project": project}]


def _permitted(programid: pa.Array, permissions: tuple[int, ...]) -> np.ndarray:
    wanted = pa.array(permissions, pa.int64())
    among = pc.is_in(programid.cast(pa.int64(), safe=False), wanted)
    return np.asarray(among.to_numpy(zero_copy_only=False), dtype=bool)


def _seen(
    column: pa.Array, jd: np.ndarray, shape: Shape, permissions: tuple[int, ...], forced: bool
) -> pa.ListArray:
    """Return the items of a history that a filter sees; a list for every row."""
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    items = pc.list_flatten(column)
    parents = np.repeat(np.arange(len(column)), lengths)
    keep = np.ones(len(items), dtype=bool)
    if pa.types.is_struct(items.type):
        then = _numbers(items, shape.time)
        null = np.isnan(then)
        days = jd[parents] - then
        keep &= null | ((days < DAYS) & (then <= jd[parents]))
        if items.type.get_field_index("programid") >= 0:
            keep &= _permitted(pc.struct_field(items, "programid"), permissions)
        elif shape.strict:
            keep[:] = False
        if forced and shape.strict:
            keep &= _good(items)
    counts = np.bincount(parents[keep], minlength=len(column))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    values = items if keep.all() else items.filter(pa.array(keep))
    type_ = pa.list_(pa.field("item", values.type, nullable=False))
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=type_)


def _numbers(items: pa.StructArray, name: str) -> np.ndarray:
    if items.type.get_field_index(name) < 0:
        return np.full(len(items), np.nan)
    column = pc.struct_field(items, name)
    if pa.types.is_null(column.type):
        return np.full(len(items), np.nan)
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _good(items: pa.StructArray) -> np.ndarray:
    if items.type.get_field_index("procstatus") < 0:
        return np.zeros(len(items), dtype=bool)
    status = pc.struct_field(items, "procstatus")
    if not pa.types.is_string(status.type):
        return np.zeros(len(items), dtype=bool)
    return np.asarray(pc.fill_null(pc.equal(status, GOOD), False).to_numpy(zero_copy_only=False))
