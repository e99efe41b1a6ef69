"""Closed rounds in a real MLflow server that goes down, comes back, and forgets."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from mlflow_server import MlflowServer
from vra_rounds_here import EXPERIMENT, close_rounds

from pipeline.vra.mirror.store import Store
from pipeline.vra.mirror.sync import sync_all

pytestmark = pytest.mark.services
SOON_S = 30.0


@pytest.fixture
def server(tmp_path):
    found = MlflowServer(tmp_path / "server").start()
    yield found
    found.stop()


def test_a_server_that_comes_and_goes(server, tmp_path):
    directory = tmp_path / "night"
    close_rounds(directory, range(2))
    assert sync_all(directory, EXPERIMENT, server.uri)["new"] == [0, 1]
    assert sync_all(directory, EXPERIMENT, server.uri)["new"] == []

    server.stop()
    close_rounds(directory, range(2, 3))
    began = time.monotonic()
    receipt = sync_all(directory, EXPERIMENT, server.uri)
    assert time.monotonic() - began < SOON_S
    assert receipt["waiting"] == [0, 1, 2]
    assert receipt["reason"].startswith(f"MLflow at {server.uri}: ")
    assert "\n" not in receipt["reason"]

    server.start()
    receipt = sync_all(directory, EXPERIMENT, server.uri)
    assert (receipt["new"], receipt["waiting"]) == ([2], [])
    store = Store(directory, EXPERIMENT, server.uri)
    runs = {run.info.run_name: run for run in store.runs()}
    assert sorted(runs) == ["round_0_random", "round_1_uncertainty", "round_2_uncertainty"]
    files = {f.path for f in store.client.list_artifacts(runs["round_0_random"].info.run_id)}
    assert {"meta.json", "model.onnx", "e_training_ids.csv"} <= files

    # forgotten by the server: filled again
    server.stop()
    shutil.rmtree(server.folder)
    server.start()
    assert sync_all(directory, EXPERIMENT, server.uri)["new"] == [0, 1, 2]


def test_a_deleted_experiment_is_taken_back(server, tmp_path):
    close_rounds(tmp_path / "night", range(1))
    sync_all(tmp_path / "night", EXPERIMENT, server.uri)
    store = Store(tmp_path / "night", EXPERIMENT, server.uri)
    store.client.delete_experiment(store.experiment_id)
    assert sync_all(tmp_path / "night", EXPERIMENT, server.uri)["waiting"] == []


def test_no_secret_is_told(server, tmp_path, monkeypatch):
    close_rounds(tmp_path / "night", range(1))
    monkeypatch.setitem(os.environ, "MLFLOW_TRACKING_USERNAME", "ann")
    monkeypatch.setitem(os.environ, "MLFLOW_TRACKING_PASSWORD", "hunter2")
    receipt = sync_all(tmp_path / "night", EXPERIMENT, server.uri)
    assert "hunter2" not in json.dumps(receipt)
