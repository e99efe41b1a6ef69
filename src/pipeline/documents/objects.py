"""Objects: $mergeObjects, $getField."""

from typing import Any

from pipeline.documents import sql
from pipeline.documents.choose import choose
from pipeline.documents.compiler import compiled, constant, named
from pipeline.documents.context import Context, operator
from pipeline.documents.numbers import other_than
from pipeline.documents.paths import known
from pipeline.documents.refused import Refused
from pipeline.documents.values import MISSING, NULL, Record, Value


@operator("$mergeObjects")
def _merge(ctx: Context, given: Any) -> Value:
    values = [compiled(ctx, item) for item in (given if isinstance(given, list) else [given])]
    if len(values) == 1 and values[0].array:
        raise Refused("a single argument that may be an array")
    fields: dict[str, Value] = {}
    errors = []
    for value in values:
        errors += [value.error, other_than(value, "object")]
        for name, child in value.record.fields.items() if value.record else ():
            there = sql.negated(child.is_missing())
            fields[name] = choose([(there, child)], fields.get(name, MISSING), ctx.names)
    return Value(record=Record(sql.TRUE, fields), error=sql.either(*errors))


@operator("$getField")
def _get_field(ctx: Context, given: Any) -> Value:
    if isinstance(given, str):
        given = {"field": given, "input": "$$CURRENT"}
    parts = named(given, ("field",), ("input",))
    name = parts["field"]
    if isinstance(name, dict) and list(name) in (["$literal"], ["$const"]):
        name = constant(next(iter(name.values()))).constant
    elif isinstance(name, str) and name.startswith("$"):
        raise Refused("a field's name that is computed")
    if not isinstance(name, str):
        raise Refused("a field's name that is no text")
    value = compiled(ctx, parts.get("input", "$$CURRENT"))
    if not known(value, name):
        ctx.missing.add(name)
    child = value.record.fields.get(name, MISSING) if value.record else MISSING
    found = choose([(value.is_null(), NULL)], child, ctx.names) if value.null else child
    return found.failing(value.error)
