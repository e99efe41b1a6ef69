"""Annotations as JSON: numbers that JSON has not are written as in MongoDB's extended JSON."""

import json
from collections.abc import Mapping
from math import isfinite, isnan
from typing import Any

_LONG = 1 << 63
_DECIMAL_DIGITS = 34
"""Of a Decimal128."""


def text_of_row(text: str, keys: tuple[str, ...]) -> str | None:
    """Return a row's columns as JSON; None if there are no others than its keys.

    Parameters
    ----------
    text : str
        The row as DuckDB's ``to_json`` writes it: with NaN, Infinity and integers of any length.
    keys : tuple of str
        Columns that are left out.

    Examples
    --------
    >>> text_of_row('{"candid": 1, "n": [NaN, 0.5], "i": 9223372036854775808}', ("candid",))
    '{"n": [{"$numberDouble": "NaN"}, 0.5], "i": {"$numberDecimal": "9223372036854775808"}}'
    """
    row: dict[str, Any] = json.loads(text)
    kept = {name: _extended(value) for name, value in row.items() if name not in keys}
    return json.dumps(kept, allow_nan=False) if kept else None


def _extended(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _extended(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_extended(one) for one in value]
    if isinstance(value, float) and not isfinite(value):
        name = "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return {"$numberDouble": name}
    if isinstance(value, int) and not -_LONG <= value < _LONG:
        digits = str(value)
        exact = len(digits.lstrip("-")) <= _DECIMAL_DIGITS
        return {"$numberDecimal": digits} if exact else float(value)
    return value


def plain(value: Any) -> Any:
    """Return what readers of plain JSON take: null for what is no number.

    >>> plain({"a": {"$numberDouble": "NaN"}, "b": [1.0, float("inf")]})
    {'a': None, 'b': [1.0, None]}
    """
    if isinstance(value, Mapping):
        if set(value) == {"$numberDouble"}:
            return None
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value
