"""The catalogues of a working directory: its tables, and its documents as collections."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.archive.documents import by_schema
from pipeline.archive.places import DOCUMENTS, collection_name
from pipeline.archive.readable import named
from pipeline.archive.tables import table_names
from pipeline.archive.whole import surveys_of, whole_documents, whole_nights
from pipeline.io.messages import words

NIGHT = pa.field("night", pa.string())
"""Which views have beside the columns of their files."""


@dataclass(frozen=True, eq=False)
class Relation:
    """Files of one schema, or that can be read as of one.

    Attributes
    ----------
    name : str
        Of the catalogue, and of the view.
    files : tuple of Path
    schema : pyarrow.Schema
        Of a document.
    """

    name: str
    files: tuple[Path, ...]
    schema: pa.Schema


def names(directory: Path) -> list[str]:
    """Return the names of all catalogues."""
    return [*table_names(directory), *_collections(directory)]


def relations(directory: Path, catalog: str) -> list[Relation]:
    """Return what a catalogue is read from: one relation, or one a schema of documents.

    Raises
    ------
    ValueError
        If there is no such catalogue; the message names those there are. If a file is missing
        or cannot be read (`pipeline.archive.readable.NotWhole`).
    """
    if catalog in table_names(directory):
        files = tuple(table_files(directory, catalog))
        with named(files):
            schemas = {pq.read_schema(file).remove_metadata() for file in files}
        try:
            schema = pa.unify_schemas(list(schemas), promote_options="permissive")
        except pa.ArrowException as error:
            raise ValueError(
                f"{catalog}: its files cannot be read as one: {words(error)}"
            ) from None
        return [Relation(catalog, files, schema.append(NIGHT))]
    survey = _collections(directory).get(catalog)
    if survey is None:
        there = ", ".join(names(directory))
        raise ValueError(f"there is no catalogue {catalog!r:.100}; there are {there}")
    kept = list(whole_documents(directory, survey))
    with named(kept):
        found = by_schema(kept)
    return [Relation(catalog, tuple(files), schema) for schema, files in found.items()]


def table_files(directory: Path, table: str) -> Iterator[Path]:
    """Yield the files of a table; all that it must have."""
    for night in whole_nights(directory, table):
        yield from night.files


def survey_of(directory: Path, catalog: str) -> str | None:
    """Return of which survey a catalogue of documents is; None for a table."""
    return _collections(directory).get(catalog)


def _collections(directory: Path) -> dict[str, str]:
    """Return the collections that there are documents of, each with its survey."""
    return {
        collection_name(survey): survey
        for survey in surveys_of(directory)
        if any(directory.glob(_pattern(survey, "*", "*")))
    }


def _pattern(survey: str, night: str, shard: str) -> str:
    return DOCUMENTS.format(survey=survey, night=night, shard=shard) + "/*.parquet"


def rows_in(files: Iterable[Path]) -> int:
    """Return how many rows parquet files have, by their metadata."""
    return sum(pq.read_metadata(file).num_rows for file in files)
