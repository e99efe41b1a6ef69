"""One shard: packets → ``alerts``, ``history`` and ``rejected`` tables, and the counts."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.alerts.alerts_table import alerts_schema
from pipeline.alerts.batch import Shard
from pipeline.alerts.history_kept import kept_history
from pipeline.alerts.kept import Kept
from pipeline.alerts.rejected_table import REJECTED_SCHEMA
from pipeline.alerts.shared_columns import HISTORY_SCHEMA
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.atomic import write_json
from pipeline.io.tables import BatchWriter, survey_schema, table_writer, with_survey

HISTORY_GROUP = 100_000


@dataclass(frozen=True)
class ShardFiles:
    """What decoding a shard writes."""

    alerts: Path
    history: Path
    rejected: Path
    counts: Path


def decode_shard(
    index: Path,
    survey: Survey,
    shard: int,
    shards: int,
    files: ShardFiles,
    history_kept: Kept = "all",
) -> dict[str, int]:
    """Decode and clean one shard of a night.

    Parameters
    ----------
    index : Path
        Of the night (`pipeline.alerts.index_merge.merge_index`).
    survey : Survey
    shard, shards : int
        Which part of how many.
    files : ShardFiles
        To write. The counts come last: where they stand, the tables are complete.
    history_kept : str
        What of the history is written (`pipeline.alerts.history_kept`).

    Returns
    -------
    dict
        As in the counts file: ``read`` = ``alerts`` + ``rejected`` + ``duplicates``,
        ``history`` rows, and ``history_left_out``, how many more there would be of ``all``.
    """
    packets = Shard.load(index, shard, shards)
    unlisted: set[str] = set()
    left_out = 0
    with ExitStack() as stack:
        schemas = (alerts_schema(survey), *map(survey_schema, (HISTORY_SCHEMA, REJECTED_SCHEMA)))
        paths = (files.alerts, files.history, files.rejected)
        alerts, history, rejected = (
            BatchWriter(stack.enter_context(table_writer(path, schema)), rows)
            for path, schema, rows in zip(
                paths, schemas, (20_000, HISTORY_GROUP, 20_000), strict=True
            )
        )
        bad, numbers = [packets.rejected], [packets.rejected_numbers]
        for batch in packets.batches(survey):
            alerts.add(batch.alerts)
            kept, more = kept_history(batch, history_kept)
            history.add(with_survey(kept, survey.name))
            left_out += more
            bad.append(batch.rejected)
            numbers.append(batch.rejected_numbers)
            unlisted.update(batch.unlisted)
        # In the index's order, whatever made them unusable and however the night was cut.
        order = pa.array(np.argsort(np.concatenate(numbers), kind="stable"))
        rejected.add(with_survey(pa.concat_tables(bad).take(order), survey.name))
        for writer in (alerts, history, rejected):
            writer.flush()
    counts = {
        "read": packets.read,
        "alerts": alerts.num_rows,
        "rejected": rejected.num_rows,
        "duplicates": packets.duplicates,
        "history": history.num_rows,
        "history_left_out": left_out,
    }
    write_json({**counts, "unlisted_fields": sorted(unlisted)}, files.counts)
    return counts
