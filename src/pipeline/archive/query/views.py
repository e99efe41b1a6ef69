"""The tables as views in DuckDB, which reads their files and no others."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.archive.readable import named
from pipeline.documents.sandbox import MEMORY_MB, lock, settings

THREADS = 2
OVER_STRUCTS = "SET disabled_optimizers = 'late_materialization'"
"""With it (DuckDB 2.0) a sort with a limit and a filter by a field of a required STRUCT is an
internal error; without it the sort makes each document that passes, 10 us one."""


@contextmanager
def views(
    files: Mapping[str, Sequence[Path]],
    tables: Mapping[str, pa.Table] | None = None,
    above: int = 1,
    memory_mb: int = MEMORY_MB,
    threads: int = THREADS,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory with a view of each table.

    It can open the files of the views and no others, and no settings can be changed: users'
    SQL runs in it once it has passed `pipeline.documents.sandbox.check_select`.

    Parameters
    ----------
    files : mapping of str to sequence of Path
        Parquet files of each view; their columns are matched by name. The column ``night`` is
        the name of a folder above them.
    tables : mapping of str to pyarrow.Table, optional
        Views of tables in memory.
    above : int
        How many folders above a file the night's is; 1 is that which it lies in.
    memory_mb : int
        That a query may take; nothing is spilled to disk.
    threads : int

    Raises
    ------
    pipeline.archive.readable.NotWhole
        If a file is no whole parquet file.
    """
    with duckdb.connect(config=settings(memory_mb, threads)) as connection:
        listed = {name: [str(path) for path in of] for name, of in files.items()}
        for name, paths in listed.items():
            with named(files[name]):
                read = connection.read_parquet(paths, union_by_name=True, filename=True)
                night = f"split_part(filename, '/', {-1 - above:d}) as night"
                read.project(f"* exclude (filename), {night}").create_view(name)
            if any(kind.id == "struct" for kind in read.types):
                connection.execute(OVER_STRUCTS)
        for name, table in (tables or {}).items():
            connection.from_arrow(table).create_view(name)
        every = [path for paths in listed.values() for path in paths]
        connection.execute("SET VARIABLE files = ?", [every])
        connection.execute("SET allowed_paths = getvariable('files')")
        connection.execute("SET enable_external_access = false")
        lock(connection)
        yield connection
