"""Pieces of SQL: names and constants quoted, conditions simplified as they are put together.

Pipelines are data from strangers: a name or a text reaches SQL through `name` and `text` only.
"""

import math

from pipeline.documents.refused import Refused

TRUE = "TRUE"
FALSE = "FALSE"
NULL = "NULL"


def name(word: str) -> str:
    """Quote a column's or field's name."""
    if "\0" in word:
        raise Refused("a name with a NUL character")
    return '"' + word.replace('"', '""') + '"'


def text(value: str) -> str:
    """Quote a string constant."""
    if "\0" in value:
        raise Refused("a string with a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Refused("a string with half a surrogate pair") from error
    return "'" + value.replace("'", "''") + "'"


def double(value: float) -> str:
    """Give the DOUBLE constant of a number, to the last bit.

    >>> double(0.8), double(-1e300)
    ('0.8e0', '(-1e+300)')
    """
    if math.isnan(value):
        return "CAST('nan' AS DOUBLE)"
    if math.isinf(value):
        return f"CAST('{'-' if value < 0 else ''}inf' AS DOUBLE)"
    digits = repr(abs(value))
    digits = digits if "e" in digits else f"{digits}e0"
    return f"(-{digits})" if math.copysign(1, value) < 0 else digits


def integer(value: int) -> str:
    """Give an integer constant; of 64 bits in DuckDB whatever its size."""
    return f"CAST({value} AS BIGINT)"


def both(*conditions: str) -> str:
    """Join conditions by AND.

    >>> both("a", TRUE, "b"), both(), both("a", FALSE)
    ('(a AND b)', 'TRUE', 'FALSE')
    """
    kept = list(dict.fromkeys(c for c in conditions if c != TRUE))
    if FALSE in kept:
        return FALSE
    return TRUE if not kept else kept[0] if len(kept) == 1 else f"({' AND '.join(kept)})"


def either(*conditions: str) -> str:
    """Join conditions by OR.

    >>> either("a", FALSE, "b"), either(), either("a", TRUE)
    ('(a OR b)', 'FALSE', 'TRUE')
    """
    kept = list(dict.fromkeys(c for c in conditions if c != FALSE))
    if TRUE in kept:
        return TRUE
    return FALSE if not kept else kept[0] if len(kept) == 1 else f"({' OR '.join(kept)})"


def negated(condition: str) -> str:
    """Give NOT of a condition that is never NULL."""
    if condition in (TRUE, FALSE):
        return FALSE if condition == TRUE else TRUE
    return f"(NOT {condition})"


def case(branches: list[tuple[str, str]], default: str) -> str:
    """Give the first branch whose condition holds, else the default."""
    kept = []
    for condition, result in branches:
        if condition == FALSE:
            continue
        if condition == TRUE:
            default = result
            break
        kept.append((condition, result))
    while kept and kept[-1][1] == default:
        kept.pop()
    if not kept:
        return default
    whens = " ".join(f"WHEN {condition} THEN {result}" for condition, result in kept)
    return f"(CASE {whens} ELSE {default} END)"


def coalesce(*values: str) -> str:
    """Give the first that is not NULL; constants end the search."""
    kept: list[str] = []
    for value in values:
        if value == NULL:
            continue
        kept.append(value)
        if value in (TRUE, FALSE):
            break
    return NULL if not kept else kept[0] if len(kept) == 1 else f"coalesce({', '.join(kept)})"
