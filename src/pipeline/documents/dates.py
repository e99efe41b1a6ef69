"""Dates: their parts and differences, in UTC."""

from typing import Any

from pipeline.documents import sql
from pipeline.documents.compiler import arguments, compiled, named
from pipeline.documents.context import Context, Operator, operator
from pipeline.documents.numbers import other_than
from pipeline.documents.refused import Refused
from pipeline.documents.values import Value

# beyond these milliseconds (years -9999 to 9999 and more) DuckDB's timestamps may not reach
_REACH = 250_000_000_000_000
_PARTS = {
    "$year": "year({t})",
    "$month": "month({t})",
    "$dayOfMonth": "day({t})",
    "$hour": "hour({t})",
    "$minute": "minute({t})",
    "$second": "second({t})",
    "$millisecond": "(millisecond({t}) % 1000)",
    "$dayOfYear": "dayofyear({t})",
    "$dayOfWeek": "(dayofweek({t}) + 1)",
    "$isoDayOfWeek": "isodow({t})",
    "$isoWeek": "week({t})",
    "$isoWeekYear": "isoyear({t})",
}
_UNITS = {
    "millisecond": 1,
    "second": 1000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": 86_400_000,
}


def _moment(text: str) -> str:
    inside = f"({text} BETWEEN -{_REACH} AND {_REACH})"
    return f"(CASE WHEN {inside} THEN make_timestamp({text} * 1000) END)"


def _reach(text: str) -> str:
    return f"coalesce({text} NOT BETWEEN -{_REACH} AND {_REACH}, FALSE)"


def _part(function: str) -> Operator:
    def translate(ctx: Context, given: Any) -> Value:
        if isinstance(given, dict) and "date" in given:
            given = named(given, ("date",))["date"]
        (value,) = arguments(ctx, given, 1)
        error = sql.either(value.error, other_than(value, "date"))
        if "date" not in value.scalars:
            return Value(null=True, error=error)
        text = value.scalars["date"]
        part = function.format(t=_moment(text))
        # a document whose date is out of reach does not pass, as if MongoDB failed
        error = sql.either(error, _reach(text))
        return Value({"int": f"CAST({part} AS BIGINT)"}, null=True, error=error, bits=31)

    return translate


for _name, _function in _PARTS.items():
    operator(_name)(_part(_function))


@operator("$dateDiff")
def _date_diff(ctx: Context, given: Any) -> Value:
    parts = named(given, ("startDate", "endDate", "unit"), ("timezone",))
    unit = parts["unit"]
    if unit not in _UNITS or parts.get("timezone", "UTC") not in ("UTC", "Z"):
        raise Refused(f"the unit {unit!r} or a time zone other than UTC")
    values = [compiled(ctx, parts["startDate"]), compiled(ctx, parts["endDate"])]
    there = sql.both(*(v.there() for v in values))
    wrong = sql.either(*(other_than(v, "date") for v in values))
    start_there = values[0].there()
    error = sql.either(
        values[0].error, sql.both(start_there, values[1].error), sql.both(there, wrong)
    )
    if any("date" not in v.kinds for v in values):
        return Value(null=True, error=error)
    # boundaries of the unit that lie between the two
    start, end = (_floored(v.scalars["date"], _UNITS[unit]) for v in values)
    null = any(not v.always or v.kinds != {"date"} for v in values)
    return Value({"int": f"({end} - {start})"}, null=null, error=error)


def _floored(text: str, unit: int) -> str:
    if unit == 1:
        return text
    return f"(({text} - ((({text} % {unit}) + {unit}) % {unit})) // {unit})"
