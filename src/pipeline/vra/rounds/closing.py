"""The end of a round: labels are frozen, a classifier learns from them, and is tried."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.io.atomic import write_json
from pipeline.io.tables import write_table
from pipeline.vra.features_table import feature_names
from pipeline.vra.labels.lines import Label
from pipeline.vra.labels.store import Labels
from pipeline.vra.rounds.allowed import Parameters, class_name
from pipeline.vra.rounds.classifiers import fit, probability
from pipeline.vra.rounds.frozen import (
    HELD_OUT,
    LABELS,
    META,
    METRICS,
    TRAINING,
    TRAINING_SET,
    write_held_out,
    write_labels,
    write_training,
)
from pipeline.vra.rounds.metrics import metrics_of
from pipeline.vra.rounds.model_files import Parity, write_model
from pipeline.vra.rounds.picture import NAME as PICTURE
from pipeline.vra.rounds.picture import draw_round
from pipeline.vra.rounds.pool import matrix
from pipeline.vra.rounds.seeded import is_held_out

MOST_PROBLEMS = 100
"""Lines of labels' files that are told in `META`."""


@dataclass(frozen=True)
class Learning:
    """How a round learns.

    Attributes
    ----------
    experiment : str
    round : int
    strategy : str
        By which its worklist was chosen.
    classes : mapping of str to int
        See `pipeline.vra.rounds.class_maps`.
    classifier : str
        See `pipeline.vra.rounds.allowed.class_name`.
    parameters : mapping
    held_out : float
        Share of objects that it does not learn from.
    seed : int
    """

    experiment: str
    round: int
    strategy: str
    classes: Mapping[str, int]
    classifier: str
    parameters: Parameters
    held_out: float
    seed: int


@dataclass(frozen=True)
class _Samples:
    """Labelled alerts of the pool with a class, by candid."""

    candid: NDArray[np.int64]
    objects: list[str]
    labels: list[str]
    x: NDArray[np.float32]
    y: NDArray[np.int64]
    held: NDArray[np.bool_]
    names: list[str]


def close_round(
    pool: pa.Table,
    labels: Labels,
    earlier: Mapping[int, int],
    learning: Learning,
    folder: Path,
) -> dict[str, Any]:
    """Write all files of a closed round; return what `META` says.

    The same labels make the same files in whatever order they were given, but for the time.

    Parameters
    ----------
    pool : pyarrow.Table
        See `pipeline.vra.rounds.pool.read_pool`.
    labels : Labels
    earlier : mapping of int to int
        In which earlier round a model first learned from a candid.
    learning : Learning
    folder : Path
        There, and empty.
    """
    counts = labels.by_candid()
    some = _samples(pool, counts, learning)
    x, y = some.x[~some.held], some.y[~some.held]
    model, reason = _fitted(x, y, learning)
    parity = None if model is None else write_model(model, folder, matrix(pool))
    trained = {int(c): earlier.get(int(c), learning.round) for c in some.candid[~some.held]}
    write_labels(labels.given, folder / LABELS)
    if model is not None:
        write_table(_training_set(model, some), folder / TRAINING_SET)
    write_training(trained if model is not None else {}, folder / TRAINING)
    held = [n for n in range(len(some.labels)) if some.held[n]]
    rows = ((int(some.candid[n]), some.objects[n], some.labels[n]) for n in held)
    write_held_out(rows, folder / HELD_OUT)
    metrics = _metrics(model, some, learning)
    write_json(metrics, folder / METRICS)
    title = f"{learning.experiment}, round {learning.round}: {y.size} labels"
    draw_round(metrics, title, folder / PICTURE)
    meta = _meta(pool, labels, counts, some, learning)
    meta |= {"reason": reason, "onnx": None if parity is None else _words(parity)}
    write_json(meta, folder / META)
    return meta


def _samples(pool: pa.Table, counts: Mapping[int, Label], learning: Learning) -> _Samples:
    candid = pool["candid"].to_numpy()
    wanted = [c for c, label in counts.items() if label.label in learning.classes]
    at = np.flatnonzero(np.isin(candid, np.array(wanted, np.int64)))
    mine = pool.take(pa.array(at))
    said = [counts[int(c)].label for c in candid[at]]
    objects = mine["object_id"].to_pylist()
    y = np.array([learning.classes[label] for label in said], np.int64)
    held = is_held_out(objects, learning.held_out, learning.seed)
    names = feature_names(pool.column_names)
    return _Samples(candid[at], objects, said, matrix(mine, names), y, held, names)


def _fitted(
    x: NDArray[np.float32], y: NDArray[np.int64], learning: Learning
) -> tuple[Any, str | None]:
    """Return a model, or none and why."""
    found = sorted(set(y.tolist()))
    if len(found) < 2:
        there = f"all {y.size} labels are of class {found[0]}" if found else "no label has a class"
        return None, f"no model: {there}; both are needed"
    return fit(learning.classifier, learning.parameters, x, y, learning.seed), None


def _training_set(model: Any, some: _Samples) -> pa.Table:
    """Return what the model learned from, and its probability of class 1: null where NaN."""
    x = some.x[~some.held]
    columns: dict[str, Any] = {"candid": some.candid[~some.held], "class": some.y[~some.held]}
    columns |= {name: pa.array(x[:, k], from_pandas=True) for k, name in enumerate(some.names)}
    score = pa.array(probability(model, x).astype(np.float32), from_pandas=True)
    return pa.table(columns | {"score": score})


def _metrics(model: Any, some: _Samples, learning: Learning) -> dict[str, Any]:
    """Return what the model is worth on what it learned from, and on what it did not."""

    def of(mine: NDArray[np.bool_]) -> dict[str, Any]:
        p = None if model is None else probability(model, some.x[mine])
        return metrics_of(some.candid[mine], some.y[mine], p, learning.seed)

    return {"train": of(~some.held), "held_out": of(some.held)}


def _meta(
    pool: pa.Table,
    labels: Labels,
    counts: Mapping[int, Label],
    some: _Samples,
    learning: Learning,
) -> dict[str, Any]:
    known = set(pool["candid"].to_pylist())
    elsewhere = sorted(c for c in counts if c not in known)
    return {
        "round": learning.round,
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "n_train": int((~some.held).sum()),
        "n_held_out": int(some.held.sum()),
        "sampling_strategy": learning.strategy,
        "model_tag": f"{learning.experiment}_round_{learning.round}",
        "experiment": learning.experiment,
        "classes": dict(sorted(learning.classes.items())),
        "classifier": class_name(learning.classifier),
        "parameters": dict(sorted(learning.parameters.items())),
        "held_out": learning.held_out,
        "seed": learning.seed,
        "features": some.names,
        "pool": pool.num_rows,
        "labels": dict(sorted(Counter(one.label for one in counts.values()).items())),
        "labels_of_no_alert_of_the_pool": elsewhere,
        "problems_of_labels": labels.problems[:MOST_PROBLEMS],
    }


def _words(parity: Parity) -> dict[str, float | int]:
    return dict(zip(("rows", "rows_apart", "largest_difference"), parity, strict=True))
