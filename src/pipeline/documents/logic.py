"""Conditions in expressions: comparisons, $and, $or, $not, $cond, $ifNull, $switch, $let."""

from collections.abc import Mapping
from typing import Any

from pipeline.documents import sql
from pipeline.documents.choose import choose
from pipeline.documents.compare import compared
from pipeline.documents.compiler import arguments, compiled, constant, is_constant, named
from pipeline.documents.context import Context, Operator, operator
from pipeline.documents.refused import Refused
from pipeline.documents.values import NO_CONSTANT, Value, boolean


def truth(value: Value) -> str:
    """Give the condition that a value is true: not false, zero, null or missing.

    An array is true, even an empty one; so are an object, a text and NaN.
    """
    if value.unknown:
        raise Refused("a column of a type that documents do not have")
    if isinstance(value.constant, bool | int | float):
        return sql.TRUE if value.constant else sql.FALSE
    parts = []
    for kind in sorted(value.kinds):
        if kind == "bool":
            parts.append(_sure(value, value.scalars["bool"]))
        elif kind in ("int", "double"):
            parts.append(_sure(value, f"({value.scalars[kind]} <> 0)"))
        else:
            parts.append(value.has(kind))
    return sql.either(*parts)


def _sure(value: Value, condition: str) -> str:
    if value.always and len(value.kinds) == 1:
        return condition
    return sql.coalesce(condition, sql.FALSE)


def _comparison(symbol: str) -> Operator:
    def translate(ctx: Context, given: Any) -> Value:
        a, b = arguments(ctx, given, 2)
        return boolean(compared(symbol, a, b), sql.either(a.error, b.error))

    return translate


for _symbol in ("eq", "ne", "lt", "lte", "gt", "gte"):
    operator(f"${_symbol}")(_comparison(_symbol))


@operator("$cmp")
def _cmp(ctx: Context, given: Any) -> Value:
    a, b = arguments(ctx, given, 2)
    text = sql.case([(compared("lt", a, b), "-1"), (compared("eq", a, b), "0")], "1")
    return Value({"int": text}, bits=1, error=sql.either(a.error, b.error))


@operator("$and")
def _and(ctx: Context, given: Any) -> Value:
    return _chain(ctx, given, sql.both, sql.TRUE)


@operator("$or")
def _or(ctx: Context, given: Any) -> Value:
    return _chain(ctx, given, sql.either, sql.FALSE)


def _chain(ctx: Context, given: Any, join: Any, neutral: str) -> Value:
    """Join conditions; a later one is evaluated only if those before it leave it open."""
    items = given if isinstance(given, list) else [given]
    open_so_far, truths, errors = sql.TRUE, [], []
    for item in items:
        value = compiled(ctx, item)
        holds = truth(value)
        errors.append(sql.both(open_so_far, value.error))
        truths.append(holds)
        goes_on = holds if neutral == sql.TRUE else sql.negated(holds)
        open_so_far = sql.both(open_so_far, goes_on)
    error = sql.either(*errors)
    if error != sql.FALSE and any(map(is_constant, items)):
        # MongoDB decides by a constant, wherever it stands, before it looks at the others
        error = _unless_decided(ctx, items, error, neutral)
    return boolean(join(*truths), error)


def _unless_decided(ctx: Context, items: list[Any], error: str, neutral: str) -> str:
    """Give where a chain fails that has constants among conditions that can fail."""
    truths = [truth(compiled(ctx, item)) for item in items if is_constant(item)]
    if any(t not in (sql.TRUE, sql.FALSE) for t in truths):
        raise Refused("computed constants beside conditions that can fail")
    return error if all(t == neutral for t in truths) else sql.FALSE


@operator("$not")
def _not(ctx: Context, given: Any) -> Value:
    (value,) = arguments(ctx, given, 1)
    return boolean(sql.negated(truth(value)), value.error)


@operator("$cond")
def _cond(ctx: Context, given: Any) -> Value:
    if isinstance(given, Mapping):
        parts = named(given, ("if", "then", "else"))
        given = [parts["if"], parts["then"], parts["else"]]
    condition, then, other = arguments(ctx, given, 3)
    holds = truth(condition)
    chosen = choose([(holds, then)], other, ctx.names)
    return chosen.failing(condition.error)


@operator("$ifNull")
def _if_null(ctx: Context, given: Any) -> Value:
    values = arguments(ctx, given, 2, 1000)
    *tried, last = values
    errors, open_so_far = [], sql.TRUE
    for value in tried:
        errors.append(sql.both(open_so_far, value.error))
        open_so_far = sql.both(open_so_far, sql.negated(value.there()))
    branches = [(value.there(), _present(value)) for value in tried]
    chosen = choose(branches, last, ctx.names)
    return chosen.failing(sql.either(*errors))


def _present(value: Value) -> Value:
    """Give a value where it is known to be neither null nor missing."""
    return Value(
        value.scalars,
        value.array,
        value.record,
        error=value.error,
        bits=value.bits,
        width=value.width,
        nan=value.nan,
        infinite=value.infinite,
        constant=value.constant if value.always else NO_CONSTANT,
        unknown=value.unknown,
    )


@operator("$switch")
def _switch(ctx: Context, given: Any) -> Value:
    parts = named(given, ("branches",), ("default",))
    if not isinstance(parts["branches"], list) or not parts["branches"]:
        raise Refused("takes a list of branches")
    branches, errors, open_so_far = [], [], sql.TRUE
    for branch in parts["branches"]:
        pair = named(branch, ("case", "then"))
        case = compiled(ctx, pair["case"])
        holds = truth(case)
        errors.append(sql.both(open_so_far, case.error))
        branches.append((holds, compiled(ctx, pair["then"])))
        open_so_far = sql.both(open_so_far, sql.negated(holds))
    if "default" in parts:
        default = compiled(ctx, parts["default"])
    else:
        default = Value(missing=True, error=sql.TRUE)
    chosen = choose(branches, default, ctx.names)
    return chosen.failing(sql.either(*errors))


@operator("$let")
def _let(ctx: Context, given: Any) -> Value:
    parts = named(given, ("vars", "in"))
    if not isinstance(parts["vars"], Mapping):
        raise Refused("takes vars by name")
    values = {checked(name): compiled(ctx, item) for name, item in parts["vars"].items()}
    result = compiled(ctx.bind(**values), parts["in"])
    return result.failing(sql.either(*(v.error for v in values.values())))


def checked(name: Any) -> str:
    """Check the name of a variable: it starts with a small letter, as MongoDB asks."""
    word = str(name)
    plain = word.replace("_", "a")
    if not (plain.isascii() and plain.isalnum() and word[0].isascii() and word[0].islower()):
        raise Refused(f"the variable name {word!r}")
    return word


@operator("$literal", "$const")
def _literal(ctx: Context, given: Any) -> Value:
    return constant(given)


@operator("$expr")
def _expr(ctx: Context, given: Any) -> Value:
    return compiled(ctx, given)
