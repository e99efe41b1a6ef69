"""Alerts as the documents of Kowalski's collection, kept as nested parquet.

What a MongoDB would have as ``<SURVEY>_alerts``, made by the same code: who asks it and who
asks these gets the same.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.survey import Survey
from pipeline.archive.mongo.shapes import CLASSIFICATIONS, Joined, shaped
from pipeline.documents.schema import NULLS
from pipeline.io.atomic import atomic_folder
from pipeline.io.tables import COMPRESSION

BATCH_ALERTS = 4000
NOTHING = pa.field("_", pa.bool_(), metadata={NULLS: b"missing"})
"""The only field of a record without fields, which parquet cannot hold; it is never there."""


def write_documents(
    index: Path, survey: Survey, part: tuple[int, int], scores: Path | None, output: Path
) -> int:
    """Write the documents of a shard's alerts.

    Parameters
    ----------
    index : Path
        Of the night.
    survey : Survey
    part : (int, int)
        Which shard of how many.
    scores : Path or None
        The shard's table of scores, if there is one.
    output : Path
        A folder with a file for each schema of the packets: what is null in a packet is null
        there, and what its schema lacks is no column.

    Returns
    -------
    int
        Number of documents.
    """
    joined = Joined(None if scores is None else pq.read_table(scores))
    count = 0
    with atomic_folder(output) as folder, ExitStack() as stack:
        writers: dict[pa.Schema, pq.ParquetWriter] = {}
        for packets in Shard.load(index, *part).batches(survey, BATCH_ALERTS):
            for batch in packets.parts:
                table = _storable(shaped(batch.documents.table, survey, joined).alerts)
                if table.schema not in writers:
                    path = folder / f"{len(writers)}.parquet"
                    writer = pq.ParquetWriter(path, table.schema, compression=COMPRESSION)
                    writers[table.schema] = stack.enter_context(writer)
                writers[table.schema].write_table(table)
                count += table.num_rows
        stack.close()
    return count


def _storable(table: pa.Table) -> pa.Table:
    """Return documents with `CLASSIFICATIONS` as parquet holds them, and what null means there."""
    place = table.schema.get_field_index(CLASSIFICATIONS)
    array = table.column(place).combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    fields = [field.with_metadata(NOTHING.metadata) for field in array.type]
    values = [array.field(number) for number in range(len(fields))]
    if not fields:
        fields, values = [NOTHING], [pa.nulls(len(array), NOTHING.type)]
    kept = pa.StructArray.from_arrays(values, fields=fields)
    return table.set_column(place, pa.field(CLASSIFICATIONS, kept.type, nullable=False), kept)


def by_schema(files: Iterable[Path]) -> dict[pa.Schema, list[Path]]:
    """Return files of documents by their schema."""
    found: dict[pa.Schema, list[Path]] = {}
    for file in files:
        found.setdefault(pq.read_schema(file), []).append(file)
    return found
