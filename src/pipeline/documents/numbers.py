"""Arithmetic: MongoDB's number types, nulls, errors and order of summation."""

import math
from collections.abc import Callable
from typing import Any

from pipeline.documents import sql
from pipeline.documents.compare import EXACT_BITS, as_double, number
from pipeline.documents.compiler import compiled, is_constant
from pipeline.documents.context import Context, operator
from pipeline.documents.refused import Refused
from pipeline.documents.values import NO_CONSTANT, NULL, Names, Value

NUMBERS = ("int", "double")
LONG_MOST = 2**63 - 1


def other_than(value: Value, *kinds: str) -> str:
    """Give the condition that a value is there and of none of some kinds."""
    return sql.either(*(value.has(k) for k in sorted(value.kinds) if k not in kinds))


def nullable(values: list[Value]) -> bool:
    """Whether any of some values can be null, missing or of a kind that fails."""
    return any(not v.always or not v.kinds <= set(NUMBERS) for v in values)


def whole(value: Value) -> str:
    """Give the integer that a value is, as a BIGINT."""
    return f"CAST({value.scalars['int']} AS BIGINT)"


def exactly(value: Value) -> str:
    """Give a number as a double; the query fails on an integer that a double does not hold."""
    if "int" not in value.scalars or value.bits <= EXACT_BITS or value.constant is not NO_CONSTANT:
        if value.constant is not NO_CONSTANT and abs(value.constant) > 2**EXACT_BITS:
            raise Refused("an integer of more than 53 bits together with a float")
        return number(value)
    text = value.scalars["int"]
    limit = 2**EXACT_BITS
    told = sql.text("an integer of more than 53 bits together with a float: not translated")
    real = (
        f"(CASE WHEN {text} NOT BETWEEN -{limit} AND {limit} THEN CAST(error({told}) AS DOUBLE)"
        f" ELSE CAST({text} AS DOUBLE) END)"
    )
    return sql.coalesce(value.scalars.get("double", sql.NULL), real)


def ordered_errors(values: list[Value], *kinds: str) -> str:
    """Give where operands evaluated one by one fail: the first null ends it without an error."""
    errors, before = [], sql.TRUE
    for value in values:
        errors.append(sql.both(before, sql.either(value.error, other_than(value, *kinds))))
        before = sql.both(before, value.there())
    return sql.either(*errors)


def _flattened(given: Any, name: str) -> list[Any]:
    """Take apart nested sums of one operator, as MongoDB's optimizer does."""
    items = given if isinstance(given, list) else [given]
    flat: list[Any] = []
    for item in items:
        if isinstance(item, dict) and list(item) == [name]:
            flat += _flattened(item[name], name)
        else:
            flat.append(item)
    return flat


def constants_last(items: list[Any]) -> tuple[list[Any], list[Any]]:
    """Divide operands into those that refer to something, and constants."""
    free = [item for item in items if not is_constant(item)]
    return free, [item for item in items if is_constant(item)]


def _operands(ctx: Context, given: Any, name: str) -> list[Value]:
    """Translate the operands of a sum or product: constants come last, as MongoDB puts them."""
    free_items, fixed_items = constants_last(_flattened(given, name))
    free = [compiled(ctx, item) for item in free_items]
    fixed = [compiled(ctx, item) for item in fixed_items]
    if any(not v.kinds <= set(NUMBERS) or not v.always for v in fixed):
        raise Refused("a constant that is no number")
    if len(fixed) > 1 and free:
        if any(v.constant is NO_CONSTANT for v in fixed):
            raise Refused("several constants, some of them computed")
        folded = _folded(name, [v.constant for v in fixed])
        fixed = [compiled(ctx, folded)]
    return [*free, *fixed]


def _folded(name: str, constants: list[Any]) -> int | float:
    """Compute what an operator gives for constants."""
    if all(isinstance(c, int) for c in constants):
        total = sum(constants) if name == "$add" else _product(constants)
        return total if -LONG_MOST - 1 <= total <= LONG_MOST else float(total)
    return summed([float(c) for c in constants]) if name == "$add" else _product(constants)


def _product(constants: list[Any]) -> Any:
    exact = all(isinstance(c, int) for c in constants)
    product: Any = 1 if exact else 1.0
    for one in constants:
        product *= one if exact else float(one)
    return product


def summed(terms: list[float]) -> float:
    """Sum as MongoDB does: Knuth's and Dekker's error-free sums (Boldo et al. 2016).

    >>> summed([1e16, 1.0, 1.0]), summed([1e16, 1.0, -1e16])
    (1.0000000000000002e+16, 0.0)
    """
    total, rest = 0.0, 0.0
    for term in terms:
        x = term + rest
        low = rest - (x - term)
        new = total + x
        z = new - total
        rest = low + ((total - (new - z)) + (x - z))
        total = new
    return sum(terms) if math.isnan(total) else total


