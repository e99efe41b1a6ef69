"""The reference of every configuration key, from its JSON schema, and of the input tables."""

import json
from pathlib import Path
from typing import Any

from pipeline.plan.domains import DOMAINS

_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "pattern": "like `{}`",
    "minItems": "{} or more",
}


def configuration_page(schema: Path) -> str:
    """Return a page with a table a section, and one an input table."""
    root = json.loads(schema.read_text())
    definitions = root.get("$defs", {})
    out = [
        "# Configuration",
        "",
        "Every key of `config/config.yaml`. All is optional but what is marked as required; an",
        "absent section is switched off. An unknown key is an error.",
        "",
        *_section("The whole", root, definitions),
    ]
    for name, definition in definitions.items():
        if "properties" in definition:
            out += _section(name, definition, definitions)
    return "\n".join([*out, *_input_tables()])


def _input_tables() -> list[str]:
    """Return a section for each table of inputs that a domain declares."""
    out = []
    for lines in (lines for domain in DOMAINS for lines in domain.lines):
        schema = lines.model.model_json_schema()
        once = " and ".join(f"`{name}`" for name in lines.identity)
        schema["description"] = (
            f"The lines of the file that `{lines.key}` names: {schema['description']} The first "
            "line has the names of the columns, which tabs separate; an empty field is absent, "
            f"`#` begins a comment. No two lines have the same {once}."
        )
        out += _section(f"{lines.key}.tsv", schema, schema.get("$defs", {}), "column")
    return out


def _section(
    title: str, schema: dict[str, Any], definitions: dict[str, Any], what: str = "key"
) -> list[str]:
    lines = [f"## {title}", "", schema.get("description", ""), ""]
    lines += [f"| {what} | what it is | type | default |", "|---|---|---|---|"]
    for key, value in schema["properties"].items():
        default = "required" if key in schema.get("required", ()) else _default(value)
        cells = (f"`{key}`", value.get("description", ""), _type(value, definitions), default)
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return [*lines, ""]


def _default(value: dict[str, Any]) -> str:
    if isinstance(value.get("default"), dict) and value["default"]:
        return "its own"
    return f"`{json.dumps(value['default'], ensure_ascii=False)}`" if "default" in value else ""


def _type(value: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Return what is allowed, in words."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        target = definitions[name]
        return (
            f"[{name}](#{name.lower()})" if "properties" in target else _type(target, definitions)
        )
    if "anyOf" in value:
        return ", or ".join(_type(part, definitions) for part in value["anyOf"])
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    kind = {"null": "nothing", "string": "text"}.get(
        value.get("type", ""), value.get("type", "any")
    )
    if isinstance(value.get("items"), dict):
        kind = f"list of {_type(value['items'], definitions)}"
    if isinstance(value.get("additionalProperties"), dict):
        kind = f"name: {_type(value['additionalProperties'], definitions)}"
    limits = [text.format(value[name]) for name, text in _LIMITS.items() if name in value]
    return ", ".join([kind, *limits])
