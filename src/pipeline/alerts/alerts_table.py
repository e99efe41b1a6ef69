"""The ``alerts`` table: one row a packet, the same columns whatever the packet's version."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.coordinates import ecliptic, galactic
from pipeline.alerts.keys import object_ids
from pipeline.alerts.surveys.survey import FieldColumn, Survey
from pipeline.io.records import Records
from pipeline.io.tables import field

CORE = (
    field("survey", pa.dictionary(pa.int32(), pa.string())),
    field("candid", pa.int64(), description="the packet, unique within its survey"),
    field("object_id", pa.string(), description="null where the packet has no object"),
    field("jd", pa.float64(), "d", "Julian date, UTC"),
    field("ra", pa.float64(), "deg", "ICRS, in [0, 360)"),
    field("dec", pa.float64(), "deg", "ICRS"),
    field("l", pa.float64(), "deg", "galactic longitude in (-180, 180]"),
    field("b", pa.float64(), "deg", "galactic latitude"),
    field("ecl_lambda", pa.float64(), "deg", "mean ecliptic of J2000, in [0, 360)"),
    field("ecl_beta", pa.float64(), "deg", "mean ecliptic of J2000"),
)
# What surveys write for "the source is brighter than in the template".
_TRUE = ("t", "T", "1", "y", "Y", "true", "1.0")


def alerts_schema(survey: Survey) -> pa.Schema:
    """Return the table's schema: the core, which all surveys share, then the survey's own."""
    own = [field(c.name, c.type, c.unit) for c in survey.columns]
    return pa.schema([*CORE, *own], metadata={"survey": survey.name})


def alerts_table(records: Records, survey: Survey) -> tuple[pa.Table, list[str | None]]:
    """Return the packets that can be used as a table, and why the others can not.

    Parameters
    ----------
    records : Records
        n packets.
    survey : Survey

    Returns
    -------
    table : pyarrow.Table
        Of `alerts_schema`, in the packets' order.
    reasons : list of n str or None
        None where the packet is in the table.
    """
    ra, dec, time = (_number(records, path) for path in (survey.ra, survey.dec, survey.time))
    reasons = _reasons(ra, dec, time)
    good = np.array([reason is None for reason in reasons], dtype=bool)
    ra, dec = np.mod(ra[good], 360.0), dec[good]
    keep = pa.array(good)
    name = pa.DictionaryArray.from_arrays(np.zeros(ra.size, np.int32), pa.array([survey.name]))
    core = [
        name,
        records.column(survey.candid).filter(keep).cast(pa.int64()),
        object_ids(records, survey).filter(keep),
        survey.to_jd(time[good]),
        *(ra, dec, *galactic(ra, dec), *ecliptic(ra, dec)),
    ]
    own = [_own(records, column).filter(keep) for column in survey.columns]
    return pa.table([*core, *own], schema=alerts_schema(survey)), reasons


def unlisted_fields(records: Records, survey: Survey) -> list[str]:
    """Return the scalars of the packets' measurement that no column of the survey takes.

    A survey that adds a field to its ``candidate`` (or ``diaSource``) is noticed by this.
    """
    measurement = survey.ra.rpartition(".")[0] + "."
    taken = {path for c in survey.columns for path in c.paths} | set(survey.object_id)
    taken |= {survey.candid, survey.ra, survey.dec, survey.time}
    return [
        path
        for path in records.paths
        if path.startswith(measurement)
        and path not in taken
        and path.removeprefix(measurement) != survey.candid
    ]


def _reasons(ra: np.ndarray, dec: np.ndarray, time: np.ndarray) -> list[str | None]:
    reasons: list[str | None] = [None] * ra.size
    checks = (
        (~np.isfinite(time), "its time is null or not finite"),
        (~np.isfinite(ra) | (np.abs(ra) > 720.0), "ra is null or no angle"),
        (~np.isfinite(dec) | (np.abs(dec) > 90.0), "dec is null or outside [-90, 90]"),
    )
    for bad, reason in checks:
        for i in np.flatnonzero(bad):
            reasons[i] = reason
    return reasons


def _number(records: Records, path: str) -> np.ndarray:
    column = records.column(path)
    if column is None:
        return np.full(records.num_rows, np.nan)
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _own(records: Records, column: FieldColumn) -> pa.Array:
    """Return a column; where a version of the schema calls a field differently, the first."""
    arrays = [as_type(records.column(path), column.type, records.num_rows) for path in column.paths]
    return pc.coalesce(*arrays)


def as_type(array: pa.Array | None, type_: pa.DataType, rows: int) -> pa.Array:
    """Return a field in its column's type; null where it cannot be said in it."""
    if array is None or pa.types.is_null(array.type):
        return pa.nulls(rows, type_)
    if array.type == type_:
        return array
    if pa.types.is_boolean(type_):
        return _flag(array)
    if pa.types.is_integer(type_) and pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_finite(array), array, None)  # pandas' integers with gaps
    try:
        return array.cast(type_)
    except pa.ArrowInvalid:
        pass
    return pa.array([_one(value, type_) for value in array], type_)


def _one(value: pa.Scalar, type_: pa.DataType) -> pa.Scalar | None:
    try:
        return value.cast(type_)
    except pa.ArrowInvalid:
        return None


def _flag(array: pa.Array) -> pa.Array:
    if pa.types.is_boolean(array.type):
        return array
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        known = pc.is_in(array, pa.array(_TRUE, array.type))
        return pc.if_else(pc.is_null(array), pa.scalar(None, pa.bool_()), known)
    return pc.not_equal(array, pa.scalar(0, array.type))
