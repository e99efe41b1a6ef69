"""Parquet tables: one way to write them, whole or not at all, in batches."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.io.atomic import atomic_path
from pipeline.io.numpy_arrow import text_to_arrow, to_arrow
from pipeline.io.stored_schema import StoredSchema

COMPRESSION = "zstd"


def field(name: str, type_: pa.DataType, unit: str = "", description: str = "") -> pa.Field:
    """Return an Arrow field that carries its unit and a description in its metadata.

    >>> field("ra", pa.float64(), "deg").metadata
    {b'unit': b'deg'}
    """
    metadata = {"unit": unit, "description": description}
    return pa.field(name, type_, metadata={k: v for k, v in metadata.items() if v} or None)


SURVEY = field("survey", pa.dictionary(pa.int32(), pa.string()), description="as in alerts.tsv")
"""First column of every table: candid is unique within a survey only."""


def survey_schema(schema: pa.Schema) -> pa.Schema:
    """Return a table's schema with the column `SURVEY` in front.

    Raises
    ------
    ValueError
        If it has a column of that name, as of a model that is called so.
    """
    if SURVEY.name in schema.names:
        raise ValueError(f"two columns would be called {SURVEY.name!r}: choose another name")
    return schema.insert(0, SURVEY)


def with_survey(table: pa.Table, survey: str) -> pa.Table:
    """Return a table with the column `SURVEY` in front.

    >>> with_survey(pa.table({"candid": [1, 2]}), "ztf").to_pylist()
    [{'survey': 'ztf', 'candid': 1}, {'survey': 'ztf', 'candid': 2}]
    """
    number = to_arrow(np.zeros(table.num_rows, np.int32))
    column = pa.DictionaryArray.from_arrays(number, text_to_arrow([survey]))
    return table.add_column(0, SURVEY, column)


class TableWriter:
    """Writes batches to a parquet file, and says in its footer what its columns are.

    Floats are stored by byte (parquet's ``BYTE_STREAM_SPLIT``), 64-bit integers as they are: few
    of them recur, and a dictionary costs bytes and twice the time
    (docs/decisions/0007-history.md).

    Parameters
    ----------
    path : Path
    schema : pyarrow.Schema
        Of every batch; what readers are told of it: `pipeline.io.stored_schema`.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        floats = [f.name for f in schema if f.type in (pa.float32(), pa.float64())]
        plain = {*floats, *(f.name for f in schema if f.type == pa.int64())}
        self._stored = StoredSchema(schema)
        self._file = pq.ParquetWriter(
            path,
            schema.remove_metadata(),
            compression=COMPRESSION,
            use_dictionary=[name for name in schema.names if name not in plain],
            use_byte_stream_split=floats,
            store_schema=False,
        )

    def write_table(self, table: pa.Table, row_group: int | None = None) -> None:
        """Append rows; `row_group` is a group's rows."""
        self._stored.add(table)
        self._file.write_table(table, row_group)

    def close(self) -> None:
        """Write the footer."""
        self._file.add_key_value_metadata(self._stored.footer())
        self._file.close()


@contextmanager
def table_writer(path: str | Path, schema: pa.Schema) -> Iterator[TableWriter]:
    """Open a parquet file to write batches to; it appears under `path` at the end.

    Parameters
    ----------
    path : str or Path
        The final file.
    schema : pyarrow.Schema
        Of every batch; a table without rows is a valid file with this schema.
    """
    with atomic_path(path) as temporary, closing(TableWriter(temporary, schema)) as writer:
        yield writer


def write_table(table: pa.Table, path: str | Path, row_group: int | None = None) -> None:
    """Write one table as parquet, whole or not at all; `row_group` is its groups' rows."""
    with table_writer(path, table.schema) as writer:
        writer.write_table(table, row_group)


class BatchWriter:
    """Collect small tables and write row groups of a size that readers like.

    Parameters
    ----------
    writer : TableWriter
    rows : int
        Rows a group has at least, but for the last.
    """

    def __init__(self, writer: TableWriter, rows: int = 20_000) -> None:
        self.num_rows = 0
        self._writer = writer
        self._rows = rows
        self._waiting: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        """Append rows."""
        self._waiting.append(table)
        self.num_rows += table.num_rows
        if sum(t.num_rows for t in self._waiting) >= self._rows:
            self.flush()

    def flush(self) -> None:
        """Write what waits; call it once at the end."""
        if self._waiting:
            tables = pa.concat_tables(self._waiting).unify_dictionaries()
            self._writer.write_table(tables.combine_chunks())
            self._waiting = []
