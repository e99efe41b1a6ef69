"""A survey's alerts as a HATS catalogue, which LSDB and others of the field open.

An export, not the layout of the tables. https://hats.readthedocs.io describes the format:
parquet files that hold a HEALPix pixel each, fine where there are many rows, sorted by the
pixel of order 29.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

import pipeline
from pipeline.archive.places import EVERY_COLUMN
from pipeline.io.atomic import atomic_folder
from pipeline.io.stored_schema import schema_of
from pipeline.io.tables import COMPRESSION
from pipeline.sky.healpix import MAX_ORDER, lonlat_to_pixel

SPATIAL = "_healpix_29"
FINEST = 10
"""Order of the smallest partitions."""
ROWS = 1_000_000
"""Of a partition at most, where its pixel can be divided."""
BATCH = 100_000
_DIRECTORY = 10_000
"""Partitions of a directory."""


def export_hats(
    tables: Sequence[Path],
    name: str,
    out: Path,
    columns: Sequence[str] | str = EVERY_COLUMN,
    rows: int = ROWS,
) -> int:
    """Write alerts as a HATS catalogue.

    Parameters
    ----------
    tables : sequence of Path
        Files of the table ``alerts``, of one survey.
    name : str
        Of the catalogue.
    out : Path
        A folder that is not there yet; it appears whole or not at all.
    columns : sequence of str, or "all"
        What it has beside ``candid``, ``ra`` and ``dec``.
    rows : int
        Of a partition at most.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    ValueError
        If there is something at `out`, or no table has a column.
    """
    if out.exists():
        raise ValueError(f"{out}: is there already")
    schema = _schema(tables, columns)
    partitions = _partitions(_counts(tables), rows)
    with atomic_folder(out) as folder:
        dataset = folder / "dataset"
        waiting = _scattered(tables, schema, partitions, folder)
        total = 0
        for (order, pixel), path in sorted(waiting.items()):
            of = dataset / f"Norder={order}" / f"Dir={pixel // _DIRECTORY * _DIRECTORY}"
            of.mkdir(parents=True, exist_ok=True)
            total += _sorted_into(path, of / f"Npix={pixel}.parquet")
        dataset.mkdir(exist_ok=True)
        pq.write_metadata(schema, dataset / "_common_metadata")
        _write_info(folder, name, sorted(waiting), total)
    return total


def _schema(tables: Sequence[Path], columns: Sequence[str] | str) -> pa.Schema:
    """Return the catalogue's schema: `SPATIAL`, then the columns."""
    found = schema_of(tables)
    if columns != EVERY_COLUMN:
        wanted = dict.fromkeys(["candid", "ra", "dec", *columns])
        if unknown := [name for name in wanted if name not in found.names]:
            raise ValueError(f"no table of these alerts has a column {unknown[0]!r}")
        found = pa.schema([found.field(name) for name in wanted])
    return pa.schema([pa.field(SPATIAL, pa.int64(), nullable=False), *found])


def _positions(table: pa.Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return table["ra"].to_numpy(), table["dec"].to_numpy()


def _counts(tables: Sequence[Path]) -> NDArray[np.int64]:
    """Return how many alerts each pixel of order `FINEST` has."""
    counts = np.zeros(12 << 2 * FINEST, np.int64)
    for path in tables:
        pixel = lonlat_to_pixel(
            1 << FINEST, *_positions(pq.read_table(path, columns=["ra", "dec"])), nest=True
        )
        counts += np.bincount(pixel, minlength=len(counts))
    return counts


def _partitions(counts: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Return the order of the partition that each pixel of order `FINEST` is in.

    The coarsest in which there are not more rows than asked for.
    """
    order = np.full(len(counts), FINEST)
    for coarser in range(FINEST - 1, -1, -1):
        below = 1 << 2 * (FINEST - coarser)
        few = counts.reshape(-1, below).sum(axis=1) <= rows
        order[np.repeat(few, below)] = coarser
    return order


def _scattered(
    tables: Iterable[Path], schema: pa.Schema, order: NDArray[np.int64], folder: Path
) -> dict[tuple[int, int], Path]:
    """Write each row to the file of its partition, in the order they come."""
    files: dict[tuple[int, int], Path] = {}
    writers: dict[tuple[int, int], pa.RecordBatchStreamWriter] = {}
    with ExitStack() as stack:
        for batch in _batches(tables, schema):
            finest = batch[SPATIAL].to_numpy() >> 2 * (MAX_ORDER - FINEST)
            of = order[finest]
            pixel = finest >> 2 * (FINEST - of)
            by = np.lexsort((pixel, of))
            ends = np.flatnonzero(np.diff(pixel[by], append=-1) | np.diff(of[by], append=-1)) + 1
            taken = batch.take(pa.array(by))
            start = 0
            for end in ends.tolist():
                key = int(of[by[start]]), int(pixel[by[start]])
                if key not in writers:
                    files[key] = folder / f"{key[0]}_{key[1]}.arrows"
                    sink = stack.enter_context(pa.OSFile(str(files[key]), "wb"))
                    writers[key] = stack.enter_context(pa.ipc.new_stream(sink, schema))
                writers[key].write_table(taken.slice(start, end - start))
                start = end
    return files


def _batches(tables: Iterable[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the alerts with `SPATIAL`, all of one schema; a column that is not there is null."""
    for path in tables:
        with pq.ParquetFile(path) as file:
            present = file.schema_arrow.names
            names = [name for name in schema.names if name in present]
            for batch in file.iter_batches(BATCH, columns=names):
                table = pa.Table.from_batches([batch])
                pixel = lonlat_to_pixel(1 << MAX_ORDER, *_positions(table), nest=True)
                columns = [
                    table[field.name].cast(field.type)
                    if field.name in names
                    else pa.nulls(table.num_rows, field.type)
                    for field in list(schema)[1:]
                ]
                yield pa.table([pa.array(pixel), *columns], schema=schema)


def _sorted_into(path: Path, out: Path) -> int:
    """Write a partition by its pixels, and remove what it was collected in."""
    with pa.OSFile(str(path)) as source:
        table = pa.ipc.open_stream(source).read_all()
    path.unlink()
    order = np.argsort(table[SPATIAL].to_numpy(), kind="stable")
    pq.write_table(table.take(pa.array(order)), out, compression=COMPRESSION)
    return table.num_rows


def _write_info(folder: Path, name: str, partitions: Sequence[tuple[int, int]], rows: int) -> None:
    with (folder / "partition_info.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("Norder", "Npix"), *partitions])
    properties = {
        "obs_collection": name,
        "dataproduct_type": "object",
        "hats_nrows": rows,
        "hats_col_ra": "ra",
        "hats_col_dec": "dec",
        "hats_col_healpix": SPATIAL,
        "hats_col_healpix_order": MAX_ORDER,
        "hats_npix_suffix": ".parquet",
        "hats_builder": f"nightmill {pipeline.__version__}",
    }
    lines = (f"{key}={value}\n" for key, value in properties.items())
    (folder / "hats.properties").write_text("".join(lines))
