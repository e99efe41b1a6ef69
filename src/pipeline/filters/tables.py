"""The tables ``candidates`` and ``verdicts``."""

import pyarrow as pa

from pipeline.io.tables import field, survey_schema

_NAMES = pa.dictionary(pa.int32(), pa.string())

CANDIDATES_SCHEMA = survey_schema(
    pa.schema(
        [
            field("candid", pa.int64(), description="the alert, as in the table alerts"),
            field("object_id", pa.string()),
            field("jd", pa.float64(), "d", "Julian date of the alert, UTC"),
            field("filter", _NAMES, description="name of the filter that it passed"),
            field("version", _NAMES, description="of the filter"),
            field("annotations", pa.string(), description="JSON; null if the filter makes none"),
        ]
    )
)

VERDICTS_SCHEMA = survey_schema(
    pa.schema(
        [
            field("candid", pa.int64(), description="the alert, as in the table alerts"),
            field("filter", _NAMES, description="name of the filter"),
            field("version", _NAMES, description="of the filter"),
            field("passed", pa.bool_(), description="null if nothing can be said"),
            field("reason", _NAMES, description="the first condition that failed; null if none"),
        ]
    )
)


def names(values: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """Return texts that recur as a dictionary."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        return values
    return values.cast(pa.string()).dictionary_encode().cast(_NAMES)


def constant(value: str, rows: int) -> pa.DictionaryArray:
    """Return one text, for some rows."""
    zeros = pa.nulls(rows, pa.int32()).fill_null(0)
    return pa.DictionaryArray.from_arrays(zeros, pa.array([value], pa.string()))
