"""MongoDB's order of values in expressions: missing < null < number < string < object < array ...

Within $match operators compare within one type instead: `pipeline.documents.predicates`.
"""

import math

from pipeline.documents import sql
from pipeline.documents.refused import Refused
from pipeline.documents.values import NO_CONSTANT, Value

RANKS = {
    "missing": 0,
    "null": 1,
    "number": 2,
    "string": 3,
    "object": 4,
    "array": 5,
    "binary": 6,
    "oid": 7,
    "bool": 8,
    "date": 9,
}
OPPOSITE = {"lt": "gte", "gte": "lt", "gt": "lte", "lte": "gt", "ne": "eq", "eq": "ne"}
MIRRORED = {"lt": "gt", "gt": "lt", "lte": "gte", "gte": "lte", "eq": "eq", "ne": "ne"}
SIGNS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "=", "ne": "<>"}
EXACT_BITS = 53  # integers up to 2^53 are exact as doubles


def class_of(kind: str) -> str:
    """Give the class within which values of a kind are compared."""
    return "number" if kind in ("int", "double") else kind


def classes(value: Value) -> list[str]:
    """Give the classes that a value can be of, in MongoDB's order, null and missing left out."""
    if value.unknown:
        raise Refused("a column of a type that documents do not have is compared")
    return sorted({class_of(k) for k in value.kinds}, key=RANKS.__getitem__)


def compared(operator: str, a: Value, b: Value) -> str:
    """Give the condition that two values compare so.

    Parameters
    ----------
    operator : str
        lt, lte, gt, gte, eq or ne.
    a, b : Value
        Of any kinds.

    Returns
    -------
    str
        Never NULL.
    """
    if operator in ("gte", "lte", "ne"):
        return sql.negated(compared(OPPOSITE[operator], a, b))
    if operator == "gt":
        return compared("lt", b, a)
    ours, theirs = classes(a), classes(b)
    if len(ours) <= 1 and ours == theirs:
        return _one_class(operator, a, b, ours)
    same = [c for c in ours if c in theirs]
    within = [_same_class(operator, c, a, b) for c in same]
    if operator == "eq":
        return sql.coalesce(*within, _both_nothing(a, b))
    left, right = rank(a), rank(b)
    return sql.case(
        [(f"{left} < {right}", sql.TRUE), (f"{left} > {right}", sql.FALSE)],
        sql.coalesce(*within, sql.FALSE),
    )


def rank(value: Value) -> str:
    """Give the place of a value's class in the order."""
    found = classes(value)
    branches = []
    for one in found:
        conditions = [value.has(k) for k in sorted(value.kinds) if class_of(k) == one]
        branches.append((sql.either(*conditions), str(RANKS[one])))
    if value.null and value.missing:
        branches.append((value.null_sql, "1"))
    nothing = "0" if value.missing else "1"
    if value.always and branches:
        nothing = branches.pop()[1]
    return sql.case(branches, nothing)


def _one_class(operator: str, a: Value, b: Value, found: list[str]) -> str:
    """Compare values of one class, or null or missing."""
    if not found:
        return _nothing(operator, a, b)
    core = _same_class(operator, found[0], a, b)
    if a.always and b.always:
        return core
    if operator == "eq":
        return sql.coalesce(core, _both_nothing(a, b))
    if b.always:
        return sql.coalesce(core, sql.TRUE)
    if a.always:
        return sql.coalesce(core, sql.FALSE)
    return sql.coalesce(
        core, sql.case([(a.there(), sql.FALSE), (b.there(), sql.TRUE)], _nothing(operator, a, b))
    )


def _nothing(operator: str, a: Value, b: Value) -> str:
    """Compare two values that are null or missing."""
    if operator == "lt":
        return sql.both(a.is_missing(), b.is_null())
    return _both_nothing(a, b)


def _both_nothing(a: Value, b: Value) -> str:
    return sql.either(sql.both(a.is_null(), b.is_null()), sql.both(a.is_missing(), b.is_missing()))


def _same_class(operator: str, found: str, a: Value, b: Value) -> str:
    """Compare within a class; NULL unless both are of it."""
    if found == "number":
        return _numbers(operator, a, b)
    if found == "array":
        return _arrays(operator, a, b)
    if found == "object":
        raise Refused("objects are compared")
    if found == "binary":
        raise Refused("binary values are compared")
    return f"({a.scalars[found]} {SIGNS[operator]} {b.scalars[found]})"


