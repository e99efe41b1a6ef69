"""Writers' schemas that packets name by number, as a registry's folder holds them."""

import json
import re
from pathlib import Path

import fastavro.schema
from fastavro.repository import AbstractSchemaRepository, SchemaRepositoryError

from pipeline.io.avro import AvroError, without_defaults

SCHEMA_SUFFIX = ".avsc"
_NAME = re.compile(r"[A-Za-z0-9_.]+")


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
            schema = fastavro.schema.load_schema(
                str(number), repo=_Files(self._folder), _write_hint=False
            )
        except fastavro.schema.UnknownType as error:
            raise AvroError(
                f"framed packet: schema {file} refers to {error.name!r}, and "
                f"{error.name}{SCHEMA_SUFFIX} is not in the schemas folder"
            ) from error
        except Exception as error:  # fastavro raises what its code met
            raise AvroError(f"framed packet: schema {file} is no AVRO schema: {error}") from error
        return json.dumps(schema).encode()


class _Files(AbstractSchemaRepository):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> object:
        """Return the JSON of one file; fastavro asks for each name that it does not know."""
        file = self._folder / f"{name}{SCHEMA_SUFFIX}"
        if not _NAME.fullmatch(name) or not file.is_file():
            raise SchemaRepositoryError(f"no schema {name}")
        return without_defaults(json.loads(file.read_text(encoding="utf-8")))
