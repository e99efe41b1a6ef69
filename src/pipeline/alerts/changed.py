"""Fields whose type is no longer one that their column can be made of.

A survey's schema goes on: fields come, go, move and are promoted, and all that reads as
before (docs/add-a-survey.md). What cannot be read any more must not become a column of nulls:
the packets are rejected, and the reason names the field and both types.
"""

import pyarrow as pa

from pipeline.alerts.shared_columns import HISTORY_DERIVED, HISTORY_SCHEMA
from pipeline.alerts.surveys.survey import History, Survey
from pipeline.io.field_types import FieldTypes

_NUMBERS = frozenset({"int", "long", "float", "double"})
_TEXT = frozenset({"string", "enum"})  # text that is a number is read as one
_WORDS = _NUMBERS | _TEXT | {"boolean", "bytes", "uuid"}
"""What text may be made of."""


def changed_type(types: FieldTypes, survey: Survey) -> str | None:
    """Return which of a survey's fields has a type that its column cannot be made of.

    Every value that `pipeline.alerts.casts.as_type` turns into the column's type is read:
    a number from any type of numbers or from text, a flag from a boolean, a number or a word,
    text from any of these and bytes. Nothing is made of a record or an array, nor of what only
    looks like a number: a time, a date, or any other of AVRO's logical types.

    Parameters
    ----------
    types : FieldTypes
        Of the packets' schema.
    survey : Survey

    Returns
    -------
    str or None
        ``diaSource.snr is bytes, expected float``; None if all can be read.
    """
    for path, type_ in _expected(survey).items():
        found = types.get(path, frozenset())
        if type_ is not None and (wrong := sorted(k for k in found if not _fits(k, type_))):
            return f"{path} is {' or '.join(wrong)}, expected {type_}"
    for history in survey.histories:
        if wrong := sorted(types.get(history.path, frozenset()) - {"array"}):
            return f"{history.path} is {' or '.join(wrong)}, expected array"
        if items := types.get(f"{history.path}."):
            return f"{history.path} is an array of {' or '.join(sorted(items))}, expected of record"
    return None


def _expected(survey: Survey) -> dict[str, pa.DataType]:
    """Return the type of each field that is read, by its path."""
    expected = {path: pa.float64() for path in (survey.time, survey.ra, survey.dec)}
    expected |= dict.fromkeys(survey.candid_paths, pa.int64())
    expected |= dict.fromkeys(survey.object_id, pa.string())
    for column in survey.columns:
        for path in column.paths:
            expected.setdefault(path, column.type)
    for history in survey.histories:
        for name, type_ in _measured_fields(history).items():
            expected[f"{history.path}.{name}"] = type_
    return expected


def _measured_fields(history: History) -> dict[str, pa.DataType]:
    """Return the type of the column that each field of the array's items is read for."""
    names = history.columns
    read = [column for column in HISTORY_SCHEMA if column.name not in HISTORY_DERIVED]
    band = {names.get("band", "fid"): pa.string()}
    return {names.get(column.name, column.name): column.type for column in read} | band


def _fits(found: str, type_: pa.DataType) -> bool:
    if pa.types.is_string(type_):
        return found in _WORDS
    if pa.types.is_boolean(type_):
        return found in _NUMBERS | _TEXT | {"boolean"}
    return found in _NUMBERS | _TEXT
