"""One of several values, by conditions: what $cond, $switch, $ifNull and arrays' kinds come to."""

from dataclasses import replace

from pipeline.documents import sql
from pipeline.documents.storage import decoded, encoded, recoded, type_of
from pipeline.documents.types import UNSURE, Type, union
from pipeline.documents.values import MISSING, NO_CONSTANT, Array, Names, Record, Value


def choose(branches: list[tuple[str, Value]], default: Value, names: Names) -> Value:
    """Give the value of the first branch whose condition holds, else the default.

    Parameters
    ----------
    branches : list of (str, Value)
        Conditions, never NULL.
    default : Value
        If none holds.
    names : Names
        For lambdas' variables.

    Returns
    -------
    Value
        With the error of the branch that is taken, as MongoDB evaluates no other.
    """
    kept: list[tuple[str, Value]] = []
    for condition, value in branches:
        if condition == sql.TRUE:
            default = value
            break
        if condition != sql.FALSE:
            kept.append((condition, value))
    if not kept or all(value == default for _, value in kept):
        return default
    values = [*(v for _, v in kept), default]
    null, missing = any(v.null for v in values), any(v.missing for v in values)

    def pick(of: list[str]) -> str:
        return sql.case([(c, o) for (c, _), o in zip(kept, of, strict=False)], of[-1])

    scalars = {
        kind: pick([v.scalars.get(kind, "NULL") for v in values])
        for kind in dict.fromkeys(k for v in values for k in v.scalars)
    }
    integers = [v.bits for v in values if "int" in v.scalars]
    widths = {v.width for v in values if "int" in v.scalars}
    doubles = [v for v in values if "double" in v.scalars]
    return Value(
        scalars,
        _arrays(values, pick, names),
        _records(kept, default, values, pick, names),
        null,
        missing,
        pick([v.is_null() for v in values]) if null and missing else "",
        error=pick([v.error for v in values]),
        bits=max(integers, default=63),
        width=widths.pop() if len(widths) == 1 else UNSURE,
        nan=any(v.nan for v in doubles),
        infinite=any(v.infinite for v in doubles),
        unknown=any(v.unknown for v in values),
    )


def _arrays(values: list[Value], pick, names: Names) -> Array | None:  # type: ignore[no-untyped-def]
    arrays = [v.array for v in values]
    found = [a for a in arrays if a is not None]
    if not found:
        return None
    items = found[0].items
    for one in found[1:]:
        items = union(items, one.items)
    return Array(pick(["NULL" if a is None else recoded(a, items, names) for a in arrays]), items)


def _records(kept, default, values, pick, names: Names) -> Record | None:  # type: ignore[no-untyped-def]
    records = [v.record for v in values]
    found = [r for r in records if r is not None]
    if not found:
        return None
    present = pick([sql.FALSE if r is None else r.present for r in records])
    if all(r.type is not None and r.type == found[0].type for r in found):
        return struct_record(
            pick(["NULL" if r is None else r.struct for r in records]), found[0].type, present
        )
    fields = {}
    for key in dict.fromkeys(k for r in found for k in r.fields):
        children = [MISSING if r is None else r.fields.get(key, MISSING) for r in records]
        branches = [(c, child) for (c, _), child in zip(kept, children, strict=False)]
        fields[key] = choose(branches, children[-1], names)
    return Record(present, fields)


def struct_record(struct: str, kind: Type | None, present: str) -> Record:
    """Give the object that a struct is."""
    assert kind is not None
    record = decoded(struct, kind).record
    assert record is not None
    return replace(record, present=present) if present == sql.TRUE else record


def first_kind(values: list[Value], names: Names) -> Value:
    """Merge values of which at most one is not missing."""
    given = [v for v in values if v.kinds or v.null or v.error != sql.FALSE]
    if not given:
        return MISSING
    if len(given) == 1:
        return given[0] if len(values) == 1 else replace(given[0], constant=NO_CONSTANT)
    branches = [(sql.negated(v.is_missing()), v) for v in given[:-1]]
    merged = choose(branches, given[-1], names)
    return replace(merged, error=sql.either(*(v.error for v in given)))


def packed(value: Value, names: Names) -> tuple[str, Type]:
    """Give a value as one SQL expression and the type that this has."""
    kind = type_of(value)
    return encoded(value, kind, names), kind
