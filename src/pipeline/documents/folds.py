"""$sum, $avg, $stdDevPop and $stdDevSamp: numbers added as MongoDB adds them, all else left out."""

from dataclasses import dataclass, replace
from typing import Any

from pipeline.documents import sql
from pipeline.documents.arrays import any_element
from pipeline.documents.compiler import array_of
from pipeline.documents.context import Context, Operator, operator
from pipeline.documents.extremes import folded_inputs
from pipeline.documents.numbers import NUMBERS, constants_last, exactly, sum_sql
from pipeline.documents.refused import Refused
from pipeline.documents.storage import decoded
from pipeline.documents.values import Names, Value


@dataclass(frozen=True)
class Numbers:
    """The numbers to fold: a list, the name of an element in a lambda, and its value."""

    list: str
    one: str
    value: Value

    def doubles(self, names: Names) -> str:
        """Give them as a list of doubles."""
        text, as_number = self.list, exactly(self.value)
        if as_number != self.one:
            text = f"list_transform({text}, lambda {self.one}: {as_number})"
        other = names.fresh()
        return f"list_filter({text}, lambda {other}: {other} IS NOT NULL)"

    def integers(self) -> str:
        """Give the sum of those that are integers of 32 bits."""
        if self.value.bits > 31:
            raise Refused("a sum of integers of 64 bits")
        wide = f"CAST({self.value.scalars['int']} AS BIGINT)"
        total = f"list_sum(list_transform({self.list}, lambda {self.one}: {wide}))"
        return f"CAST(coalesce({total}, 0) AS BIGINT)"


def _numbers(ctx: Context, given: Any, summed: bool = False) -> tuple[Numbers | None, str]:
    """Give the numbers among the inputs, if any can be one, and where these fail."""
    items = given if isinstance(given, list) else [given]
    if summed and len(items) > 1 and len(constants_last(items)[1]) > 1:
        raise Refused("several constants, which MongoDB adds first")
    values, array, error = folded_inputs(ctx, given, sorts=summed)
    if array is None:
        kept = [replace(v.only(*NUMBERS), null=True, missing=False) for v in values]
        if not any(v.kinds for v in kept):
            return None, error
        array = array_of(kept, ctx).array
        assert array is not None
    one = ctx.names.fresh()
    value = decoded(one, array.items).only(*NUMBERS)
    return (Numbers(array.sql, one, value) if value.kinds else None), error


@operator("$avg")
def _avg(ctx: Context, given: Any) -> Value:
    numbers, error = _numbers(ctx, given)
    if numbers is None:
        return Value(null=True, error=error)
    doubles = numbers.doubles(ctx.names)
    mean = (
        f"(CASE WHEN len({doubles}) > 0 THEN ({sum_sql(doubles, ctx.names)}) / len({doubles}) END)"
    )
    return Value({"double": mean}, null=True, error=error)


@operator("$sum")
def _sum(ctx: Context, given: Any) -> Value:
    numbers, error = _numbers(ctx, given, summed=True)
    if numbers is None:
        return Value({"int": sql.integer(0)}, bits=1, error=error)
    if numbers.value.kinds == {"int"}:
        return Value({"int": numbers.integers()}, bits=62, error=error)
    # of integers alone the sum is an integer, and so is that of none
    real = f"({numbers.value.scalars['double']} IS NOT NULL)"
    any_real = any_element(numbers.list, numbers.one, real)
    whole = numbers.integers() if "int" in numbers.value.scalars else sql.integer(0)
    total = sum_sql(numbers.doubles(ctx.names), ctx.names)
    scalars = {
        "double": f"(CASE WHEN {any_real} THEN {total} END)",
        "int": f"(CASE WHEN NOT {any_real} THEN {whole} END)",
    }
    return Value(scalars, bits=62, error=error)


def _deviation(function: str) -> Operator:
    def translate(ctx: Context, given: Any) -> Value:
        numbers, error = _numbers(ctx, given)
        if numbers is None:
            return Value(null=True, error=error)
        doubles = numbers.doubles(ctx.names)
        text = f"{function}({doubles})"
        if numbers.value.nan or numbers.value.infinite:
            w = ctx.names.fresh()
            # DuckDB raises an error where a sum is out of range; MongoDB gives NaN
            odd = any_element(doubles, w, f"NOT isfinite({w})")
            finite = f"list_transform({doubles}, lambda {w}: CASE WHEN isfinite({w}) THEN {w} END)"
            one = f" AND len({doubles}) > 1" if function.endswith("samp") else ""
            nan = "CAST('nan' AS DOUBLE)"
            text = f"(CASE WHEN {odd}{one} THEN {nan} ELSE {function}({finite}) END)"
        return Value({"double": text}, null=True, error=error)

    return translate


operator("$stdDevPop")(_deviation("list_stddev_pop"))
operator("$stdDevSamp")(_deviation("list_stddev_samp"))
