"""Filters as files: one YAML each, or JSON of one or several; checked line by line."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from bson import json_util
from pydantic import Field, ValidationError, field_validator, model_validator

from pipeline.contract.section import Section
from pipeline.documents.extended_json import JsonError, parse_pipeline
from pipeline.filters.filter import NAME, Filter, Sending

MAX_BYTES = 1_000_000
"""Of a file: real filters have up to 30 kB."""
SUFFIXES = (".yaml", ".yml", ".json")
# What stored filters of brokers have beside ours, and what our reference says of them.
_PASSED_OVER = {"kind", "source", "licence", "batch_equal", "_id", "fid", "created_at"}
_SURVEYS = {"ZTF_alerts": "ztf", "PGIR_alerts": "pgir", "WNTR_alerts": "wntr"}


class FilterFileError(ValueError):
    """A file that holds no filters; the message says where and what is expected."""


class FilterSection(Section):
    """What a file says of a filter."""

    name: str = Field(pattern=f"^{NAME}$", description="of the filter; names its files")
    description: str = Field("", min_length=0, description="for people")
    group: str = Field("", min_length=0, description="of users, as in SkyPortal")
    group_id: int | None = Field(None, description="SkyPortal's number of the group")
    filter_id: int | None = Field(None, description="SkyPortal's number of the filter")
    survey: str = Field("ztf", description="whose alerts it looks at")
    permissions: list[int] = Field(
        [1], min_length=1, description="values of programid that it may see"
    )
    version: str = Field("", min_length=0, description="stored beside every verdict")
    active: bool = Field(True, description="false: it is checked, and not run")
    autosave: Any = Field(False, description="as upstream's: false, true or a mapping")
    update_annotations: Any = Field(False, description="as upstream's")
    auto_followup: Any = Field({}, description="as upstream's: a mapping")
    pipeline: Any = Field(None, description="a MongoDB aggregation: a list, or text of one")
    sql: str | None = Field(None, description="one SELECT over alerts, scores, matches, history")

    @field_validator("version", mode="before")
    @classmethod
    def _numbers_name_versions(cls, value: object) -> object:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return str(value) if number else value

    @model_validator(mode="after")
    def _one_language(self) -> "FilterSection":
        if (self.pipeline is None) == (self.sql is None):
            raise ValueError("give either pipeline or sql")
        return self


@dataclass(frozen=True)
class StoredFilter:
    """A filter of a file.

    Attributes
    ----------
    filter : Filter
    sending : Sending
    active : bool
    where : str
        The file, and of several the filter.
    description : str
    file : Path
    """

    filter: Filter
    sending: Sending
    active: bool
    where: str
    description: str
    file: Path


def read_folder(folder: Path) -> list[StoredFilter]:
    """Return the filters of a folder, by name.

    Raises
    ------
    FilterFileError
        If there is no such folder, a file is wrong, or two filters have one name.
    """
    if not folder.is_dir():
        raise FilterFileError(f"{folder}: no such folder")
    files = sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES and p.name[0] != ".")
    return sorted(read_files(files), key=lambda one: one.filter.name)


def read_files(files: Iterable[Path]) -> list[StoredFilter]:
    """Return the filters of some files, in their order.

    Raises
    ------
    FilterFileError
        If a file is wrong, or two filters have one name.
    """
    found: dict[str, StoredFilter] = {}
    for one in (stored for file in files for stored in read_file(file)):
        if one.filter.name in found:
            other = found[one.filter.name].where
            raise FilterFileError(f"{one.where}: {other} has a filter {one.filter.name} too")
        found[one.filter.name] = one
    return list(found.values())


def read_file(path: Path) -> list[StoredFilter]:
    """Return the filters of one file.

    Raises
    ------
    FilterFileError
        If it cannot be read, or is wrong; with the line where there is one.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FilterFileError(f"{path}: more than {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FilterFileError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if path.suffix == ".json":
        entries = _json_entries(text, path)
        return [_stored(entry, path, f"{path}: {_name(entry)}", 0) for entry in entries]
    entry, lines = _yaml_entry(text, path)
    return [_stored(entry, path, str(path), lines.get("pipeline", 0))]


def _name(entry: Any) -> str:
    return str(entry.get("name", "?")) if isinstance(entry, Mapping) else "?"


def _json_entries(text: str, path: Path) -> list[Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise FilterFileError(f"{path}, line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise FilterFileError(f"{path}: nested too deep") from error
    return found if isinstance(found, list) else [found]


def _yaml_entry(text: str, path: Path) -> tuple[Any, dict[str, int]]:
    """Return what a YAML says, and the line before each value's text."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        entry = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FilterFileError(f"{path}, line {line}: {error.problem or error.context}") from error
    except RecursionError as error:
        raise FilterFileError(f"{path}: nested too deep") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FilterFileError(f"{path}: {str(error).partition(chr(10))[0]}") from error
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    lines = {}
    for key, value in pairs:
        if key.value in lines:
            raise FilterFileError(f"{path}, line {key.start_mark.line + 1}: {key.value} again")
        block = isinstance(value, yaml.ScalarNode) and value.style in ("|", ">")
        lines[key.value] = value.start_mark.line + (1 if block else 0)
    return entry, lines


def _stored(entry: Any, file: Path, where: str, line: int) -> StoredFilter:
    if not isinstance(entry, Mapping):
        raise FilterFileError(f"{where}: expected a mapping with name, permissions and pipeline")
    given: dict[Any, Any] = {
        key: _whole(value, f"{where}: {key}") if isinstance(value, str) else value
        for key, value in entry.items()
        if key not in _PASSED_OVER
    }
    catalog = given.pop("catalog", None)
    if catalog is not None and "survey" not in given:
        given["survey"] = _SURVEYS.get(catalog, str(catalog))
    try:
        read = FilterSection(**given)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        message = f"{key}: {first['msg']}" if key else first["msg"]
        raise FilterFileError(f"{where}: {message}") from error
    except TypeError as error:  # a key that is no text
        raise FilterFileError(f"{where}: {error}") from error
    pipeline = "" if read.pipeline is None else _pipeline(read.pipeline, where, line)
    return StoredFilter(
        Filter(
            read.name,
            read.survey,
            tuple(read.permissions),
            read.version,
            pipeline,
            read.sql or "",
        ),
        Sending(
            read.group,
            read.group_id,
            read.filter_id,
            read.autosave,
            read.update_annotations,
            read.auto_followup,
        ),
        read.active,
        where,
        read.description,
        file,
    )


def _whole(text: str, where: str) -> str:
    """Return a text whose surrogate pairs, as YAML's escapes make them, are one character each."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise FilterFileError(f"{where}: half a surrogate pair") from error


def _pipeline(value: Any, where: str, line: int) -> str:
    """Return a pipeline, which stands there as text or as a list, in canonical extended JSON.

    Parameters
    ----------
    value : Any
    where : str
    line : int
        Lines of the file that stand before the text.
    """
    try:
        stages = parse_pipeline("\n" * line + value if isinstance(value, str) else value)
        text = json_util.dumps(stages, json_options=json_util.CANONICAL_JSON_OPTIONS)
    except RecursionError as error:
        raise FilterFileError(f"{where}: pipeline: nested too deep") from error
    except (JsonError, TypeError, ValueError) as error:
        raise FilterFileError(f"{where}: pipeline: {error}") from error
    if not stages:
        raise FilterFileError(f"{where}: pipeline: has no stages")
    return str(text)
