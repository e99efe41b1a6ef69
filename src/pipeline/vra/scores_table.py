"""The table ``assistant_scores``: what the promoted model says of each alert of the pool."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.io.tables import field, survey_schema, write_table
from pipeline.vra.rounds.before import features_of
from pipeline.vra.rounds.model_files import ONNX, score
from pipeline.vra.rounds.pool import matrix

_NO_NUMBER = "the model gives no number"
ASSISTANT_SCORES_SCHEMA = survey_schema(
    pa.schema(
        [
            field("candid", pa.int64(), description="the alert, as in the table alerts"),
            field("score", pa.float32(), description="probability of class 1"),
            field(
                "version",
                pa.dictionary(pa.int32(), pa.string()),
                description="the experiment and round of the model",
            ),
            field(
                "reason",
                pa.dictionary(pa.int32(), pa.string()),
                description="why there is no score; null if there is one",
            ),
        ]
    )
)


def write_scores(features: Path, closed: Path, version: str, output: Path) -> int:
    """Write the scores of one shard's pool, in its order; return how many.

    Parameters
    ----------
    features : Path
        The shard's table ``features``.
    closed : Path
        The folder of the round whose model it is.
    version : str
    output : Path

    Raises
    ------
    ValueError
        If the model is none of these features.
    """
    table = pq.read_table(features)
    x = matrix(table, features_of(closed))
    scores = score(closed / ONNX, x).astype(np.float32)
    columns: dict[str, Iterable[object] | pa.ChunkedArray] = {
        "survey": table["survey"],
        "candid": table["candid"],
        "score": pa.array(scores, from_pandas=True),
        "version": pa.array([version] * len(scores), pa.string()),
        "reason": pa.array([_NO_NUMBER if np.isnan(one) else None for one in scores], pa.string()),
    }
    write_table(pa.table(columns).cast(ASSISTANT_SCORES_SCHEMA), output)
    return len(scores)
