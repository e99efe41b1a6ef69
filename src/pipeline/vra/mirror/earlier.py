"""A finkvra user's runs in MLflow → earlier rounds of an experiment.

Her models are pickles, which are never read: all rounds but the last become closed ones without a
model, and the last one is open and has all that it waits for, so that the next run of the
workflow learns from her labels and goes on.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.io.atomic import atomic_folder, write_json
from pipeline.io.tables import write_table
from pipeline.vra.features_table import FEATURES
from pipeline.vra.labels.lines import Label
from pipeline.vra.mirror.store import StoreError, imported_mlflow, in_one_line
from pipeline.vra.places import BEGAN, CLOSED, EXPERIMENT, WORKLIST, round_name, rounds
from pipeline.vra.rounds.began import Began
from pipeline.vra.rounds.frozen import (
    HELD_OUT,
    LABELS,
    META,
    METRICS,
    TRAINING,
    read_training,
    write_held_out,
    write_labels,
    write_training,
)
from pipeline.vra.rounds.worklist import WORKLIST_SCHEMA

_NAME = re.compile(r"round_([0-9]{1,6})_(\w+)")
_BESIDE = ".earlier.part"
"""Where rounds are written before any of them counts."""
NO_MODEL = "no model: taken over from MLflow, where it is a pickle, which is not read"


@dataclass
class Earlier:
    """One of her rounds.

    Attributes
    ----------
    round : int
    strategy : str
    run : str
        Its id.
    began : float
        When [s since 1970].
    metrics : dict of str to float
    trained : dict of int to int
        Candid, and the round in which it was first trained on: of all rounds up to this.
    """

    round: int
    strategy: str
    run: str
    began: float
    metrics: dict[str, float] = field(default_factory=dict)
    trained: dict[int, int] = field(default_factory=dict)


def read_runs(uri: str, experiment: str) -> list[Earlier]:
    """Return her rounds: of several runs of one round the latest that has finished.

    Parameters
    ----------
    uri : str
        Of her store: ``http://…``, ``sqlite:///…``, or a folder ``mlruns``.
    experiment : str

    Raises
    ------
    StoreError
        If the store cannot be read, or has no such rounds.
    """
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # what she has, most likely
    mlflow = imported_mlflow()
    try:
        client: Any = mlflow.MlflowClient(uri)
        found = client.get_experiment_by_name(experiment)
        if found is None:
            there = sorted(one.name for one in client.search_experiments())
            raise StoreError(
                f"no experiment {experiment!r}: there are {', '.join(there) or 'none'}"
            )
        runs = client.search_runs([found.experiment_id], "attribute.status = 'FINISHED'")
        latest = {}
        for run in sorted(runs, key=lambda run: run.info.start_time):
            if name_ := _NAME.fullmatch(run.info.run_name or ""):
                latest[int(name_[1])] = _read_run(client, run, int(name_[1]), name_[2])
    except StoreError:
        raise
    except Exception as error:  # MLflow's, requests', SQLAlchemy's
        raise StoreError(f"MLflow at {uri}: {in_one_line(error)}") from error
    if not latest:
        raise StoreError(f"MLflow at {uri}: {experiment} has no finished run round_N_strategy")
    return [latest[number] for number in sorted(latest)]


def _read_run(client: Any, run: Any, number: int, strategy: str) -> Earlier:
    one = Earlier(number, strategy, run.info.run_id, run.info.start_time / 1000)
    one.metrics = {k: float(v) for k, v in run.data.metrics.items()}
    names = [f.path for f in client.list_artifacts(one.run) if f.path.endswith(TRAINING)]
    with tempfile.TemporaryDirectory() as folder:
        for name in names[:1]:
            one.trained = read_training(Path(client.download_artifacts(one.run, name, folder)))
    return one


def write_earlier(
    directory: Path,
    experiment: str,
    found: list[Earlier],
    labels: Mapping[int, Label],
    classes: Mapping[str, int],
    folder: str,
    survey: str,
) -> int:
    """Write her rounds as those of an experiment that has none; return how many.

    Parameters
    ----------
    directory : Path
        The working directory.
    experiment : str
    found : list of Earlier
        Of `read_runs`.
    labels : mapping of int to Label
        What counts of each candid.
    classes : mapping of str to int
    folder : str
        Of the labels, from the working directory.
    survey : str

    Raises
    ------
    ValueError
        If the experiment has rounds already.
    """
    if rounds(directory, experiment):
        raise ValueError(f"{experiment} has rounds already: name another in vra.experiment")
    home = EXPERIMENT.format(experiment=experiment)
    beside = directory / home / _BESIDE
    shutil.rmtree(beside, ignore_errors=True)  # what a killed import left behind
    try:
        _write_rounds(beside, experiment, found, labels, classes, folder, survey)
        for path in sorted(beside.joinpath(home).iterdir()):
            path.rename(directory / home / path.name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return len(found)


def _write_rounds(
    directory: Path,
    experiment: str,
    found: list[Earlier],
    labels: Mapping[int, Label],
    classes: Mapping[str, int],
    folder: str,
    survey: str,
) -> None:
    last = found[-1]
    before: set[int] = set()
    for number, one in enumerate(found):
        place = {"experiment": experiment, "round": round_name(number)}
        mine = sorted(c for c, r in one.trained.items() if r == one.round and c not in before)
        before |= one.trained.keys()
        counted = [c for c in mine if c in labels and labels[c].label in classes]
        path = directory / WORKLIST.format(**place)
        path.parent.mkdir(parents=True, exist_ok=True)
        wanted = max(len(counted), 1)
        began = Began(number, one.strategy, 0, wanted, dict(classes), folder, 0, mine)
        began.write(directory / BEGAN.format(**place))
        write_table(_worklist(mine, labels, survey), path)
        if one is not last:
            with atomic_folder(directory / CLOSED.format(**place)) as inside:
                _write_closed(inside, number, experiment, one, labels, classes)


def _write_closed(
    folder: Path,
    number: int,
    experiment: str,
    one: Earlier,
    labels: Mapping[int, Label],
    classes: Mapping[str, int],
) -> None:
    known = [labels[candid] for candid in one.trained if candid in labels]
    write_labels(known, folder / LABELS)
    write_training(one.trained, folder / TRAINING)
    write_held_out([], folder / HELD_OUT)
    write_json({"train": one.metrics, "held_out": {}}, folder / METRICS)
    meta = {
        "round": number,
        "timestamp": datetime.fromtimestamp(one.began, UTC).isoformat(timespec="seconds"),
        "n_train": len(one.trained),
        "n_held_out": 0,
        "sampling_strategy": one.strategy,
        "model_tag": f"{experiment}_round_{number}",
        "experiment": experiment,
        "classes": dict(sorted(classes.items())),
        "classifier": None,
        "parameters": {},
        "held_out": 0.0,
        "seed": None,
        "features": list(FEATURES),
        "pool": None,
        "run": one.run,
        "reason": NO_MODEL,
        "onnx": None,
    }
    write_json(meta, folder / META)


def _worklist(candids: list[int], labels: Mapping[int, Label], survey: str) -> pa.Table:
    """Return her alerts as a worklist: of their features nothing is known here."""
    number = len(candids)
    known: dict[str, Any] = {
        "rank": pa.array(range(number), pa.int32()),
        "survey": [survey] * number,
        "candid": candids,
        "object_id": [labels[c].object_id if c in labels else None for c in candids],
        "held_out": [False] * number,
    }
    columns = {
        f.name: pa.array(known[f.name]) if f.name in known else pa.nulls(number, f.type)
        for f in WORKLIST_SCHEMA
    }
    return pa.table(columns).cast(WORKLIST_SCHEMA)
