"""Functions of numbers: division, rounding, powers, logarithms, angles."""

import math
from collections.abc import Callable
from typing import Any

from pipeline.documents import sql
from pipeline.documents.compare import number
from pipeline.documents.compiler import arguments
from pipeline.documents.context import Context, Operator, operator
from pipeline.documents.numbers import NUMBERS, nullable, ordered_errors, strict, whole
from pipeline.documents.refused import Refused
from pipeline.documents.values import NO_CONSTANT, Value


@operator("$divide")
def _divide(ctx: Context, given: Any) -> Value:
    a, b = values = arguments(ctx, given, 2)
    error = strict(values, *NUMBERS)
    if not all(v.kinds & set(NUMBERS) for v in values):
        return Value(null=True, error=error)
    zero = _when(values, f"({number(b)} = 0)")
    if _number_constant(b):
        zero = a.there() if b.constant == 0 else sql.FALSE
    text = f"({number(a)} / {number(b)})"
    nan = a.nan or b.nan or (a.infinite and b.infinite)
    only_whole = "double" not in a.kinds and "double" not in b.kinds
    return Value(
        {"double": text},
        null=nullable(values),
        error=sql.either(error, zero),
        nan=nan and not only_whole,
        infinite=not only_whole,
    )


def _number_constant(value: Value) -> bool:
    given = value.constant
    return isinstance(given, int | float) and not isinstance(given, bool)


def _when(values: list[Value], condition: str) -> str:
    """Give a condition on numbers that holds only where all are there."""
    if not nullable(values):
        return condition
    return sql.both(*(v.there() for v in values), sql.coalesce(condition, sql.FALSE))


@operator("$mod")
def _mod(ctx: Context, given: Any) -> Value:
    a, b = values = arguments(ctx, given, 2)
    error = strict(values, *NUMBERS)
    if not all(v.kinds & set(NUMBERS) for v in values):
        return Value(null=True, error=error)
    error = sql.either(error, _when(values, f"({number(b)} = 0)"))
    if b.constant == 0 and _number_constant(b):
        error = sql.either(a.error, a.there())
    null = nullable(values)
    if a.kinds & set(NUMBERS) == {"double"}:
        text = f"({number(a)} % {number(b)})"
        return Value({"double": text}, null=null, error=error)
    divisor = whole(b) if "double" not in b.kinds else ""
    if _number_constant(b) and float(b.constant).is_integer():
        divisor = sql.integer(int(b.constant))
    if not divisor or "double" in a.kinds:
        raise Refused("an integer and a float that is no whole constant")
    text = f"({whole(a)} % nullif({divisor}, 0))"
    return Value({"int": text}, null=null, error=error, bits=min(a.bits, 63))


@operator("$abs")
def _abs(ctx: Context, given: Any) -> Value:
    (value,) = values = arguments(ctx, given, 1)
    error = strict(values, *NUMBERS)
    scalars = {}
    if "double" in value.scalars:
        scalars["double"] = f"abs({value.scalars['double']})"
    if "int" in value.scalars:
        least = sql.integer(-(2**63))
        if value.bits > 62:
            error = sql.either(error, _when(values, f"({whole(value)} = {least})"))
            scalars["int"] = f"abs(nullif({whole(value)}, {least}))"
        else:
            scalars["int"] = f"abs({whole(value)})"
    return _like(value, scalars, error)


def _like(value: Value, scalars: dict[str, str], error: str) -> Value:
    return Value(
        scalars,
        null=nullable([value]),
        error=error,
        bits=value.bits,
        nan=value.nan,
        infinite=value.infinite,
    )


def _kept_whole(function: Callable[[str], str]) -> Operator:
    """Translate a function that leaves integers as they are."""

    def translate(ctx: Context, given: Any) -> Value:
        (value,) = values = arguments(ctx, given, 1)
        scalars = {k: value.scalars[k] for k in NUMBERS if k in value.scalars}
        if "double" in scalars:
            scalars["double"] = function(scalars["double"])
        return _like(value, scalars, strict(values, *NUMBERS))

    return translate


operator("$floor")(_kept_whole(lambda x: f"floor({x})"))
operator("$ceil")(_kept_whole(lambda x: f"ceil({x})"))


@operator("$round")
def _round(ctx: Context, given: Any) -> Value:
    """Round half to even, of the exact binary value: text does that, multiplying would not."""
    values = arguments(ctx, given, 1, 2)
    value, place = values[0], _place(values)
    if place is None:
        return _null_place(value)
    pattern = sql.text(f"{{:.{place}f}}")
    scalars = {k: value.scalars[k] for k in NUMBERS if k in value.scalars}
    if "double" in scalars:
        scalars["double"] = f"CAST(format({pattern}, {scalars['double']}) AS DOUBLE)"
    return _like(value, scalars, strict([value], *NUMBERS))


@operator("$trunc")
def _trunc(ctx: Context, given: Any) -> Value:
    values = arguments(ctx, given, 1, 2)
    value, place = values[0], _place(values)
    if place is None:
        return _null_place(value)
    scalars = {k: value.scalars[k] for k in NUMBERS if k in value.scalars}
    if place and "double" in scalars:
        raise Refused("a number of decimal places")
    if "double" in scalars:
        scalars["double"] = f"trunc({scalars['double']})"
    return _like(value, scalars, strict([value], *NUMBERS))


