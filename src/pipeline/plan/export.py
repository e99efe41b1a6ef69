"""The JSON schema and the commented ``config.yaml``, generated from the models."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic.fields import FieldInfo

from pipeline.contract.section import Section
from pipeline.crossmatch.domain import Catalog, Distance
from pipeline.io.atomic import atomic_path
from pipeline.plan.domains import Config
from pipeline.scores.domain import Model
from pipeline.skymaps.domain import Calibration

_HEADER = """\
## Nightmill's configuration. Everything is optional: an absent section is switched off.
## Relative paths are relative to the working directory. To use a key, remove its "# ".
## (Written from the domains' sections by `make config`.)
"""
# What stands there uncommented: tables without lines, which a user fills.
_ACTIVE = {"alerts": "config/alerts.tsv", "events": "config/events.tsv"}
# One entry of each section of named entries, as people write them.
_EXAMPLES: dict[str, tuple[type[Section], str, dict[str, Any]]] = {
    "catalogs": (
        Catalog,
        "vsx",
        {"path": "vsx.parquet", "ra": "RAJ2000", "dec": "DEJ2000", "columns": ["VType"]},
    ),
    "models": (
        Model,
        "braai",
        {"version": "d6_m9", "path": "models/braai_d6_m9.h5"},
    ),
}
_NESTED: dict[str, tuple[type[Section], dict[str, Any]]] = {
    "distance": (Distance, {"column": "z", "unit": "redshift"}),
    "calibration": (Calibration, {}),
}


def json_schema() -> str:
    """Return the JSON schema of the whole configuration, for editors."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"


def default_yaml() -> str:
    """Return a configuration in which every key stands, commented but for the tables."""
    lines = [_HEADER]
    for name, info in Config.model_fields.items():
        lines.append(f"## {info.description}")
        if name in _ACTIVE:
            lines.append(f"{name}: {_ACTIVE[name]}")
        elif name in _EXAMPLES:
            model, entry, values = _EXAMPLES[name]
            lines += [f"# {name}:", f"#   {entry}:", *_section(model, values, "#     ")]
        elif isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            lines += [f"# {name}:", *_section(info.annotation, {}, "#   ")]
        else:
            lines.append(_entry("# ", name, info, {}).split("  # ")[0])
        lines.append("")
    return "\n".join(lines)


def _section(model: type[Section], values: dict[str, Any], indent: str) -> Iterator[str]:
    for name, info in model.model_fields.items():
        if name in _NESTED:
            nested, example = _NESTED[name]
            yield f"{indent}{name}:  # {info.description}"
            yield from _section(nested, example, indent + "  ")
        else:
            yield _entry(indent, name, info, values)


def _entry(indent: str, name: str, info: FieldInfo, values: dict[str, Any]) -> str:
    value = values.get(name, None if info.is_required() else info.get_default())
    if isinstance(value, Section):
        value = value.model_dump()
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).strip()
    return f"{indent}{name}: {text.removesuffix('...').strip()}  # {info.description}"


def write_config(folder: Path) -> None:
    """Write ``config.yaml`` and ``config.schema.json`` into a folder."""
    for name, text in (("config.yaml", default_yaml()), ("config.schema.json", json_schema())):
        with atomic_path(folder / name) as temporary:
            temporary.write_text(text)
