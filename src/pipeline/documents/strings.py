"""Texts: joined, cut, changed, searched."""

from typing import Any

from bson import Regex

from pipeline.documents import sql
from pipeline.documents.compiler import arguments, compiled, is_constant, named
from pipeline.documents.context import Context, Operator, operator
from pipeline.documents.numbers import ordered_errors, other_than
from pipeline.documents.refused import Refused
from pipeline.documents.regex import pattern_of, text_matches
from pipeline.documents.types import Alternative, Type
from pipeline.documents.values import NO_CONSTANT, Array, Value, boolean

UPPER, LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"


@operator("$concat")
def _concat(ctx: Context, given: Any) -> Value:
    items = given if isinstance(given, list) else [given]
    values = [compiled(ctx, item) for item in items]
    # what no document has is no constant: MongoDB looks for it in each of them
    if any(v.constant is None and is_constant(i) for i, v in zip(items, values, strict=True)):
        raise Refused("a constant null")
    error = ordered_errors(values, "string")
    if any("string" not in v.kinds for v in values):
        return Value(null=True, error=error)
    text = " || ".join(v.scalars["string"] for v in values) if values else "''"
    null = any(not v.always or v.kinds != {"string"} for v in values)
    return Value({"string": f"({text})"}, null=null, error=error)


def as_text(value: Value) -> tuple[str, str]:
    """Give a value as the text that these operators see, "" for null, and where they fail."""
    if value.kinds & {"double", "date"}:
        raise Refused("a float or date taken as a text")
    parts = []
    if "string" in value.scalars:
        parts.append(value.scalars["string"])
    if "int" in value.scalars:
        parts.append(f"CAST({value.scalars['int']} AS VARCHAR)")
    text = sql.coalesce(*parts, "''") if not (value.always and len(parts) == 1) else parts[0]
    return text, sql.either(value.error, other_than(value, "string", "int"))


def _mapped(function: str) -> Operator:
    def translate(ctx: Context, given: Any) -> Value:
        (value,) = arguments(ctx, given, 1)
        text, error = as_text(value)
        return Value({"string": function.format(x=text)}, error=error)

    return translate


# letters of ASCII alone: MongoDB leaves all others as they are
operator("$toLower")(_mapped(f"translate({{x}}, '{UPPER}', '{LOWER}')"))
operator("$toUpper")(_mapped(f"translate({{x}}, '{LOWER}', '{UPPER}')"))


@operator("$substrCP")
def _substr(ctx: Context, given: Any) -> Value:
    value, start, count = arguments(ctx, given, 3)
    numbers = []
    for bound in (start, count):
        number = bound.constant
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise Refused("bounds other than constants that are not negative")
        numbers.append(number)
    text, error = as_text(value)
    return Value({"string": f"substring({text}, {numbers[0] + 1}, {numbers[1]})"}, error=error)


@operator("$substr", "$substrBytes")
def _substr_bytes(ctx: Context, given: Any) -> Value:
    """Cut by bytes, which are characters where all are of ASCII; else the query fails."""
    value, start, count = arguments(ctx, given, 3)
    first, length = start.constant, count.constant
    if any(isinstance(n, bool) or not isinstance(n, int) for n in (first, length)) or first < 0:
        raise Refused("bounds other than constant integers")
    text, error = as_text(value)
    told = sql.text("$substrBytes of a text that is not of ASCII: not translated")
    cut = f"substring({text}, {first + 1}" + (f", {length})" if length >= 0 else ")")
    safe = f"(CASE WHEN strlen({text}) <> length({text}) THEN error({told}) ELSE {cut} END)"
    return Value({"string": f"CAST({safe} AS VARCHAR)"}, error=error)


@operator("$strLenCP")
def _length(ctx: Context, given: Any) -> Value:
    (value,) = arguments(ctx, given, 1)
    error = sql.either(value.error, sql.negated(value.has("string")))
    if "string" not in value.scalars:
        return Value(null=True, error=sql.TRUE)
    text = f"length({value.scalars['string']})"
    # DuckDB counts grapheme clusters nowhere here: length is of code points
    return Value({"int": text}, null=not value.always, error=error, bits=31)


@operator("$strLenBytes")
def _bytes(ctx: Context, given: Any) -> Value:
    (value,) = arguments(ctx, given, 1)
    error = sql.either(value.error, sql.negated(value.has("string")))
    if "string" not in value.scalars:
        return Value(null=True, error=sql.TRUE)
    text = f"strlen({value.scalars['string']})"
    return Value({"int": text}, null=not value.always, error=error, bits=31)


@operator("$split")
def _split(ctx: Context, given: Any) -> Value:
    value, separator = arguments(ctx, given, 2)
    word = separator.constant
    if not isinstance(word, str) or not word:
        raise Refused("a separator that is no constant text")
    error = sql.either(value.error, other_than(value, "string"))
    if "string" not in value.scalars:
        return Value(null=True, error=error)
    text = f"string_split({value.scalars['string']}, {sql.text(word)})"
    items = Type((Alternative("string", "VARCHAR"),))
    null = not value.always or value.kinds != {"string"}
    return Value(array=Array(text, items), null=null, error=error)


@operator("$regexMatch")
def _regex_match(ctx: Context, given: Any) -> Value:
    parts = named(given, ("input", "regex"), ("options",))
    value = compiled(ctx, parts["input"])
    pattern = parts["regex"]
    if isinstance(pattern, str) and pattern.startswith("$"):
        raise Refused("a pattern that is computed")
    if not isinstance(pattern, str | Regex):
        raise Refused("a pattern that is no constant")
    error = sql.either(value.error, other_than(value, "string"))
    return boolean(text_matches(value, pattern_of(pattern, parts.get("options"))), error)


@operator("$strcasecmp")
def _strcasecmp(ctx: Context, given: Any) -> Value:
    values = arguments(ctx, given, 2)
    texts, errors = [], []
    for value in values:
        text, error = as_text(value)
        texts.append(f"translate({text}, '{LOWER}', '{UPPER}')")
        errors.append(error)
    a, b = texts
    order = sql.case([(f"({a} < {b})", "-1"), (f"({a} > {b})", "1")], "0")
    return Value({"int": order}, error=sql.either(*errors), bits=1)


@operator("$indexOfCP")
def _index(ctx: Context, given: Any) -> Value:
    value, wanted = arguments(ctx, given, 2)
    if not isinstance(wanted.constant, str) or wanted.constant is NO_CONSTANT:
        raise Refused("a text looked for that is no constant")
    error = sql.either(value.error, other_than(value, "string"))
    if "string" not in value.scalars:
        return Value(null=True, error=error)
    text = f"(instr({value.scalars['string']}, {sql.text(wanted.constant)}) - 1)"
    null = not value.always or value.kinds != {"string"}
    return Value({"int": text}, null=null, error=error, bits=31)
