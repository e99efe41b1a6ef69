"""The table ``scores``: one row an alert, three columns a model, what the stamps lack."""

from collections.abc import Hashable, Mapping
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.io.tables import field
from pipeline.scores.engines import Engine
from pipeline.scores.features import make_features
from pipeline.scores.network import Network
from pipeline.scores.triplets import CHANNELS, Triplets, make_triplets

Input = tuple[np.ndarray, list[str | None]]
"""An input of N alerts, and why it cannot be used where it cannot."""
NODATA_COLUMNS = tuple(f"{channel}_nodata" for channel in CHANNELS)
"""Columns of a table that a model of triplets is in: scores lean on what the stamps show."""


def scores_schema(models: Mapping[str, Network]) -> pa.Schema:
    """Return the schema of the table: for each model a score, its version, a reason.

    Where a model takes triplets, `NODATA_COLUMNS` follow.

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
    if _take_triplets(models):
        fields += [
            field(
                name,
                pa.float32(),
                description=f"share of the {channel} stamp's pixels that are NaN or fill, in "
                "[0, 1]; null: no stamp that can be read",
            )
            for name, channel in zip(NODATA_COLUMNS, CHANNELS, strict=True)
        ]
    schema = pa.schema(fields)
    if twice := sorted({n for n in schema.names if schema.names.count(n) > 1}):
        raise ValueError(f"models: two columns of the scores table would be called {twice[0]}")
    return schema


def score_batch(
    alerts: pa.Table,
    history: pa.Table | None,
    cutouts: pa.Table | None,
    engines: Mapping[str, Engine],
    models: Mapping[str, Network],
) -> pa.Table:
    """Score N alerts by every model.

    Parameters
    ----------
    alerts : pyarrow.Table, N rows
        candid, object_id, and what the features need.
    history : pyarrow.Table or None
        See `pipeline.scores.features.make_features`.
    cutouts : pyarrow.Table or None
        candid, science, template, difference (binary), in any order; None where the
        packets came without.
    engines : mapping of str to Engine
        By the model's name, see `pipeline.scores.engines.load_engine`.
    models : mapping of str to Network
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
    batch = _Batch(alerts, history, cutouts)
    columns = [alerts["candid"], alerts["object_id"].cast(pa.string())]
    for name, model in models.items():
        scores, reasons = _predict(engines[name], batch.inputs(model))
        columns += [scores, pa.repeat(model.version, alerts.num_rows), reasons]
    if _take_triplets(models):
        columns += [pa.array(share, mask=np.isnan(share)) for share in batch.triplets.nodata.T]
    return pa.table(columns, schema=scores_schema(models))


def _take_triplets(models: Mapping[str, Network]) -> bool:
    return any("triplet" in model.inputs for model in models.values())


class _Batch:
    """A batch of alerts and the inputs made of it: once, however many models take them."""

    def __init__(
        self, alerts: pa.Table, history: pa.Table | None, cutouts: pa.Table | None
    ) -> None:
        self.alerts, self.history, self.cutouts = alerts, history, cutouts
        self.made: dict[Hashable, Input] = {}

    @cached_property
    def triplets(self) -> Triplets:
        """The triplets and what their stamps lack."""
        return make_triplets(*self._stamps())

    def inputs(self, model: Network) -> dict[str, Input]:
        """Return a model's inputs by name, in its order."""
        names, norms = model.feature_names, model.feature_norms
        keys = {"triplet": "triplet", "features": (names, tuple(sorted(norms.items())))}
        for kind in model.inputs:
            if keys[kind] in self.made:
                continue
            if kind == "triplet":
                made = self.triplets.images, self.triplets.reasons
            else:
                made = make_features(self.alerts, self.history, names, norms)
            self.made[keys[kind]] = made
        return {kind: self.made[keys[kind]] for kind in model.inputs}

    def _stamps(self) -> list[list[bytes | None]]:
        """Return the three stamps of each alert, None where it has none."""
        candid, cutouts = self.alerts["candid"], self.cutouts
        if cutouts is None:
            return [[None] * len(candid)] * len(CHANNELS)
        if not cutouts["candid"].equals(candid):
            cutouts = cutouts.take(pc.index_in(candid, cutouts["candid"]))
        return [cutouts[channel].to_pylist() for channel in CHANNELS]


def _predict(engine: Engine, inputs: Mapping[str, Input]) -> tuple[pa.Array, pa.Array]:
    """Return scores, and reasons where they are null; one with the stamps goes first."""
    by_kind = [inputs[kind][1] for kind in ("triplet", "features") if kind in inputs]
    reasons = np.array([next(filter(None, r), None) for r in zip(*by_kind, strict=True)], object)
    usable = np.array([reason is None for reason in reasons], bool)
    arrays = [array for array, _ in inputs.values()]
    if not usable.all():
        arrays = [array[usable] for array in arrays]
    with np.errstate(over="ignore"):
        found = engine.predict(arrays).astype(np.float32)
    scores = np.full(len(reasons), np.nan, np.float32)
    scores[usable] = found
    reasons[usable] = [
        None if finite else "the model gave no finite number" for finite in np.isfinite(found)
    ]
    return pa.array(scores, mask=~np.isfinite(scores)), pa.array(reasons, pa.string())
