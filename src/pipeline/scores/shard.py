"""One shard: packets → the ``scores`` table."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.alerts.alerts_table import alerts_table
from pipeline.alerts.batch import Shard
from pipeline.alerts.history_table import history_table
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.records import Records
from pipeline.io.tables import BatchWriter, survey_schema, table_writer, with_survey
from pipeline.scores.engines import load_engine
from pipeline.scores.network import Network
from pipeline.scores.table import score_batch, scores_schema
from pipeline.scores.triplets import CHANNELS

BATCH_PACKETS = 512
"""25 MB of packets and as much of triplets."""


def score_shard(
    index: Path,
    survey: Survey,
    part: tuple[int, int],
    models: Mapping[str, Network],
    networks: Mapping[str, Path],
    engine: str,
    output: Path,
) -> int:
    """Score the alerts of one shard by all models.

    The packets are decoded again (0.3 ms each) rather than handed over by the decode job:
    that would write every stamp of a night once more.

    Parameters
    ----------
    index : Path
        Of the night.
    survey : Survey
    part : (int, int)
        Which shard of how many.
    models : mapping of str to Network
        The survey's models.
    networks : mapping of str to Path
        The file of each that the engine reads.
    engine : str
        ``onnxruntime`` or ``tensorflow``.
    output : Path

    Returns
    -------
    int
        Number of alerts.
    """
    engines = {name: load_engine(engine, networks[name], m) for name, m in models.items()}
    with table_writer(output, survey_schema(scores_schema(models))) as writer:
        scores = BatchWriter(writer)
        for records, _ in Shard.load(index, *part).checked_batches(survey, BATCH_PACKETS):
            alerts, reasons = alerts_table(records, survey)
            kept = np.array([reason is None for reason in reasons], dtype=bool)
            history = history_table(records, survey, alerts, kept)
            cutouts = _cutouts(records, survey, alerts, kept)
            table = score_batch(alerts, history, cutouts, engines, models)
            scores.add(with_survey(table, survey.name))
        scores.flush()
    return scores.num_rows


def _cutouts(
    records: Records, survey: Survey, alerts: pa.Table, kept: np.ndarray
) -> pa.Table | None:
    """Return the stamps of the alerts; None where the packets came without."""
    columns = [records.column(path) for path in survey.cutouts]
    if not columns or not all(c is not None and _is_binary(c.type) for c in columns):
        return None
    keep = pa.array(kept)
    stamps = [column.filter(keep) for column in columns]
    return pa.table([alerts["candid"], *stamps], names=["candid", *CHANNELS])


def _is_binary(type_: pa.DataType) -> bool:
    return pa.types.is_binary(type_) or pa.types.is_large_binary(type_)
