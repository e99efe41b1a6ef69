"""One shard: packets, scores and matches → the collections of a MongoDB, and a receipt."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.alerts.batch import Shard
from pipeline.alerts.histories import series_of
from pipeline.alerts.surveys.survey import Survey
from pipeline.archive.mongo.collections import Batch, Pair
from pipeline.archive.mongo.put import Keys
from pipeline.archive.mongo.shapes import Joined, shaped
from pipeline.archive.places import collection_name
from pipeline.io.progress import progress
from pipeline.services.mongodb import Server, connected
from pipeline.services.receipts import Receipt
from pipeline.services.retries import repeated

BATCH_ALERTS = 1000
"""Written together: 15 MB with their histories."""
BATCH_STAMPS = 250
"""With their stamps, 50 kB an alert."""


@dataclass(frozen=True)
class Target:
    """Where alerts go.

    Attributes
    ----------
    server : Server
    alerts, aux : tuple
        Keys of the indexes of each collection.
    stamps : bool
        Whether documents have the stamps.
    """

    server: Server
    alerts: tuple[Keys, ...] = ()
    aux: tuple[Keys, ...] = ()
    stamps: bool = False


@dataclass(frozen=True)
class Written:
    """How much a shard has.

    Attributes
    ----------
    alerts, objects : int
    sha256 : str
        Of all documents that it has.
    """

    alerts: int
    objects: int
    sha256: str


def ingest_shard(
    index: Path,
    survey: Survey,
    part: tuple[int, int],
    tables: Mapping[str, Path | None],
    catalogs: Sequence[str],
    target: Target,
    output: Path,
) -> Written:
    """Write the alerts of a shard to a MongoDB, and the receipt when it has acknowledged them.

    Parameters
    ----------
    index : Path
        Of the night.
    survey : Survey
    part : (int, int)
        Which shard of how many.
    tables : mapping of str to Path or None
        The shard's ``scores`` and ``matches``; None where there are none.
    catalogs : sequence of str
        That the survey's alerts are matched with.
    target : Target
    output : Path
        The receipt.

    Raises
    ------
    pipeline.services.mongo_errors.ServiceError
        If the server is away for too long, or refuses.
    """
    shard = Shard.load(index, *part)
    found = Joined(_read(tables.get("scores")), _read(tables.get("matches")), tuple(catalogs))
    stamps = target.stamps
    batches = (
        Batch.of(shaped(part.documents.table, survey, found, part.stamps if stamps else None))
        for packets in shard.batches(survey, BATCH_STAMPS if stamps else BATCH_ALERTS)
        for part in packets.parts
    )
    written = write_batches(batches, survey, target, shard.packets.num_rows)
    name = collection_name(survey.name)
    counts = {name: written.alerts, f"{name}_aux": written.objects}
    Receipt("MongoDB", target.server.shown, counts, written.sha256).write(output)
    return written


def write_batches(batches: Iterable[Batch], survey: Survey, target: Target, total: int) -> Written:
    """Write alerts to a MongoDB.

    Parameters
    ----------
    batches : iterable of Batch
    survey : Survey
    target : Target
    total : int
        How many alerts about, for the progress.
    """
    digest, alerts, objects = hashlib.sha256(), 0, set()
    where = target.server.shown
    with connected(target.server) as database, progress("alerts to MongoDB", total) as advance:
        pair = Pair(database, survey.name, series_of(survey))
        repeated(lambda: pair.index(target.alerts, target.aux), where)
        for batch in _ahead(batches):
            repeated(lambda batch=batch: pair.write(batch), where)  # type: ignore[misc]
            batch.add_to(digest)
            alerts += len(batch.candids)
            objects.update(batch.objects)
            advance(len(batch.candids))
    return Written(alerts, len(objects - {None}), digest.hexdigest())


def _ahead(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield batches that have alerts; the next one is made while one is written."""
    wanted = (batch for batch in batches if batch.candids)
    with ThreadPoolExecutor(1) as worker:
        waiting = worker.submit(next, wanted, None)
        while (batch := waiting.result()) is not None:
            waiting = worker.submit(next, wanted, None)
            yield batch


def _read(path: Path | None) -> pa.Table | None:
    return None if path is None else pq.read_table(path)
