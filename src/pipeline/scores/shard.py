"""One shard: packets → the ``scores`` table."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.tables import BatchWriter, survey_schema, table_writer, with_survey
from pipeline.scores.engines import EngineKind, load_engine
from pipeline.scores.features import asks_history, columns_of
from pipeline.scores.network import Network
from pipeline.scores.scores_table import score_batch, scores_schema

SCORED_PACKETS = 512
"""25 MB of packets and as much of triplets."""


def score_shard(
    index: Path,
    survey: Survey,
    part: tuple[int, int],
    models: Mapping[str, Network],
    networks: Mapping[str, Path],
    engine: EngineKind,
    output: Path,
) -> int:
    """Score the alerts of one shard by all models.

    The packets are decoded again (0.1 ms each) rather than handed over by the decode job:
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
    # The features that most networks take need none of it, and making it takes a while.
    features = {name for model in models.values() for name in model.feature_names}
    asked, columns = asks_history(features), columns_of(features)
    with table_writer(output, survey_schema(scores_schema(models))) as writer:
        scores = BatchWriter(writer)
        for batch in Shard.load(index, *part).batches(survey, SCORED_PACKETS, columns):
            history = batch.history if asked else None
            table = score_batch(batch.alerts, history, batch.stamps, engines, models)
            scores.add(with_survey(table, survey.name))
        scores.flush()
    return scores.num_rows
