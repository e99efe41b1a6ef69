"""Closed rounds as runs of MLflow, in a store on the disk; a server: tests/services."""

import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from vra_rounds_here import EXPERIMENT, close_rounds

pytest.importorskip("mlflow", reason="the extra mlflow")

from pipeline.cli.main import main
from pipeline.vra.configured import Mlflow
from pipeline.vra.mirror.found import mirror_lines
from pipeline.vra.mirror.store import Store
from pipeline.vra.mirror.sync import sync_all
from pipeline.vra.places import MLFLOW_DATABASE, MLFLOW_RECEIPT
from pipeline.vra.rounds.model_files import score


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("closed")
    close_rounds(folder, range(3))
    return folder


@pytest.fixture
def directory(closed, tmp_path):
    return shutil.copytree(closed, tmp_path / "night")


def elsewhere():
    """Return the environment of a process that finds what this one does."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def runs(directory):
    return {run.info.run_name: run for run in Store(directory, EXPERIMENT).runs()}


def test_runs_have_what_those_of_finkvra_have(directory):
    receipt = sync_all(directory, EXPERIMENT, None)
    assert (receipt["new"], receipt["waiting"], receipt["reason"]) == ([0, 1, 2], [], None)
    found = runs(directory)
    assert sorted(found) == ["round_0_random", "round_1_uncertainty", "round_2_uncertainty"]
    last = found["round_2_uncertainty"]
    meta = json.loads((directory / "results/vra/e/round_002/closed/meta.json").read_text())
    for name in ("round", "timestamp", "n_train", "sampling_strategy", "model_tag"):
        assert last.data.params[name] == str(meta[name])
    metrics = json.loads((directory / "results/vra/e/round_002/closed/metrics.json").read_text())
    assert last.data.metrics["train_accuracy"] == metrics["train"]["accuracy"]
    assert last.data.metrics["held_out_recall"] == metrics["held_out"]["recall"]
    assert last.data.tags["nightmill.run_before"] == found["round_1_uncertainty"].info.run_id
    assert "nightmill.run_before" not in found["round_0_random"].data.tags

    store = Store(directory, EXPERIMENT)
    files = {file.path for file in store.client.list_artifacts(last.info.run_id)}
    assert {"meta.json", "metrics.json", "labels.csv", "e_training_ids.csv", "round.png"} <= files


def test_the_model_in_the_store_is_the_rounds(directory):
    sync_all(directory, EXPERIMENT, None)
    store = Store(directory, EXPERIMENT)
    run = runs(directory)["round_2_uncertainty"]
    model = store.mlflow.pyfunc.load_model(f"models:/{run.outputs.model_outputs[0].model_id}")
    assert model.metadata.signature.inputs.inputs[0].shape == (-1, 21)
    assert model.metadata.saved_input_example_info is not None
    x = np.random.default_rng(3).normal(size=(50, 21)).astype(np.float32)
    own = score(directory / "results/vra/e/round_002/closed/model.onnx", x)
    assert model.predict(x)["probabilities"][:, 1] == pytest.approx(own, abs=1e-6)
    kept = (directory / "results/vra/mlflow").rglob("*")
    assert not [path for path in kept if path.suffix in (".pkl", ".pickle", ".joblib")]


def test_what_is_there_is_left_and_what_is_gone_is_filled_again(directory, tmp_path, monkeypatch):
    first = sync_all(directory, EXPERIMENT, None)
    assert sync_all(directory, EXPERIMENT, None)["new"] == []
    close_rounds(directory, range(3, 4))
    monkeypatch.chdir(tmp_path)  # the store is the night's, not the working directory's
    second = sync_all(directory, EXPERIMENT, None)
    assert second["new"] == [3]
    assert {**second["runs"], **first["runs"]} == second["runs"]
    assert not (tmp_path / "mlruns").exists() and not (tmp_path / "mlflow.db").exists()

    shutil.rmtree(directory / "results/vra/mlflow")
    filled = (  # in a process of its own: MLflow keeps what it has opened
        "import sys; from pathlib import Path; from pipeline.vra.mirror.sync import sync_all\n"
        "print(sync_all(Path(sys.argv[1]), 'e', None)['new'])"
    )
    command = [sys.executable, "-c", filled, str(directory)]
    found = subprocess.run(command, check=True, env=elsewhere(), capture_output=True, text=True)
    assert found.stdout == "[0, 1, 2, 3]\n"


def test_a_run_that_was_begun_and_not_ended_is_made_anew(directory):
    """As when the process is killed between the two."""
    killed = (
        "import os, sys; from pathlib import Path\n"
        "from pipeline.vra.mirror import run, sync\n"
        "run._model = lambda *a: os._exit(9)\n"
        "sync.sync_all(Path(sys.argv[1]), 'e', None)"
    )
    command = [sys.executable, "-c", killed, str(directory)]
    assert subprocess.run(command, check=False, env=elsewhere()).returncode == 9
    assert [run.info.status for run in runs(directory).values()] == ["RUNNING"]
    assert sync_all(directory, EXPERIMENT, None)["new"] == [0, 1, 2]
    assert [run.info.status for run in runs(directory).values()] == ["FINISHED"] * 3


def test_a_round_without_a_model(tmp_path):
    close_rounds(tmp_path, range(1), one_class=True)
    assert sync_all(tmp_path, EXPERIMENT, None)["new"] == [0]
    run = runs(tmp_path)["round_0_random"]
    assert "are of class 1; both are needed" in run.data.params["reason"]
    assert "train_accuracy" not in run.data.metrics and not run.outputs.model_outputs


@pytest.mark.parametrize("content", ["", "no database at all" * 99])
def test_a_store_that_cannot_be_used_costs_nothing(directory, content, capsys):
    path = directory / MLFLOW_DATABASE
    path.parent.mkdir(parents=True)
    path.write_text(content)
    receipt = sync_all(directory, EXPERIMENT, None)
    if content:
        assert receipt["waiting"] == [0, 1, 2] and "MLflow at sqlite:" in receipt["reason"]
        assert len(receipt["reason"].splitlines()) == 1
        (line,) = mirror_lines(directory)
        assert line.startswith("assistant e: rounds 0, 1, 2 are not in MLflow yet: MLflow at")
        assert line.endswith(": nightmill vra sync")
    else:  # an empty file is an empty database
        assert receipt["waiting"] == []


def test_killed_at_any_moment_the_store_can_be_used(directory):
    command = [sys.executable, "-c", f"""
