"""Kinds asked for and changed: $type, $isNumber, $toString, $toInt ..., $convert."""

from typing import Any

from pipeline.documents import sql
from pipeline.documents.choose import choose
from pipeline.documents.compiler import arguments, compiled, named
from pipeline.documents.context import Context, Operator, operator
from pipeline.documents.json_text import not_finite
from pipeline.documents.predicates import UNSURE_WIDTH
from pipeline.documents.refused import Refused
from pipeline.documents.types import ALL_LONG, UNSURE
from pipeline.documents.values import NO_CONSTANT, NULL, Names, Value, boolean

_NAMES = {"binary": "binData", "oid": "objectId"}
_CODES = {1: "double", 2: "string", 8: "bool", 9: "date", 16: "int", 18: "long"}
INT = ("-2147483648", "2147483647")
LONG = ("-9223372036854775808", "9223372036854775807")


@operator("$type")
def _type(ctx: Context, given: Any) -> Value:
    if isinstance(given, list):
        if len(given) != 1:
            raise Refused("takes 1 argument")
        given = given[0]
    value = compiled(ctx, given)
    if value.unknown:
        raise Refused("a column of a type that documents do not have")
    branches = [(value.is_null(), "'null'"), (value.is_missing(), "'missing'")]
    for kind in sorted(value.kinds):
        if kind == "int":
            if value.width == UNSURE:
                raise Refused(UNSURE_WIDTH)
            small = f"({value.scalars['int']} BETWEEN {INT[0]} AND {INT[1]})"
            name = "'long'" if value.width == ALL_LONG else sql.case([(small, "'int'")], "'long'")
        else:
            name = sql.text(_NAMES.get(kind, kind))
        branches.append((value.has(kind), name))
    last = branches.pop()[1]
    return Value({"string": sql.case(branches, last)}, error=value.error)


@operator("$isNumber")
def _is_number(ctx: Context, given: Any) -> Value:
    (value,) = arguments(ctx, given, 1)
    return boolean(sql.either(value.has("int"), value.has("double")), value.error)


def _converted(value: Value, to: str) -> tuple[Value, str]:
    """Convert what is neither null nor missing; give also where that fails."""
    branches, fails = [], []
    for kind in sorted(value.kinds):
        result, failed = _one(kind, value, to)
        if result is not None:
            branches.append((value.has(kind), result))
            fails.append(sql.both(value.has(kind), failed))
        else:
            fails.append(value.has(kind))
    if not branches:
        return NULL, sql.either(*fails)
    # scalars alone, so that no lambda needs a name
    return choose(branches[:-1], branches[-1][1], Names()), sql.either(*fails)


def _one(kind: str, value: Value, to: str) -> tuple[Value | None, str]:
    """Convert one kind."""
    text = value.scalars.get(kind, "")
    if to == "string":
        return _to_string(kind, text), sql.FALSE
    if to == "bool":
        if kind in ("int", "double"):
            return Value({"bool": f"({text} <> 0)"}), sql.FALSE
        return Value({"bool": text if kind == "bool" else sql.TRUE}), sql.FALSE
    if to == "double":
        return _to_double(kind, text, value)
    if to in ("int", "long"):
        return _to_whole(kind, text, to, value)
    if to == "date":
        return _to_date(kind, text, value)
    raise Refused(f"conversion to {to}")


def _to_string(kind: str, text: str) -> Value | None:
    if kind == "double":
        special = not_finite(text)
        # six digits, as MongoDB writes them
        printed = f"printf('%g', {text})"
        return Value({"string": sql.case([(f"isfinite({text})", printed)], special)})
    if kind == "bool":
        return Value({"string": sql.case([(text, "'true'")], "'false'")})
    if kind == "date":
        moment = f"make_timestamp({text} * 1000)"
        return Value({"string": f"strftime({moment}, '%Y-%m-%dT%H:%M:%S.%gZ')"})
    if kind in ("string", "oid"):
        return Value({"string": text})
    return Value({"string": f"CAST({text} AS VARCHAR)"}) if kind == "int" else None


