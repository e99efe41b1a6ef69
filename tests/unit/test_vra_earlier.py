"""A finkvra user's MLflow, as finkvra writes it → earlier rounds, and a round that can close."""

import json
import os
import subprocess
import sys
from functools import partial

import pyarrow.parquet as pq
import pytest
from vra_rounds_here import EXPERIMENT, NUMBER, pool

pytest.importorskip("mlflow", reason="the extra mlflow")

from pipeline.cli.main import main
from pipeline.vra.mirror.earlier import Earlier, write_earlier
from pipeline.vra.places import rounds
from pipeline.vra.rounds.before import before
from pipeline.vra.rounds.began import status_of
from pipeline.vra.rounds.frozen import read_training

WRITE = """
import csv, json, os, sys
os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("finkvra")
rows = []
for number in range(3):
    rows += [(n, number) for n in range(number * 10, number * 10 + 10)]
    for again in range(2 if number == 1 else 1):
        with mlflow.start_run(run_name=f"round_{number}_{'uncertainty' if number else 'random'}"):
            mlflow.log_metric("train_accuracy", 0.5 + 0.1 * number + 0.01 * again)
            mlflow.log_params({"round": number})
            with open("finkvra_training_ids.csv", "w", newline="") as file:
                csv.writer(file).writerows([("candid", "round"), *rows])
            mlflow.log_artifact("finkvra_training_ids.csv")
            with open("model.pkl", "wb") as file:
                file.write(b"cos\\nsystem\\n(S'touch owned'\\ntR.")
            mlflow.log_artifact("model.pkl", "model")
mlflow.start_run(run_name="a look")
"""


@pytest.fixture(params=["folder", "sqlite"])
def hers(request, tmp_path):
    """Write her store; return the working directory and its address."""
    (tmp_path / "hers").mkdir()
    store = str(tmp_path / "hers/mlruns")
    uri = store if request.param == "folder" else f"sqlite:///{tmp_path}/hers/mlflow.db"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", WRITE, uri], check=True, cwd=tmp_path / "hers",
                   env=environment, capture_output=True)  # fmt: skip
    drb = pool()["drb"].to_pylist()
    lines = [f"{n},o{n},{'real' if drb[n] > 0 else 'bogus'},2026-01-01T00:00:{n:02}"
             for n in range(30)]  # fmt: skip
    content = "\n".join(["candid,objectId,label,timestamp", *lines]) + "\n"
    (tmp_path / "labels.csv").write_text(content)
    (tmp_path / "config").mkdir()
    vra = {"filter": "f", "experiment": EXPERIMENT}
    (tmp_path / "config/config.yaml").write_text(json.dumps({"vra": vra}))
    return tmp_path, uri


def take(directory, uri, of="finkvra"):
    options = ["--runs", uri, "--of", of, "--directory", str(directory)]
    return main(["vra", "import", str(directory / "labels.csv"), *options])


def test_her_rounds_go_on(hers, capsys):
    directory, uri = hers
    assert take(directory, uri) == 0
    said = capsys.readouterr().out
    assert "labels: 30 new of 30" in said and "rounds: 3 of finkvra are those of e" in said
    folder = directory / "results/vra/e"
    assert sorted(p.name for p in folder.iterdir()) == ["round_000", "round_001", "round_002"]
    one = folder / "round_001/closed"
    assert len(read_training(one / "training_ids.csv")) == 20
    meta = json.loads((one / "meta.json").read_text())
    assert (meta["sampling_strategy"], meta["n_train"]) == ("uncertainty", 20)
    assert "pickle" in meta["reason"]
    metrics = json.loads((one / "metrics.json").read_text())
    assert metrics["train"] == {"train_accuracy": pytest.approx(0.61)}  # of two runs the latest
    assert not list(directory.rglob("owned"))

    # the last one has what it waits for: the next run learns from all of her labels
    status = status_of(directory, EXPERIMENT)
    assert (status.round, status.classified, status.can_close) == (2, 10, True)
    assert pq.read_table(folder / "round_002/worklist.parquet")["candid"].to_pylist() == list(
        range(20, 30)
    )
    last = before(one, pool())
    assert last.p is None and len(last.labelled) == 20 and NUMBER > 30


def test_what_cannot_be_taken_over(hers, capsys):
    directory, uri = hers
    assert take(directory, uri, "another") == 1
    assert "no experiment 'another': there are Default, finkvra" in capsys.readouterr().err
    assert main(["vra", "import", "labels.csv", "--runs", uri, "--directory", str(directory)]) == 1
    assert "--runs goes with --of" in capsys.readouterr().err
    assert take(directory, "http://127.0.0.1:9") == 1
    assert "MLflow at http://127.0.0.1:9: " in capsys.readouterr().err
    assert not (directory / "results").exists()
    assert take(directory, uri) == 0
    assert take(directory, uri) == 1
    assert "e has rounds already: name another in vra.experiment" in capsys.readouterr().err


def test_rounds_are_taken_over_whole_or_not_at_all(tmp_path):
    found = [
        Earlier(0, "random", "a", 0.0, trained={1: 0}),
        Earlier(1, "uncertainty", "b", 1.0, trained={1: 0, 2**63: 1}),
    ]
    take_over = partial(write_earlier, tmp_path, EXPERIMENT, labels={}, classes={"real": 1},
                        folder="labels", survey="ztf")  # fmt: skip
    with pytest.raises((OverflowError, ValueError)):
        take_over(found)
    assert rounds(tmp_path, EXPERIMENT) == []
    half = tmp_path / "results/vra/e/.earlier.part/results/vra/e/round_000"  # of who was killed
    half.mkdir(parents=True)
    found[1].trained = {1: 0, 2: 1}
    assert take_over(found) == 2
    assert rounds(tmp_path, EXPERIMENT) == [0, 1]
    assert sorted(p.name for p in (tmp_path / "results/vra/e").iterdir()) == [
        "round_000",
        "round_001",
    ]


@pytest.mark.parametrize("line", [f"{2**63},0", "1," + "9" * 200_000])
def test_training_ids_that_are_none_are_named(tmp_path, line):
    path = tmp_path / "training_ids.csv"
    path.write_text(f"candid,round\n{line}\n")
    with pytest.raises(ValueError, match="training_ids.csv: "):
        read_training(path)