def _place(values: list[Value]) -> int | None:
    """Give the constant number of decimal places; None where it is null."""
    if len(values) == 1:
        return 0
    given = values[1].constant
    if given is None:
        return None
    if given is NO_CONSTANT or isinstance(given, bool) or not isinstance(given, int | float):
        raise Refused("a number of places that is no constant number")
    if given != int(given) or not 0 <= given <= 100:
        raise Refused(f"{given} decimal places")
    return int(given)


def _null_place(value: Value) -> Value:
    if value.kinds - set(NUMBERS):
        raise Refused("null decimal places")
    return Value(null=True, error=value.error)


@operator("$pow")
def _pow(ctx: Context, given: Any) -> Value:
    a, b = values = arguments(ctx, given, 2)
    error = strict(values, *NUMBERS)
    if not all(v.kinds & set(NUMBERS) for v in values):
        return Value(null=True, error=error)
    null = nullable(values)
    ours, theirs = a.kinds & set(NUMBERS), b.kinds & set(NUMBERS)
    if ours == {"int"} and theirs == {"int"}:
        power = b.constant
        if not isinstance(power, int) or power < 0 or a.bits * max(power, 1) > 53:
            raise Refused("integers, unless the exponent is a constant and the result is small")
        text = f"CAST(pow({number(a)}, {sql.double(float(power))}) AS BIGINT)"
        return Value({"int": text}, null=null, error=error, bits=max(a.bits * power, 1))
    if "int" in ours and "int" in theirs:
        raise Refused("numbers that may both be integers")
    error = sql.either(error, _when(values, f"({number(a)} = 0 AND {_below(number(b), b)})"))
    return Value({"double": f"pow({number(a)}, {number(b)})"}, null=null, error=error)


def _below(text: str, value: Value) -> str:
    if _number_constant(value):
        return sql.TRUE if value.constant < 0 else sql.FALSE
    return f"{text} < 0"


def _real(function: str, fails: str, finite: bool = False) -> Operator:
    """Translate a function of a double; ``fails`` is where MongoDB fails, ``{x}`` the number."""

    def translate(ctx: Context, given: Any) -> Value:
        (value,) = values = arguments(ctx, given, 1)
        error = strict(values, *NUMBERS)
        if not value.kinds & set(NUMBERS):
            return Value(null=True, error=error)
        x = number(value)
        text = function.format(x=x)
        if fails:
            outside = _when(values, fails.format(x=x))
            if _number_constant(value) and not _fails(function, value.constant):
                outside = sql.FALSE
            error = sql.either(error, outside)
            text = f"(CASE WHEN NOT ({fails.format(x=x)}) THEN {text} END)"
        return Value(
            {"double": text},
            null=nullable(values),
            error=error,
            nan=value.nan and "double" in value.kinds,
            infinite=not finite,
        )

    return translate


def _fails(function: str, given: float) -> bool:
    name = function.split("(", maxsplit=1)[0]
    if name in ("sin", "cos", "tan"):
        return math.isinf(given)
    return not (name == "sqrt" and given >= 0) and not (name in ("ln", "log10") and given > 0)


INFINITE = "isinf({x})"
UNIT = "({x} < -1 OR ({x} > 1 AND NOT isnan({x})))"
operator("$sqrt")(_real("sqrt({x})", "{x} < 0"))
operator("$exp")(_real("exp({x})", ""))
operator("$ln")(_real("ln({x})", "{x} <= 0"))
operator("$log10")(_real("log10({x})", "{x} <= 0"))
for _name in ("sin", "cos", "tan"):
    operator(f"${_name}")(_real(f"{_name}({{x}})", INFINITE, finite=True))
operator("$asin")(_real("asin({x})", UNIT, finite=True))
operator("$acos")(_real("acos({x})", UNIT, finite=True))
for _name in ("atan", "sinh", "cosh", "tanh", "asinh"):
    operator(f"${_name}")(_real(f"{_name}({{x}})", ""))
operator("$degreesToRadians")(_real(f"({{x}} * {sql.double(math.pi / 180)})", ""))
operator("$radiansToDegrees")(_real(f"({{x}} * {sql.double(180 / math.pi)})", ""))


@operator("$log")
def _log(ctx: Context, given: Any) -> Value:
    a, base = values = arguments(ctx, given, 2)
    if not _number_constant(base) or base.constant in (0, 1) or base.constant < 0:
        raise Refused("a base that is no positive constant other than 1")
    error = strict(values, *NUMBERS)
    if not a.kinds & set(NUMBERS):
        return Value(null=True, error=error)
    x = number(a)
    text = f"(CASE WHEN {x} > 0 THEN ln({x}) / {sql.double(math.log(base.constant))} END)"
    outside = _when([a], f"NOT ({x} > 0 OR isnan({x}))")
    return Value({"double": text}, null=True, error=sql.either(error, outside))


@operator("$atan2")
def _atan2(ctx: Context, given: Any) -> Value:
    a, b = values = arguments(ctx, given, 2)
    error = ordered_errors(values, *NUMBERS)
    if not all(v.kinds & set(NUMBERS) for v in values):
        return Value(null=True, error=error)
    text = f"atan2({number(a)}, {number(b)})"
    return Value({"double": text}, null=nullable(values), error=error)
