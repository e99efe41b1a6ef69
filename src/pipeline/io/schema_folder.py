"""Writers' schemas that packets name by number, as a registry's folder holds them.

Source of names and namespaces: Apache Avro 1.11 specification, "Names".
"""

import json
import re
from pathlib import Path
from typing import Any

from pipeline.io.avro import AvroError

SCHEMA_SUFFIX = ".avsc"
_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
_PRIMITIVE = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
_NAMED = {"record", "error", "enum", "fixed"}


class SchemaFolder:
    """A folder of ``<number>.avsc``, and of what these refer to as ``<full name>.avsc``.

    So Rubin keeps its schemas: ``lsst.v7_1.alert.avsc`` refers to ``lsst.v7_1.diaSource``.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[int, bytes | AvroError] = {}

    def schema(self, number: int) -> bytes:
        """Return a schema (JSON) in which everything that it refers to is written out.

        Raises
        ------
        AvroError
            If there is none of that number, or it cannot be read.
        """
        if number not in self._known:
            try:
                self._known[number] = self._load(number)
            except AvroError as error:
                self._known[number] = error
        found = self._known[number]
        if isinstance(found, AvroError):
            raise found
        return found

    def _load(self, number: int) -> bytes:
        file = f"{number}{SCHEMA_SUFFIX}"
        if self._folder is None or not (self._folder / file).is_file():
            raise AvroError(f"framed packet: schema {file} is not in the schemas folder")
        try:
            schema = _Resolver(self._folder).load(file)
        except _Missing as error:
            raise AvroError(
                f"framed packet: schema {file} refers to {error.args[0]!r}, and "
                f"{error.args[0]}{SCHEMA_SUFFIX} is not in the schemas folder"
            ) from error
        except (ValueError, RecursionError) as error:
            raise AvroError(f"framed packet: schema {file} is no AVRO schema: {error}") from error
        return json.dumps(schema).encode()


class _NoSchemaError(ValueError):
    """What is no schema; the message becomes a reason in a table."""


class _Missing(LookupError):
    """A name that nothing defines."""


class _Resolver:
    """Writes out each name at its first use; later ones then refer to it, as AVRO wants it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._defined: set[str] = set()

    def load(self, file: str) -> object:
        text = (self._folder / file).read_text(encoding="utf-8")
        return self.resolved(json.loads(text), "")

    def resolved(self, schema: object, namespace: str) -> object:
        if isinstance(schema, str):
            return self._named(schema, namespace)
        if isinstance(schema, list):
            return [self.resolved(branch, namespace) for branch in schema]
        if not isinstance(schema, dict):
            raise _NoSchemaError(f"{schema!r} is no type")
        kind = schema.get("type")
        if kind in ("array", "map"):
            key = "items" if kind == "array" else "values"
            return {**schema, key: self.resolved(schema.get(key), namespace)}
        if isinstance(kind, str) and kind in _NAMED:
            return self._definition(schema, namespace)
        return {**schema, "type": self.resolved(kind, namespace)}

    def _definition(self, schema: dict[str, Any], namespace: str) -> dict[str, Any]:
        full = _full_name(str(schema.get("name")), schema.get("namespace") or namespace)
        self._defined.add(full)
        if "fields" not in schema:
            return schema
        fields = schema["fields"]
        if not isinstance(fields, list) or not all(isinstance(f, dict) for f in fields):
            raise _NoSchemaError(f"{full}: its fields are no list of objects")
        inner = full.rpartition(".")[0]
        fields = [{**f, "type": self.resolved(f.get("type"), inner)} for f in fields]
        return {**schema, "fields": fields}

    def _named(self, name: str, namespace: str) -> object:
        full = _full_name(name, namespace)
        if name in _PRIMITIVE or full in self._defined:
            return name
        file = f"{full}{SCHEMA_SUFFIX}"
        if not _NAME.fullmatch(full) or not (self._folder / file).is_file():
            raise _Missing(full)
        self._defined.add(full)  # before it is read: it may refer to itself
        return self.load(file)


def _full_name(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"
