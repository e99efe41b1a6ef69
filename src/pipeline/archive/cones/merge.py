"""The cone indexes of a month's nights as one: the fewer there are, the faster is a search."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.archive.cones.index import PLACE, ConeIndex, files_of, open_index
from pipeline.archive.cones.order import by_pixel
from pipeline.io.atomic import atomic_folder, write_json
from pipeline.io.mapped import ROWS, array_file, rows_file
from pipeline.sky.cones import NSIDE
from pipeline.sky.healpix import order_of

PIECE_ROWS = 1 << 21
"""Sorted at a time, or one pixel of `PIECE_ORDER`."""
PIECE_ORDER = 6


def merge_indexes(folders: Sequence[Path], out: Path) -> dict[str, Any]:
    """Merge indexes of one survey.

    Parameters
    ----------
    folders : sequence of Path
        The indexes, of one night each; at least one.
    out : Path
        The index of all, a folder; it appears whole or not at all.

    Returns
    -------
    dict
        What is in its meta.json.

    Raises
    ------
    ValueError
        If a folder is no index, or they have one night twice.
    """
    indexes = [open_index(folder) for folder in folders]
    nights = {night: states for index in indexes for night, states in index.nights.items()}
    if len(nights) != sum(len(index.nights) for index in indexes):
        raise ValueError(f"{out}: two of the indexes are of one night")
    total = sum(len(index.ipix) for index in indexes)
    schema = pa.unify_schemas([index.rows.schema for index in indexes])
    meta = {
        "survey": indexes[0].meta["survey"],
        "nside": NSIDE,
        "rows": total,
        "unplaced": sum(index.meta["unplaced"] for index in indexes),
        "every_column": all(index.meta["every_column"] for index in indexes),
        "nights": nights,
    }
    with atomic_folder(out) as part, ExitStack() as stack:
        files = files_of(part)
        ipix = array_file(stack, files.ipix, np.int64, (total,))
        vec = array_file(stack, files.vec, np.float64, (total, 3))
        rows = rows_file(stack, files.rows, schema)
        for cuts in _pieces(indexes):
            some = list(zip(indexes, cuts, strict=True))
            pixel = np.concatenate([index.ipix[cut] for index, cut in some])
            order = by_pixel(pixel)
            ipix.write(pixel[order].data)
            vec.write(np.concatenate([index.vec[cut] for index, cut in some])[order].data)
            tables = [_rows(index, cut, n) for n, (index, cut) in enumerate(some)]
            table = pa.concat_tables(tables, promote_options="default").select(schema.names)
            taken = table.combine_chunks().take(pa.array(order))
            rows.write_table(taken.cast(schema).combine_chunks(), max_chunksize=ROWS)
        write_json(meta, files.meta)
        stack.close()
    return meta


def _rows(index: ConeIndex, cut: slice, number: int) -> pa.Table:
    """Return consecutive rows of an index, with the number of its night in the merged one."""
    table = pa.Table.from_batches(index.rows.batches, index.rows.schema)
    table = table.slice(cut.start, cut.stop - cut.start)
    night = pa.array(np.full(table.num_rows, number, np.int16))
    return table.set_column(0, PLACE[0], night)


def _pieces(indexes: Sequence[ConeIndex]) -> Iterator[list[slice]]:
    """Cut all indexes at the same pixels, so that each piece can be sorted by itself."""
    edges = np.arange((12 << 2 * PIECE_ORDER) + 1) << 2 * (order_of(NSIDE) - PIECE_ORDER)
    at = np.stack([np.searchsorted(index.ipix, edges) for index in indexes])
    group = at.sum(axis=0) // PIECE_ROWS
    chosen = np.flatnonzero(np.diff(group, append=-1))  # the last edge of each group
    start = at[:, 0]
    for edge in chosen:
        end = at[:, edge]
        if end.sum() > start.sum():
            yield [slice(int(a), int(b)) for a, b in zip(start, end, strict=True)]
        start = end