def sum_sql(doubles: str, names: Names) -> str:
    """Give the sum of a list of doubles without NULLs, to the last bit as MongoDB's."""
    t, e, w = names.fresh(), names.fresh(), names.fresh()
    x = f"({e}.s + {t}.a)"
    low = f"({t}.a - ({x} - {e}.s))"
    new = f"({t}.s + {x})"
    z = f"({new} - {t}.s)"
    error = f"(({t}.s - ({new} - {z})) + ({x} - {z}))"
    start = "struct_pack(s := 0e0, a := 0e0)"
    pairs = f"list_transform({doubles}, lambda {w}: struct_pack(s := {w}, a := 0e0))"
    step = f"struct_pack(s := {new}, a := {low} + {error})"
    total = f"list_reduce(list_prepend({start}, {pairs}), lambda {t}, {e}: {step}).s"
    return f"CASE WHEN isnan({total}) THEN list_sum({doubles}) ELSE {total} END"


@operator("$add")
def _add(ctx: Context, given: Any) -> Value:
    values = _operands(ctx, given, "$add")
    if not values:
        return Value({"int": sql.integer(0)}, bits=1, constant=0)
    dates = [v for v in values if "date" in v.scalars]
    if dates:
        return _date_sum(values, dates)

    def doubles(values: list[Value]) -> str:
        if len(values) <= 2:
            return " + ".join(map(exactly, values))
        return sum_sql(f"[{', '.join(map(exactly, values))}]", ctx.names)

    return _combined(values, ordered_errors(values, *NUMBERS), "+", doubles)


def _date_sum(values: list[Value], dates: list[Value]) -> Value:
    """Add whole milliseconds to a date."""
    if len(dates) > 1 or dates[0].kinds != {"date"}:
        raise Refused("more than one date")
    rest = [v for v in values if v is not dates[0]]
    if any(v.kinds - {"int"} or v.bits > 53 for v in rest):
        raise Refused("a date and anything but whole milliseconds")
    terms = [dates[0].scalars["date"], *(whole(v) for v in rest if v.kinds)]
    if any(not v.kinds for v in rest):
        return NULL
    error = sql.either(*(v.error for v in values))
    null = any(not v.always for v in values)
    return Value({"date": f"({' + '.join(terms)})"}, null=null, error=error)


@operator("$multiply")
def _multiply(ctx: Context, given: Any) -> Value:
    values = _operands(ctx, given, "$multiply")
    if not values:
        return Value({"int": sql.integer(1)}, bits=1, constant=1)
    error = ordered_errors(values, *NUMBERS)
    return _combined(values, error, "*", lambda vs: " * ".join(map(number, vs)))


@operator("$subtract")
def _subtract(ctx: Context, given: Any) -> Value:
    if not isinstance(given, list) or len(given) != 2:
        raise Refused("takes 2 arguments")
    a, b = values = [compiled(ctx, item) for item in given]
    if a.kinds == {"date"} and b.kinds == {"date"}:
        text = f"({a.scalars['date']} - {b.scalars['date']})"
        return Value({"int": text}, null=not (a.always and b.always), error=strict(values, "date"))
    if not (a.kinds and b.kinds):
        return Value(null=True, error=sql.either(a.error, b.error))
    if "date" in a.kinds or "date" in b.kinds:
        raise Refused("a date and something else")
    return _combined(values, strict(values, *NUMBERS), "-", lambda vs: " - ".join(map(number, vs)))


def strict(values: list[Value], *kinds: str) -> str:
    """Give where an operator fails that looks for nulls first and at kinds then."""
    there = [v.there() for v in values]
    wrong = sql.either(*(other_than(v, *kinds) for v in values))
    return sql.either(*(v.error for v in values), sql.both(*there, wrong))


def _combined(
    values: list[Value], error: str, sign: str, doubles: Callable[[list[Value]], str]
) -> Value:
    """Combine numbers: integers while all are, beyond 64 bits and otherwise doubles."""
    numeric = [v.kinds & set(NUMBERS) for v in values]
    if any(not kinds for kinds in numeric):
        return Value(null=True, error=error)
    scalars, bits = {}, 63
    null = nullable(values)
    whole_only = all("int" in kinds for kinds in numeric)
    may_double = any("double" in kinds for kinds in numeric)
    if whole_only:
        bits = _bits([v.bits for v in values], sign)
        if bits <= 62:
            scalars["int"] = "(" + f" {sign} ".join(map(whole, values)) + ")"
        else:
            if len(values) > 2:
                raise Refused("more than two integers of 64 bits")
            wide = f" {sign} ".join(f"CAST({v.scalars['int']} AS HUGEINT)" for v in values)
            scalars["int"] = f"TRY_CAST(({wide}) AS BIGINT)"
            if not may_double:
                over = f"CAST(({wide}) AS DOUBLE)"
                if sign == "-":
                    over = " - ".join(map(as_double, values))
                scalars["double"] = f"(CASE WHEN {scalars['int']} IS NULL THEN {over} END)"
    if may_double:
        text = f"({doubles(values)})"
        if whole_only:
            text = f"(CASE WHEN {scalars['int']} IS NULL THEN {text} END)"
        scalars["double"] = text
    nan = any(v.nan for v in values if "double" in v.scalars) or (
        any(v.infinite for v in values if "double" in v.scalars)
    )
    return Value(scalars, null=null, error=error, bits=min(bits, 63), nan=nan)


def _bits(bits: list[int], sign: str) -> int:
    return sum(bits) if sign == "*" else max(bits) + (len(bits) - 1).bit_length()
