"""One shard: the ``alerts`` table → the ``matches`` table."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.crossmatch.entry import Cone
from pipeline.crossmatch.match import match_opened, schema_of
from pipeline.crossmatch.store import open_store
from pipeline.io.tables import BatchWriter, survey_schema, table_writer, with_survey

BATCH_ALERTS = 50_000


def match_shard(
    alerts: Path,
    survey: str,
    stores: Mapping[str, Path],
    cones: Mapping[str, Cone],
    output: Path,
) -> int:
    """Match the alerts of one shard against all catalogues.

    Parameters
    ----------
    alerts : Path
        The shard's alerts table.
    survey : str
    stores : mapping of str to Path
        The sorted store of each catalogue.
    cones : mapping of str to Cone
        How the survey's alerts are matched with each.
    output : Path

    Returns
    -------
    int
        Number of matches.
    """
    opened = {name: open_store(store) for name, store in stores.items()}
    schema = survey_schema(schema_of(opened))
    with pq.ParquetFile(alerts) as source, table_writer(output, schema) as writer:
        matches = BatchWriter(writer, 100_000)
        for batch in source.iter_batches(BATCH_ALERTS, columns=["candid", "ra", "dec"]):
            table = pa.Table.from_batches([batch])
            found = match_opened(table, opened, cones)
            matches.add(with_survey(found, survey))
        matches.flush()
    return matches.num_rows
