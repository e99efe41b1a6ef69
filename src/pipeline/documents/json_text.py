"""Values as text: relaxed extended JSON, written by SQL, so that null and missing stay apart."""

import json

from pipeline.documents import sql
from pipeline.documents.storage import decoded
from pipeline.documents.values import Names, Value


def json_of(value: Value, names: Names) -> str:
    """Give the SQL of a value's relaxed extended JSON; NULL where it is missing.

    Parameters
    ----------
    value : Value
        Of any kinds.
    names : Names
        For lambdas' variables.

    Returns
    -------
    str
        Numbers to the last bit; NaN and infinity as {"$numberDouble": ...}.
    """
    branches = [(value.has(kind), _kind(value, kind, names)) for kind in sorted(value.kinds)]
    if value.null:
        branches.append((value.is_null(), "'null'"))
    return sql.case(branches, "NULL")


def _kind(value: Value, kind: str, names: Names) -> str:  # noqa: PLR0911 (a case a kind)
    if kind == "array":
        assert value.array is not None
        one = names.fresh()
        item = json_of(decoded(one, value.array.items), names)
        body = f"list_transform({value.array.sql}, lambda {one}: {item})"
        return f"('[' || array_to_string({body}, ', ') || ']')"
    if kind == "object":
        assert value.record is not None
        return object_of(value, names)
    text = value.scalars[kind]
    if kind == "double":
        special = not_finite(text)
        odd = f"('{{\"$numberDouble\": \"' || {special} || '\"}}')"
        return sql.case([(f"isfinite({text})", f"CAST({text} AS VARCHAR)")], odd)
    if kind == "string":
        return f"CAST(to_json({text}) AS VARCHAR)"
    if kind == "bool":
        return sql.case([(text, "'true'")], "'false'")
    if kind == "oid":
        return f"('{{\"$oid\": \"' || {text} || '\"}}')"
    if kind == "date":
        return f'(\'{{"$date": {{"$numberLong": "\' || {text} || \'"}}}}\')'
    if kind == "binary":
        return f'(\'{{"$binary": {{"base64": "\' || base64({text}) || \'", "subType": "00"}}}}\')'
    return f"CAST({text} AS VARCHAR)"


def not_finite(text: str) -> str:
    """Give the name of a double that is NaN (of either sign) or infinite."""
    infinite = sql.case([(f"({text} > 0)", "'Infinity'")], "'-Infinity'")
    return sql.case([(f"isnan({text})", "'NaN'")], infinite)


def object_of(value: Value, names: Names) -> str:
    """Give an object's JSON; fields that are missing are left out."""
    assert value.record is not None
    parts = []
    for name, child in value.record.fields.items():
        text = json_of(child, names)
        if text == "NULL":
            continue
        key = sql.text(f"{json.dumps(name, ensure_ascii=False)}: ")
        parts.append(f"{key} || {text}")
    if not parts:
        return "'{}'"
    return f"('{{' || concat_ws(', ', {', '.join(parts)}) || '}}')"