from pathlib import Path
import mlflow
print("begins", flush=True)
from pipeline.vra.mirror.store import Store
Store(Path({str(directory)!r}), "e")
"""]  # fmt: skip
    for wait in (0.3, 0.6, 0.9):
        making = subprocess.Popen(command, stdout=subprocess.PIPE, env=elsewhere())
        making.stdout.readline()
        time.sleep(wait)
        making.kill()
        making.communicate()
    assert sync_all(directory, EXPERIMENT, None)["reason"] is None
    assert {p.name for p in (directory / MLFLOW_DATABASE).parent.iterdir()} == {
        "mlflow.db",
        "artifacts",
    }


def test_a_damaged_round_is_named(directory):
    (directory / "results/vra/e/round_001/closed/meta.json").write_text('{"round"')
    receipt = sync_all(directory, EXPERIMENT, None)
    assert (receipt["new"], receipt["waiting"]) == ([0], [1, 2])
    assert "round 1: " in receipt["reason"] and "meta.json" in receipt["reason"]


def test_the_command(directory, capsys):
    (directory / "config").mkdir()
    vra = {"filter": "f", "experiment": EXPERIMENT, "mlflow": {}}
    (directory / "config/config.yaml").write_text(json.dumps({"vra": vra}))
    assert main(["vra", "sync", "--directory", str(directory)]) == 0
    assert "3 rounds of e, 3 of them new" in capsys.readouterr().out
    assert (directory / MLFLOW_RECEIPT.format(experiment=EXPERIMENT)).exists()
    vra["mlflow"] = {"uri": "http://127.0.0.1:9"}
    (directory / "config/config.yaml").write_text(json.dumps({"vra": vra}))
    assert main(["vra", "sync", "--directory", str(directory)]) == 1
    said = capsys.readouterr().err
    assert "MLflow at http://127.0.0.1:9: " in said and "3 rounds wait, none is lost" in said


def test_addresses():
    assert Mlflow(uri="https://mlflow.example.org").uri
    for wrong in ("sqlite:///x.db", "mlruns", "http://ann:secret@example.org"):
        with pytest.raises(ValueError, match=r"uri"):
            Mlflow(uri=wrong)
