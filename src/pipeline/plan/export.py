"""The JSON schema and the commented ``config.yaml``, generated from the domains."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic.fields import FieldInfo

from pipeline.contract.domain import Key
from pipeline.contract.section import Section
from pipeline.io.atomic import atomic_path
from pipeline.plan.domains import DOMAINS, KEYS, Config

_HEADER = """\
## Nightmill's configuration. Everything is optional: an absent section is switched off.
## Relative paths are relative to the working directory. To use a key, remove its "# ".
## (Written from the domains' sections by `make config`.)
"""


def json_schema() -> str:
    """Return the JSON schema of the whole configuration, for editors."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"


def default_yaml() -> str:
    """Return a configuration in which every key stands, commented but for the tables."""
    # What stands there uncommented: tables without lines, which a user fills.
    tables = {table.key for domain in DOMAINS for table in domain.lines}
    lines = [_HEADER]
    for key in KEYS:
        lines.append(f"## {key.description}")
        if key.name in tables:
            lines.append(f"{key.name}: config/{key.name}.tsv")
        else:
            lines += _key(key)
        lines.append("")
    return "\n".join(lines)


def _key(key: Key) -> Iterator[str]:
    if key.section is None:
        yield f"# {key.name}: {_flow(key.default)}"
    elif key.example:
        yield f"# {key.name}:"
        for entry, values in key.example.items():
            yield f"#   {entry}:"
            yield from _section(key.section, values, "#     ")
    else:
        yield f"# {key.name}:"
        yield from _section(key.section, {}, "#   ")


def _section(model: type[Section], values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, info in model.model_fields.items():
        nested = _nested(info)
        if nested is None:
            yield _entry(indent, name, info, values)
        else:
            yield f"{indent}{name}:  # {info.description}"
            yield from _section(nested, values.get(name, {}), indent + "  ")


def _nested(info: FieldInfo) -> type[Section] | None:
    """Return the section that a key may hold; None if it holds something else."""
    types = (info.annotation, *get_args(info.annotation))
    return next((t for t in types if isinstance(t, type) and issubclass(t, Section)), None)


def _entry(indent: str, name: str, info: FieldInfo, values: Mapping[str, Any]) -> str:
    value = values.get(name, None if info.is_required() else info.get_default())
    return f"{indent}{name}: {_flow(value)}  # {info.description}"


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).strip()
    return text.removesuffix("...").strip()


def write_config(folder: Path) -> None:
    """Write ``config.yaml`` and ``config.schema.json`` into a folder."""
    for name, text in (("config.yaml", default_yaml()), ("config.schema.json", json_schema())):
        with atomic_path(folder / name) as temporary:
            temporary.write_text(text)
