"""The cone index of one night, from its tables of alerts."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.archive.cones.index import KEYS, PLACE, ConeIndex, files_of
from pipeline.archive.cones.order import by_pixel
from pipeline.archive.cones.states import state_of
from pipeline.archive.places import EVERY_COLUMN
from pipeline.io.atomic import atomic_folder, write_json
from pipeline.io.mapped import ROWS, MappedRows, array_file, rows_file
from pipeline.io.stored_schema import plain_field
from pipeline.io.tables import SURVEY
from pipeline.sky.cones import NSIDE
from pipeline.sky.healpix import lonlat_to_pixel, lonlat_to_vec

_KEY_NAMES = [key.name for key in KEYS]
_OTHERS = {SURVEY.name, *_KEY_NAMES}


def build_index(
    tables: Sequence[Path], survey: str, night: str, columns: str | Iterable[str], out: Path
) -> dict[str, Any]:
    """Sort a night's alerts into an index.

    Parameters
    ----------
    tables : sequence of Path
        The shards of the table ``alerts``.
    survey, night : str
    columns : iterable of str, or "all"
        What it has beside the keys; those that the tables lack are left out.
    out : Path
        The index, a folder; it appears whole or not at all.

    Returns
    -------
    dict
        What is in its meta.json.

    Raises
    ------
    OSError, pyarrow.ArrowInvalid
        If a table cannot be read, or the index not be written.
    """
    index = sorted_alerts(tables, survey, night, columns)
    with atomic_folder(out) as part, ExitStack() as stack:
        files = files_of(part)
        array_file(stack, files.ipix, np.int64, index.ipix.shape).write(index.ipix.data)
        array_file(stack, files.vec, np.float64, index.vec.shape).write(index.vec.data)
        rows = rows_file(stack, files.rows, index.rows.schema)
        for batch in index.rows.batches:
            rows.write_batch(batch)
        write_json(index.meta, files.meta)
        stack.close()
    return index.meta


def sorted_alerts(
    tables: Sequence[Path], survey: str, night: str, columns: str | Iterable[str]
) -> ConeIndex:
    """Return a night's alerts in the order of an index, in memory.

    Those without a position (none has been seen) are counted as ``unplaced``.
    """
    states = {table.name: state_of(table) for table in tables}
    wanted = None if columns == EVERY_COLUMN else list(dict.fromkeys(columns))
    read = [_table(number, table, wanted) for number, table in enumerate(tables)]
    table = pa.concat_tables(read, promote_options="default") if read else _empty()
    ra, dec = (table[name].to_numpy() for name in ("ra", "dec"))
    placed = np.isfinite(ra) & (np.abs(dec) <= 90)
    if not placed.all():
        table = table.filter(pa.array(placed))
        ra, dec = ra[placed], dec[placed]
    pixel = lonlat_to_pixel(NSIDE, ra, dec, nest=True)
    order = by_pixel(pixel)
    rows = table.combine_chunks().take(pa.array(order))
    meta = {
        "survey": survey,
        "nside": NSIDE,
        "rows": len(order),
        "unplaced": int(len(placed) - len(order)),
        "every_column": wanted is None,
        "nights": {night: states},
    }
    batches = rows.combine_chunks().to_batches(max_chunksize=ROWS)
    vec = lonlat_to_vec(ra[order], dec[order])
    return ConeIndex(pixel[order], vec, MappedRows(rows.schema, batches), meta)


def _table(number: int, path: Path, columns: list[str] | None) -> pa.Table:
    """Return the rows of one shard: `PLACE`, `KEYS`, then the chosen columns."""
    with pq.ParquetFile(path) as file:
        present = file.schema_arrow
        wanted = present.names if columns is None else columns
        chosen = [n for n in wanted if n in present.names and n not in _OTHERS]
        names = [*_KEY_NAMES, *chosen]
        read = file.read(columns=names).select(names)
    count = read.num_rows
    place = (
        np.zeros(count, np.int16),
        np.full(count, number, np.int32),
        np.arange(count, dtype=np.int32),
    )
    fields = [*PLACE, *KEYS, *(plain_field(present.field(name)) for name in chosen)]
    data = [*map(pa.array, place), *map(_plain_column, read.columns)]
    return pa.table(data, schema=pa.schema(fields))


def _plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    is_dictionary = pa.types.is_dictionary(column.type)
    return column.cast(column.type.value_type) if is_dictionary else column


def _empty() -> pa.Table:
    return pa.schema([*PLACE, *KEYS]).empty_table()
