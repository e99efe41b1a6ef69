"""One closed round → one run, with what finkvra's runs have: parameters, metrics, model, files."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.io.json_file import read_json
from pipeline.vra.mirror.store import Store
from pipeline.vra.rounds.frozen import FROZEN, META, METRICS, TRAINING
from pipeline.vra.rounds.model_files import ONNX

ROUND, DIGEST, BEFORE = "nightmill.round", "nightmill.sha256", "nightmill.run_before"
"""Tags: the round, what its `META` holds, the run of the round before."""
_PARAMETERS = (
    *("round", "timestamp", "n_train", "sampling_strategy", "model_tag"),
    *("n_held_out", "classes", "classifier", "parameters", "held_out", "seed", "pool", "reason"),
)
"""Of `META`, those of finkvra first."""
_EXAMPLES = 5
"""Rows of a model's input example."""


def mirror_round(store: Store, closed: Path, before: str | None) -> tuple[str, bool]:
    """Write a closed round as a run, unless it is there; return its id, and whether it is new.

    A run that was begun and not ended, as when the process was killed, is made anew.

    Parameters
    ----------
    store : Store
    closed : Path
        The round's folder.
    before : str, optional
        The run of the round before.

    Raises
    ------
    ValueError
        If the round's files are damaged.
    """
    meta = read_json(closed / META, FROZEN)
    digest = hashlib.sha256((closed / META).read_bytes()).hexdigest()
    for run in store.runs(**{ROUND: str(meta["round"]), DIGEST: digest}):
        if run.info.status == "FINISHED":
            return run.info.run_id, False
        store.client.delete_run(run.info.run_id)
    tags = {ROUND: str(meta["round"]), DIGEST: digest} | ({BEFORE: before} if before else {})
    name = f"round_{meta['round']}_{meta['sampling_strategy']}"
    began = int(datetime.fromisoformat(meta["timestamp"]).timestamp() * 1000)
    run = store.client.create_run(store.experiment_id, began, tags, name)
    with store.mlflow.start_run(run_id=run.info.run_id):
        _write(store, run.info.run_id, closed, meta)
    return run.info.run_id, True


def _write(store: Store, run: str, closed: Path, meta: dict[str, Any]) -> None:
    for name in _PARAMETERS:
        store.client.log_param(run, name, meta[name])
    for name, value in _numbers(read_json(closed / METRICS, FROZEN)):
        store.client.log_metric(run, name, value)
    store.client.log_artifacts(run, str(closed))
    name = f"{meta['experiment']}_{TRAINING}"  # finkvra looks for it so
    store.client.log_text(run, (closed / TRAINING).read_text(), name)
    if (closed / ONNX).exists():
        _model(store, closed / ONNX, meta["features"])


def _numbers(metrics: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the metrics that are one number, such as ``held_out_recall``."""
    for which, values in metrics.items():
        for name, value in values.items():
            if isinstance(value, int | float):
                yield f"{which}_{name}", float(value)


def _model(store: Store, path: Path, features: list[str]) -> None:
    import onnx  # noqa: PLC0415
    from mlflow.models import infer_signature  # noqa: PLC0415

    model, example = onnx.load(path), np.zeros((_EXAMPLES, len(features)), np.float32)
    label, probability = (output.name for output in model.graph.output)
    answer = {
        label: np.zeros(_EXAMPLES, np.int64),
        probability: np.zeros((_EXAMPLES, 2), np.float32),
    }
    store.mlflow.onnx.log_model(
        model,
        name="model",
        signature=infer_signature(example, answer),
        input_example=example,
        metadata={"features": features},
        onnx_execution_providers=["CPUExecutionProvider"],
        pip_requirements=["mlflow-skinny", "onnx", "onnxruntime"],  # it would load it to find out
    )
