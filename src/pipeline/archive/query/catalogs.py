"""The catalogues of a working directory: its tables, and its documents as collections."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.archive.documents import by_schema
from pipeline.archive.places import DOCUMENTS, STORE, collection_name
from pipeline.archive.query.views import views
from pipeline.archive.readable import named
from pipeline.archive.stores.shape import (
    documents_at,
    everything,
    open_catalog,
    schema_of,
    store_names,
)
from pipeline.archive.whole import surveys_of, tables_of, whole_documents, whole_nights
from pipeline.io.messages import words
from pipeline.io.sorted_rows import SortedRows, sorted_files

NIGHT = pa.field("night", pa.string())
"""Which views have beside the columns of their files."""
MOST_ROWS = 2_000_000
"""Of a catalogue that is looked through as documents: 1 kB each."""


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
    store : SortedRows or None
        What the files are, where they are not parquet but a catalogue's store.
    """

    name: str
    files: tuple[Path, ...]
    schema: pa.Schema
    store: SortedRows | None = None

    @property
    def rows(self) -> int:
        """How many documents it has."""
        return rows_in(self.files) if self.store is None else len(self.store.ipix)

    def opened(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open a database with a view of it.

        Raises
        ------
        ValueError
            If it is a catalogue of more rows than can be made documents for a question.
        """
        if self.store is None:
            return views({self.name: self.files})
        if self.rows > MOST_ROWS:
            raise ValueError(
                f"{self.name}: {self.rows:,} rows are too many to be looked through without a "
                f"MongoDB (at most {MOST_ROWS:,}): search by position, or ask its collection"
            )
        return views({}, {self.name: documents_at(self.store, everything(self.store))})


def names(directory: Path) -> list[str]:
    """Return the names of all catalogues."""
    there = [*tables_of(directory), *_collections(directory)]
    return [*there, *(name for name in store_names(directory) if name not in there)]


def is_store(directory: Path, catalog: str) -> bool:
    """Whether a name is that of a catalogue of the configuration, as it was sorted."""
    there = [*tables_of(directory), *_collections(directory)]
    return catalog not in there and catalog in store_names(directory)


def relations(directory: Path, catalog: str) -> list[Relation]:
    """Return what a catalogue is read from: one relation, or one a schema of documents.

    Raises
    ------
    ValueError
        If there is no such catalogue; the message names those there are. If a file is missing
        or cannot be read (`pipeline.archive.readable.NotWhole`).
    """
    if catalog in tables_of(directory):
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
    if is_store(directory, catalog):
        store = open_catalog(directory, catalog)
        kept_in = tuple(sorted_files(directory / STORE.format(catalog=catalog)))
        return [Relation(catalog, kept_in, schema_of(store), store)]
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
