"""The stores are made: of a night's shard from its packets, of a month from its nights."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.alerts.batch import Shard
from pipeline.alerts.histories import series_of
from pipeline.alerts.surveys.survey import Survey
from pipeline.filters.history.items import Items, time_of
from pipeline.filters.history.layout import KEYS, StoreWriter
from pipeline.filters.history.reading import Stores
from pipeline.io.atomic import atomic_folder

PIECE_ROWS = 1 << 19
"""Rows of all nights that are merged at once, about."""


def keep_histories(index: Path, survey: Survey, part: tuple[int, int], output: Path) -> int:
    """Write what the packets of a shard know of earlier times; return how many rows.

    Parameters
    ----------
    index : Path
        Of the night.
    survey : Survey
    part : (int, int)
        Which shard of how many.
    output : Path
        A store (`pipeline.filters.history.layout`).
    """
    with atomic_folder(output) as folder, StoreWriter(folder) as writer:
        for batch in Shard.load(index, *part).batches(survey):
            for documents in batch.documents:
                table = documents.table
                names = table["objectId"].combine_chunks()
                for series in series_of(survey):
                    items = Items.of(table, series, time_of(table, survey))
                    writer.add(names.take(items.owner), items, series)
    return writer.rows


def merge_histories(folders: Iterable[Path], survey: Survey, output: Path) -> int:
    """Merge the stores of some nights into one; return how many rows it has.

    Parameters
    ----------
    folders : iterable of Path
        Of all shards of these nights.
    survey : Survey
    output : Path
        A store.
    """
    stores = Stores(folders)
    pieces = max(1, -(-stores.rows // PIECE_ROWS))
    edges = [KEYS * k // pieces for k in range(pieces + 1)]
    with atomic_folder(output) as folder, StoreWriter(folder) as writer:
        for k in range(pieces):
            for series in series_of(survey):
                names, items = stores.items(series.name, edges[k], edges[k + 1] - 1)
                writer.add(names, items, series)
    return writer.rows
