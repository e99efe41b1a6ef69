"""One shard: packets → ``alerts``, ``history`` and ``rejected`` tables, and the counts."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.alerts.alerts_table import alerts_schema, alerts_table, unlisted_fields
from pipeline.alerts.batch import Shard
from pipeline.alerts.history_table import HISTORY_SCHEMA, history_table
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.atomic import write_json
from pipeline.io.tables import BatchWriter, field, survey_schema, table_writer, with_survey

HISTORY_GROUP = 100_000
REJECTED_SCHEMA = pa.schema(
    [
        field("source", pa.string(), description="file of the packet"),
        field("position", pa.int64(), description="number of the packet within its file"),
        field("candid", pa.int64(), description="null where it could not be read"),
        field("stage", pa.string(), description="read: the packet; clean: its content"),
        field("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class ShardFiles:
    """What decoding a shard writes."""

    alerts: Path
    history: Path
    rejected: Path
    counts: Path


def decode_shard(
    index: Path, survey: Survey, shard: int, shards: int, files: ShardFiles
) -> dict[str, int]:
    """Decode and clean one shard of a night.

    Parameters
    ----------
    index : Path
        Of the night (`pipeline.alerts.index.build_index`).
    survey : Survey
    shard, shards : int
        Which part of how many.
    files : ShardFiles
        To write. The counts come last: where they stand, the tables are complete.

    Returns
    -------
    dict
        As in the counts file: ``read`` = ``alerts`` + ``rejected`` + ``duplicates``, and
        ``history`` rows.
    """
    packets = Shard.load(index, shard, shards)
    unlisted: set[str] = set()
    with ExitStack() as stack:
        schemas = (alerts_schema(survey), *map(survey_schema, (HISTORY_SCHEMA, REJECTED_SCHEMA)))
        paths = (files.alerts, files.history, files.rejected)
        alerts, history, rejected = (
            BatchWriter(stack.enter_context(table_writer(path, schema)), rows)
            for path, schema, rows in zip(
                paths, schemas, (20_000, HISTORY_GROUP, 20_000), strict=True
            )
        )
        bad = _rejected(packets.rejected, "read", packets.rejected["reason"])
        rejected.add(with_survey(bad, survey.name))
        for records, rows in packets.checked_batches(survey):
            table, reasons = alerts_table(records, survey)
            kept = np.array([reason is None for reason in reasons], dtype=bool)
            alerts.add(table)
            history.add(with_survey(history_table(records, survey, table, kept), survey.name))
            drop = pa.array(~kept)
            why = pa.array(reasons, pa.string()).filter(drop)
            rejected.add(with_survey(_rejected(rows.filter(drop), "clean", why), survey.name))
            unlisted.update(unlisted_fields(records, survey))
        for writer in (alerts, history, rejected):
            writer.flush()
    counts = {
        "read": packets.packets.num_rows + packets.rejected.num_rows + packets.duplicates,
        "alerts": alerts.num_rows,
        "rejected": rejected.num_rows,
        "duplicates": packets.duplicates,
        "history": history.num_rows,
    }
    write_json({**counts, "unlisted_fields": sorted(unlisted)}, files.counts)
    return counts


def _rejected(rows: pa.Table, stage: str, reasons: pa.Array | pa.ChunkedArray) -> pa.Table:
    columns = {
        "source": rows["source"].cast(pa.string()),
        "position": rows["position"],
        "candid": rows["candid"],
        "stage": pa.array([stage] * rows.num_rows, pa.string()),
        "reason": reasons,
    }
    return pa.table(columns, schema=REJECTED_SCHEMA)
