"""The table ``scores``: one row an alert, three columns a model."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.models import Model
from pipeline.io.tables import field
from pipeline.scores.engines import Engine
from pipeline.scores.features import make_features
from pipeline.scores.triplets import CHANNELS, make_triplets

Input = tuple[np.ndarray, list[str | None]]
"""An input of N alerts, and why it cannot be used where it cannot."""


def scores_schema(models: Mapping[str, Model]) -> pa.Schema:
    """Return the schema of the table: for each model a score, its version, a reason.

    Raises
    ------
    ValueError
        If two columns would have the same name.
    """
    fields = [
        field("candid", pa.int64(), description="identifier of the alert"),
        field("object_id", pa.string(), description="identifier of its object"),
    ]
    for name in models:
        fields += [
            field(name, pa.float32(), description=f"score of {name}; null: see the reason"),
            field(f"{name}_version", pa.string(), description=f"version of {name}"),
            field(f"{name}_reason", pa.string(), description="why the score is null"),
        ]
    schema = pa.schema(fields)
    if twice := sorted({n for n in schema.names if schema.names.count(n) > 1}):
        raise ValueError(f"models: two columns of the scores table would be called {twice[0]}")
    return schema


def score_batch(
    alerts: pa.Table,
    history: pa.Table,
    cutouts: pa.Table | None,
    engines: Mapping[str, Engine],
    models: Mapping[str, Model],
) -> pa.Table:
    """Score N alerts by every model.

    Parameters
    ----------
    alerts : pyarrow.Table, N rows
        candid, object_id, and what the features need.
    history : pyarrow.Table
        See `pipeline.scores.features.make_features`.
    cutouts : pyarrow.Table or None
        candid, science, template, difference (binary), in any order; None where the
        packets came without.
    engines : mapping of str to Engine
        By the model's name, see `pipeline.scores.engines.load_engine`.
    models : mapping of str to Model
        Those that score this survey.

    Returns
    -------
    pyarrow.Table, N rows
        Of schema `scores_schema`. A triplet in memory takes 48 kB: batch accordingly.

    Raises
    ------
    ValueError
        If a configured feature does not exist.
    ModelError
        If a network does not give one number an alert.
    """
    made: dict[Hashable, Input] = {}
    columns = [alerts["candid"], alerts["object_id"].cast(pa.string())]
    for name, model in models.items():
        keys = _input_keys(model)
        for kind, key in zip(model.inputs, keys, strict=True):
            if key not in made and kind == "triplet":
                made[key] = make_triplets(*_stamps(alerts["candid"], cutouts))
            elif key not in made:
                norms = model.feature_norms
                made[key] = make_features(alerts, history, model.feature_names, norms)
        scores, reasons = _predict(engines[name], [made[key] for key in keys])
        columns += [scores, pa.repeat(model.version, alerts.num_rows), reasons]
    return pa.table(columns, schema=scores_schema(models))


def _input_keys(model: Model) -> list[Hashable]:
    """Return what tells a model's inputs from those of others: equal ones are made once."""
    features = (model.feature_names, tuple(sorted(model.feature_norms.items())))
    return [kind if kind == "triplet" else features for kind in model.inputs]


def _stamps(candid: pa.ChunkedArray, cutouts: pa.Table | None) -> list[list[bytes | None]]:
    """Return the three stamps of each alert, None where it has none."""
    if cutouts is None:
        return [[None] * len(candid)] * len(CHANNELS)
    if not cutouts["candid"].equals(candid):
        cutouts = cutouts.take(pc.index_in(candid, cutouts["candid"]))
    return [cutouts[channel].to_pylist() for channel in CHANNELS]


def _predict(engine: Engine, inputs: Sequence[Input]) -> tuple[pa.Array, pa.Array]:
    """Return scores, and reasons where they are null."""
    reasons = np.array([_first(r) for r in zip(*(r for _, r in inputs), strict=True)], object)
    usable = np.equal(reasons, None)
    with np.errstate(over="ignore"):
        found = engine.predict([x[usable] for x, _ in inputs]).astype(np.float32)
    finite = np.isfinite(found)
    scores = np.full(len(reasons), np.nan, np.float32)
    scores[usable] = found
    reasons[usable] = np.where(finite, None, "the model gave no finite number")
    return pa.array(scores, mask=~np.isfinite(scores)), pa.array(reasons, pa.string())


def _first(reasons: Sequence[str | None]) -> str | None:
    return next((reason for reason in reasons if reason), None)
