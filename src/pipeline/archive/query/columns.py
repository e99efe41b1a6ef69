"""Values and columns as each format can hold them: what it has no type for is text."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

LARGEST = 2**63 - 1
EXACT_DIGITS = 15
"""Decimal digits that a double holds."""
WIDER = {
    pa.int8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.float16(): pa.float32(),
}
"""Types that VOTable has not, and those that hold their numbers."""


def plain(value: Any, lost: list[float] | None = None) -> Any:
    r"""Return a value as JSON can hold it: what is no number is null, bytes are hexadecimal.

    Parameters
    ----------
    value : object
    lost : list of float, optional
        Numbers that JSON has no word for, and that are null, are added here.

    >>> plain({"a": [1, float("nan")], "b": b"\x01", "c": Decimal(12)})
    {'a': [1, None], 'b': '01', 'c': 12}
    """
    if isinstance(value, Mapping):
        return {str(name): plain(item, lost) for name, item in value.items()}
    if isinstance(value, (list, tuple)) and not isinstance(value, pa.MonthDayNano):
        return [plain(item, lost) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        if lost is not None:
            lost.append(value)
        return None
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, pa.MonthDayNano):
        return duration(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _decimal(value: Decimal) -> int | float | str:
    """Return a decimal as a number, if that is exact.

    >>> _decimal(Decimal(2**70)), _decimal(Decimal("1.5")), _decimal(Decimal("0." + "3" * 20))
    (1180591620717411303424, 1.5, '0.33333333333333333333')
    """
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else str(value)


def duration(value: pa.MonthDayNano) -> str:
    """Return an interval in the words of ISO 8601.

    >>> duration(pa.MonthDayNano([1, 3, 1_500_000_000]))
    'P1M3DT1.5S'
    """
    return f"P{value.months}M{value.days}DT{Decimal(value.nanoseconds) / 10**9:f}S"


def table_of(answer: pa.Table | Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return an answer as a table; documents have a column for each name.

    Its types are those of their values as JSON has them: int64, double, text, lists, records;
    values of unlike types are text.
    """
    if isinstance(answer, pa.Table):
        return answer
    names = list(dict.fromkeys(name for document in answer for name in document))
    columns = [_array([document.get(name) for document in answer]) for name in names]
    return pa.table(dict(zip(names, columns, strict=True)))


def _array(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):  # unlike types, or a number too large
        return _text(values)


def _text(values: Sequence[Any]) -> pa.Array:
    """Return values as text: JSON of what is none."""
    return pa.array([_word(plain(value)) for value in values], pa.string())


def _word(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def flat(table: pa.Table) -> pa.Table:
    """Return a table without columns that CSV and VOTable have no type for, which are text.

    Records and lists are JSON, bytes hexadecimal, intervals `duration`.
    """
    return _as_text(table, lambda t: pa.types.is_nested(t) or _is_interval(t) or _is_bytes(t))


def storable(table: pa.Table) -> pa.Table:
    """Return a table without columns that parquet has no type for, which are text."""
    return _as_text(table, _no_parquet)


def _as_text(table: pa.Table, which: Callable[[pa.DataType], bool]) -> pa.Table:
    for number, field in enumerate(table.schema):
        column = table.column(number)
        if pa.types.is_dictionary(field.type) and which is not _no_parquet:
            column = column.cast(field.type.value_type)
        elif which(field.type):
            column = _text(column.to_pylist())
        else:
            continue
        table = table.set_column(number, field.with_type(column.type), column)
    return table


def _is_interval(kind: pa.DataType) -> bool:
    return kind == pa.month_day_nano_interval()


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _no_parquet(kind: pa.DataType) -> bool:
    """Return whether parquet cannot hold a type: intervals, unions, records without fields."""
    if pa.types.is_union(kind) or _is_interval(kind):
        return True
    if pa.types.is_struct(kind) and kind.num_fields == 0:
        return True
    return any(_no_parquet(kind.field(number).type) for number in range(kind.num_fields))


def in_votable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a flat column with a type that VOTable has: none of its numbers changes.

    >>> in_votable(pa.chunked_array([[1]], pa.uint64())).type
    DataType(int64)
    """
    kind = column.type
    if kind in WIDER:
        return column.cast(WIDER[kind])
    whole = pa.types.is_decimal(kind) and kind.scale == 0
    if kind == pa.uint64() or whole:
        least, most = pc.min_max(column).as_py().values()
        fits = most is None or (most <= LARGEST and least >= -LARGEST)
        return column.cast(pa.int64() if fits else pa.string())
    if pa.types.is_decimal(kind) and kind.precision <= EXACT_DIGITS:
        return column.cast(pa.float64())
    return column