def number(value: Value) -> str:
    """Give a number as a double; integers of more than 53 bits are rounded."""
    parts = []
    if "double" in value.scalars:
        parts.append(value.scalars["double"])
    if "int" in value.scalars:
        parts.append(as_double(value))
    return sql.coalesce(*parts)


def as_double(value: Value) -> str:
    """Give the integer that a value is as a double."""
    if isinstance(value.constant, int):
        return sql.double(float(value.constant))
    return f"CAST({value.scalars['int']} AS DOUBLE)"


def _numbers(operator: str, a: Value, b: Value) -> str:
    """Compare numbers (eq or lt): exactly, and NaN below all others."""
    kinds = {k for v in (a, b) for k in v.scalars if k in ("int", "double")}
    if kinds == {"int"}:
        return f"({a.scalars['int']} {SIGNS[operator]} {b.scalars['int']})"
    exact = all("int" not in v.scalars or _fits(v) for v in (a, b))
    if exact:
        return _doubles(operator, number(a), _may_be_nan(a), number(b), _may_be_nan(b))
    parts = []
    for ours in ("int", "double"):
        for theirs in ("int", "double"):
            if ours in a.scalars and theirs in b.scalars:
                parts.append(_pair(operator, a, ours, b, theirs))
    return sql.coalesce(*parts)


def _fits(value: Value) -> bool:
    constant = value.constant
    if isinstance(constant, int) and not isinstance(constant, bool):
        return abs(constant) <= 2**EXACT_BITS
    return value.bits <= EXACT_BITS


def _may_be_nan(value: Value) -> bool:
    if value.constant is not NO_CONSTANT:
        return isinstance(value.constant, float) and math.isnan(value.constant)
    return "double" in value.scalars and value.nan


def _doubles(operator: str, a: str, a_nan: bool, b: str, b_nan: bool) -> str:
    core = f"({a} {SIGNS[operator]} {b})"
    if operator == "eq":
        return core
    # x = x is true and x <> x false, but NULL where x is; NaN equals itself in DuckDB
    whens = []
    if a_nan:
        whens.append((f"isnan({a})", f"(NOT isnan({b}))" if b_nan else f"({b} = {b})"))
    if b_nan:
        whens.append((f"isnan({b})", f"({a} <> {a})"))
    return sql.case(whens, core)


def _pair(operator: str, a: Value, ours: str, b: Value, theirs: str) -> str:
    left, right = a.scalars[ours], b.scalars[theirs]
    if ours == theirs == "int":
        return f"({left} {SIGNS[operator]} {right})"
    if ours == theirs == "double":
        return _doubles(operator, left, _may_be_nan(a), right, _may_be_nan(b))
    whole, real = (left, right) if ours == "int" else (right, left)
    rounded = f"CAST({whole} AS DOUBLE)"
    tied = f"{rounded} = {real}"
    exact = f"TRY_CAST({real} AS HUGEINT)"
    if operator == "eq":
        return f"({tied} AND {whole} = {exact})"
    if ours == "int":
        less = f"({rounded} < {real} OR ({tied} AND {whole} < {exact}))"
        return sql.case([(f"isnan({real})", f"({whole} <> {whole})")], less)
    less = f"({real} < {rounded} OR ({tied} AND {exact} < {whole}))"
    return sql.case([(f"isnan({real})", f"({whole} = {whole})")], less)


def _arrays(operator: str, a: Value, b: Value) -> str:
    """Compare arrays: equality where their elements are of one kind that SQL compares alike."""
    assert a.array is not None
    assert b.array is not None
    for one in (a, b):
        if one.constant == []:
            other = b if one is a else a
            assert other.array is not None
            if operator == "eq":
                return f"(len({other.array.sql}) = 0)"
            return f"(len({other.array.sql}) > 0)" if one is a else f"(len({other.array.sql}) < 0)"
    if operator != "eq":
        raise Refused("arrays are ordered by their elements")
    ours, theirs = a.array.items, b.array.items
    kinds = [t.alternatives[0].kind for t in (ours, theirs) if len(t.alternatives) == 1]
    plain = len(kinds) == 2 and not (ours.boxed or theirs.boxed)
    if not plain or kinds[0] != kinds[1] or kinds[0] not in ("int", "double", "string", "bool"):
        raise Refused("arrays of such elements are compared")
    store = "DOUBLE[]" if kinds[0] == "double" else ours.sql() + "[]"
    if kinds[0] == "int":
        store = "BIGINT[]"
    return f"(CAST({a.array.sql} AS {store}) = CAST({b.array.sql} AS {store}))"
