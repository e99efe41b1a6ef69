"""Sort a catalogue once, by nested HEALPix, into a store that is memory-mapped afterwards."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.crossmatch.entry import Source, columns_read
from pipeline.crossmatch.frames import check_position
from pipeline.crossmatch.identifiers import identifiers
from pipeline.crossmatch.positions import declination, numbers, right_ascension
from pipeline.crossmatch.readers import read_catalog, read_parquet
from pipeline.crossmatch.rows import BATCH_ROWS, Rows
from pipeline.crossmatch.store import files_of
from pipeline.io.atomic import atomic_folder, write_json
from pipeline.io.mapped import ROWS, array_file, rows_file
from pipeline.io.tables import field
from pipeline.sky.cones import NSIDE
from pipeline.sky.healpix import lonlat_to_pixel, lonlat_to_vec

# The catalogue is cut into these pixels, and sorted one after the other: what is in memory
# at a time is one of them, not all rows.
BUCKET_NSIDE = 4

# What stands before the identifier and the chosen columns in a bucket; taken by number, as
# a chosen column may have one of these names.
_POSITION = [pa.field(name, pa.float64()) for name in ("ra", "dec", "distance")]


def build_store(source: str | Path, out: str | Path, catalog: Source) -> dict[str, Any]:
    """Sort a catalogue file into a store.

    Rows whose position is null, no number or out of range, and rows without a finite
    distance where the catalogue is matched by distance, are skipped and counted.

    Parameters
    ----------
    source : str or Path
        FITS, CSV, parquet or VOTable (:mod:`pipeline.crossmatch.readers`).
    out : str or Path
        The store, a folder; it appears whole or not at all.
    catalog : Source
        Names the columns.

    Returns
    -------
    dict
        What is in its meta.json: source, rows, skipped, nside, columns.

    Raises
    ------
    OSError
        If the file does not exist or the store cannot be written.
    ValueError
        If the file cannot be read, lacks a column, has an id that cannot be told exactly,
        says that its positions are not ICRS in degrees, or has rows but not one valid one.
    """
    text = [catalog.id] if catalog.id else []
    rows = read_catalog(source, columns_read(catalog, catalog.id), text)
    return _build(rows, str(source), out, catalog, catalog.id)


def build_store_from_alerts(
    tables: Sequence[str | Path], out: str | Path, catalog: Source
) -> dict[str, Any]:
    """Sort alerts that are already processed into a store, to match other surveys with.

    Parameters
    ----------
    tables : sequence of str or Path
        Files of the table ``alerts``. match_id is their candid, unless ``catalog.id`` says
        otherwise.
    out, catalog
        As for :func:`build_store`, which also tells what is returned and raised.
    """
    if not tables:
        raise ValueError(f"{catalog.alerts}: no tables of alerts to build a catalogue from")
    id_column = catalog.id or "candid"
    rows = read_parquet([str(t) for t in tables], columns_read(catalog, id_column))
    return _build(rows, f"alerts of {catalog.alerts}", out, catalog, id_column)


def _build(
    rows: Rows, source: str, out: str | Path, catalog: Source, id_column: str | None
) -> dict[str, Any]:
    skipped: Counter[str] = Counter()
    with atomic_folder(out) as part:
        chosen = _chosen_rows(rows, source, catalog, id_column, skipped)
        schema, buckets, total = _scatter(chosen, part)
        skipped.update(rows.skipped)
        if skipped["malformed"] and not total and not skipped["position"] + skipped["distance"]:
            raise ValueError(
                f"{source}: none of its rows can be used: {skipped['malformed']} malformed"
            )
        if skipped["position"] and not total and not skipped["distance"]:
            raise ValueError(
                f"{source}: none of its {skipped['position']} rows has a valid position in "
                f"{catalog.ra!r}, {catalog.dec!r} (degrees, or sexagesimal hours and degrees)"
            )
        _gather(schema, buckets, total, part, with_distance=catalog.distance is not None)
        meta = {
            "source": source,
            "rows": total,
            "skipped": dict(sorted(skipped.items())),
            "nside": NSIDE,
            "columns": {n: {"unit": rows.units.get(n, "")} for n in catalog.columns},
        }
        write_json(meta, files_of(part).meta)
    return meta


def _chosen_rows(
    rows: Rows, source: str, catalog: Source, id_column: str | None, skipped: Counter[str]
) -> Iterator[pa.RecordBatch]:
    """Yield ra, dec, distance, id and the chosen columns of the rows that can be matched."""
    seen = 0
    for batch in rows.batches:
        for name in (catalog.ra, catalog.dec):
            check_position(rows, name, batch[name].type, source)
        ra, dec = right_ascension(batch[catalog.ra]), declination(batch[catalog.dec])
        distance = np.full(len(ra), np.nan)
        placed = np.isfinite(ra) & np.isfinite(dec)
        keep = placed
        if catalog.distance:
            distance = numbers(batch[catalog.distance])
            keep = placed & np.isfinite(distance)
            skipped["distance"] += int(placed.sum() - keep.sum())
        number = pa.array(np.arange(seen, seen + len(ra)))
        seen += len(ra)
        skipped["position"] += int(len(ra) - placed.sum())
        data = [identifiers(batch[id_column], id_column, source) if id_column else number]
        data += [batch[name] for name in catalog.columns]
        names = [id_column or "row", *catalog.columns]
        units = [rows.units.get(name, "") for name in names]
        fields = map(field, names, [array.type for array in data], units)
        arrays = [*map(pa.array, (ra, dec, distance)), *data]
        schema = pa.schema([*_POSITION, *fields])
        yield pa.RecordBatch.from_arrays(arrays, schema=schema).filter(pa.array(keep))


def _scatter(batches: Iterator[pa.RecordBatch], part: Path) -> tuple[pa.Schema, list[Path], int]:
    """Write each row to the file of its bucket, in the order they come.

    Returns
    -------
    schema, files in the order of their pixels, number of rows
    """
    files: dict[int, Path] = {}
    writers: dict[int, pa.RecordBatchStreamWriter] = {}
    total = 0
    with ExitStack() as stack:
        for batch in batches:
            schema = batch.schema
            pixel = lonlat_to_pixel(BUCKET_NSIDE, batch.column(0), batch.column(1), nest=True)
            order = np.argsort(pixel.astype(np.uint8), kind="stable")  # a radix sort
            ordered = batch.take(pa.array(order))
            ends = np.flatnonzero(np.diff(pixel[order], append=-1)) + 1
            for start, end in pairwise([0, *ends]):
                bucket = int(pixel[order[start]])
                if bucket not in writers:
                    files[bucket] = part / f"bucket{bucket}.arrows"
                    sink = stack.enter_context(pa.OSFile(str(files[bucket]), "wb"))
                    writers[bucket] = stack.enter_context(pa.ipc.new_stream(sink, schema))
                writers[bucket].write_batch(ordered.slice(start, end - start))
            total += len(order)
    return schema, [files[bucket] for bucket in sorted(files)], total


def _gather(
    schema: pa.Schema, buckets: list[Path], total: int, part: Path, *, with_distance: bool
) -> None:
    """Sort bucket after bucket into the store's files, and remove it."""
    names = files_of(part)
    first = len(_POSITION)
    with ExitStack() as stack:
        ipix = array_file(stack, names.ipix, np.int64, (total,))
        vec = array_file(stack, names.vec, np.float64, (total, 3))
        distance = array_file(stack, names.distance, np.float64, (total if with_distance else 0,))
        rows = rows_file(stack, names.rows, pa.schema(list(schema)[first:]))
        waiting: list[pa.Table] = []
        for path in buckets:
            with pa.OSFile(str(path)) as stream:
                table = pa.ipc.open_stream(stream).read_all()
            path.unlink()
            ra, dec, value = (table.column(i).to_numpy() for i in range(first))
            pixel = lonlat_to_pixel(NSIDE, ra, dec, nest=True)
            order = np.argsort(pixel, kind="stable")
            ipix.write(pixel[order].data)
            vec.write(lonlat_to_vec(ra[order], dec[order]).data)
            if with_distance:
                distance.write(value[order].data)
            waiting.append(table.select(range(first, table.num_columns)).take(pa.array(order)))
            # To open a store takes some 6 us a batch, of each job.
            if path is buckets[-1] or sum(t.num_rows for t in waiting) >= BATCH_ROWS:
                together = pa.concat_tables(waiting).combine_chunks()
                rows.write_table(together, max_chunksize=ROWS)
                waiting = []