def _to_double(kind: str, text: str, value: Value) -> tuple[Value | None, str]:
    if kind in ("int", "date"):
        return Value({"double": f"CAST({text} AS DOUBLE)"}, nan=False, infinite=False), sql.FALSE
    if kind == "double":
        return Value({"double": text}, nan=value.nan, infinite=value.infinite), sql.FALSE
    if kind == "bool":
        return Value({"double": sql.case([(text, "1e0")], "0e0")}), sql.FALSE
    if kind == "string":
        raise Refused("a float read from a text")
    return None, sql.TRUE


def _to_whole(kind: str, text: str, to: str, value: Value) -> tuple[Value | None, str]:
    low, high = INT if to == "int" else LONG
    bits = 31 if to == "int" else 63
    if kind == "int":
        outside = f"({text} NOT BETWEEN {low} AND {high})"
        fails = sql.FALSE if value.bits <= bits else outside
        return Value({"int": sql.case([(fails, "NULL")], text)}, bits=min(bits, value.bits)), fails
    if kind == "double":
        limit = f"{2**bits}e0"
        inside = f"(trunc({text}) >= -{limit} AND trunc({text}) < {limit})"
        fails = f"(NOT {inside})"
        whole = sql.case([(inside, f"TRY_CAST(trunc({text}) AS BIGINT)")], "NULL")
        return Value({"int": whole}, bits=bits), fails
    if kind == "bool":
        return Value({"int": sql.case([(text, "1")], "0")}, bits=1), sql.FALSE
    if kind == "date" and to == "long":
        return Value({"int": text}), sql.FALSE
    if kind == "string":
        # a sign and digits; MongoDB fails on all else, on 0x and on what is too large
        shape = f"regexp_full_match({text}, '[+-]?[0-9]{{1,30}}')"
        digits = f"TRY_CAST(ltrim({text}, '+') AS HUGEINT)"
        number = f"TRY_CAST(CASE WHEN {shape} THEN {digits} END AS BIGINT)"
        fails = f"(NOT coalesce({number} BETWEEN {low} AND {high}, FALSE))"
        return Value({"int": sql.case([(fails, "NULL")], number)}, bits=bits), fails
    return None, sql.TRUE


def _to_date(kind: str, text: str, value: Value) -> tuple[Value | None, str]:
    if kind == "date":
        return Value({"date": text}), sql.FALSE
    if kind == "double":
        limit = f"{2**63}e0"
        inside = f"(trunc({text}) >= -{limit} AND trunc({text}) < {limit})"
        whole = sql.case([(inside, f"TRY_CAST(trunc({text}) AS BIGINT)")], "NULL")
        return Value({"date": whole}), f"(NOT {inside})"
    if kind == "int":
        if value.constant is NO_CONSTANT:
            raise Refused("a date of an integer: an int fails, a long does not")
        return None, sql.TRUE
    if kind in ("string", "oid"):
        raise Refused(f"a date of type {kind}")
    return None, sql.TRUE


def _simple(to: str) -> Operator:
    def translate(ctx: Context, given: Any) -> Value:
        (value,) = arguments(ctx, given, 1)
        return _convert(ctx, value, to, NULL, None)

    return translate


def _convert(ctx: Context, value: Value, to: str, on_null: Value, on_error: Value | None) -> Value:
    result, fails = _converted(value, to)
    nothing = sql.negated(value.there())
    fails = sql.FALSE if fails == sql.FALSE else sql.coalesce(fails, sql.FALSE)
    branches = [(nothing, on_null)]
    if on_error is not None:
        branches.append((fails, on_error))
        fails = sql.FALSE
    return choose(branches, result, ctx.names).failing(sql.either(value.error, fails))


for _name, _to in {
    "$toString": "string",
    "$toBool": "bool",
    "$toDouble": "double",
    "$toInt": "int",
    "$toLong": "long",
    "$toDate": "date",
}.items():
    operator(_name)(_simple(_to))


@operator("$convert")
def _convert_operator(ctx: Context, given: Any) -> Value:
    parts = named(given, ("input", "to"), ("onError", "onNull"))
    to = _CODES.get(parts["to"], parts["to"]) if isinstance(parts["to"], int) else parts["to"]
    if to not in _CODES.values():
        raise Refused(f"conversion to {to!r}")
    value = compiled(ctx, parts["input"])
    on_null = compiled(ctx, parts["onNull"]) if "onNull" in parts else NULL
    on_error = compiled(ctx, parts["onError"]) if "onError" in parts else None
    return _convert(ctx, value, str(to), on_null, on_error)
