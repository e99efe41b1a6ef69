"""Which packet and which object: the two names that every table is joined by."""

import zlib
from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.casts import as_type
from pipeline.alerts.surveys.survey import Survey
from pipeline.alerts.usable import Places
from pipeline.io.records import Records

NO_OBJECT = ("", "0", "none", "null", "nan")
"""What packets write for an object that there is none of, in any case."""


def object_ids(records: Records, survey: Survey) -> pa.Array:
    """Return the object of each record as a string; null where it has none (`NO_OBJECT`)."""
    result = pa.nulls(records.num_rows, pa.string())
    for path in survey.object_id:
        column = records.column(path)
        if column is not None and _is_no_text(column.type):
            # pandas' integers with gaps: as text, large ones would be cut, and others have a point
            column = as_type(column, pa.int64(), records.num_rows)
        text = as_type(column, pa.string(), records.num_rows)
        text = pc.if_else(pc.is_in(pc.ascii_lower(text), pa.array(NO_OBJECT)), None, text)
        result = pc.coalesce(result, text)
    return result


def _is_no_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_floating(type_) or pa.types.is_decimal(type_))


def candid_path(paths: Collection[str], survey: Survey) -> str | None:
    """Return where packets with these scalar fields keep their candid; None if nowhere."""
    return next((path for path in survey.candid_paths if path in paths), None)


def missing_field(paths: Collection[str], survey: Survey) -> str | None:
    """Return what packets with these scalar fields lack to be the survey's; None if nothing."""
    if candid_path(paths, survey) is None:
        return " or ".join(survey.candid_paths)
    needed = (survey.time, survey.ra, survey.dec, *survey.needed)
    return next((path for path in needed if path not in paths), None)


def key_fields(paths: Collection[str], survey: Survey) -> list[str]:
    """Return the record's fields that tell which, where and when: all that an index reads."""
    keys = (candid_path(paths, survey), *survey.object_id, survey.time, survey.ra, survey.dec)
    return [path.split(".")[0] for path in keys if path is not None]


def candids(records: Records, survey: Survey) -> pa.Array:
    """Return the candid of each record, int64; null where it has none.

    A floating-point candid counts as none: above 2^53 it is another alert's.
    """
    path = candid_path(records.paths, survey)
    column = None if path is None else records.column(path)
    if column is not None and pa.types.is_floating(column.type):
        column = None
    return as_type(column, pa.int64(), records.num_rows)


def packet_keys(records: Records, survey: Survey) -> tuple[pa.Array, np.ndarray, np.ndarray]:
    """Return which packets these are, n of them.

    Returns
    -------
    candid : pyarrow.Array of n int64
        See `candids`.
    key : (n,) uint32
        CRC-32 of the object; of the candid where there is none.
    usable : (n,) bool
    """
    numbers = candids(records, survey)
    names = pc.coalesce(object_ids(records, survey), numbers.cast(pa.string()), "None")
    key = hashes_of(names)
    reasons = Places.of(records, survey).reasons
    return numbers, key, np.array([reason is None for reason in reasons], dtype=bool)


def hashes_of(names: pa.Array) -> np.ndarray:
    """Return the CRC-32 of names, (n,) uint32: by those of objects a night is sorted and cut."""
    return np.array([zlib.crc32(name.encode()) for name in names.to_pylist()], dtype=np.uint32)
