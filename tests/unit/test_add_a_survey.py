"""docs/add-a-survey.md: its command, its columns, and a survey inside the project."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import skyeye

import pipeline
from pipeline.cli.main import main

USE = """
import json
from pathlib import Path
from pipeline.alerts.alerts_table import alerts_schema, alerts_table
from pipeline.alerts.history_table import history_table
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.parts import Part
from pipeline.alerts.photometry import photometry
from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.registry import get_survey, names, survey_files
import numpy as np
import pyarrow as pa

survey = get_survey("skyeye")
pa.unify_schemas([alerts_schema(get_survey(name)) for name in names()])
index_part(Path("night"), survey, Part(), Path("part.parquet"), Path("spool.bin"))
merge_index([Path("part.parquet")], Path("night"), Path("index.parquet"))
(records, _), = Shard.load(Path("index.parquet"), 0, 1).records()
alerts, reasons = alerts_table(records, survey)
kept = np.array([reason is None for reason in reasons])
light = photometry(alerts, history_table(records, survey, alerts, kept), survey)
files = [str(path) for path in survey_files("skyeye")]
print(json.dumps([names(), files, light.to_pylist()]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a night of the survey."""
    folder = tmp_path_factory.mktemp("skyeye")
    skyeye.write_night(folder / "night")
    return folder


def test_the_first_list_has_what_the_documents_list_is_made_of(folder, capsys):
    assert main(["survey", "columns", str(folder / "night")]) == 0
    drafted = {row["path"]: row for row in csv.DictReader(capsys.readouterr().out.splitlines())}
    assert "measurement.camera" in drafted
    for row in csv.DictReader(skyeye.files()["nightmill_skyeye/skyeye.csv"].splitlines()):
        assert drafted[row["path"]]["type"] == row["type"]


def test_the_first_list_of_nothing(tmp_path, capsys):
    (tmp_path / "empty.avro").write_bytes(b"")
    assert main(["survey", "columns", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"nightmill: {tmp_path}: no packet in it\n"


def inside(tmp_path: Path) -> Path:
    """Return a copy of the project with the survey inside."""
    shutil.copytree(Path(pipeline.__file__).parent, tmp_path / "src/pipeline")
    source = skyeye.write_package(tmp_path / "package") / "nightmill_skyeye"
    for name in ("skyeye.py", "skyeye.csv"):
        shutil.copy(source / name, tmp_path / "src/pipeline/alerts/surveys" / name)
    return tmp_path / "src"


def beside(tmp_path: Path) -> Path:
    """Return a folder with the package installed."""
    return skyeye.install(skyeye.write_package(tmp_path / "package"), tmp_path / "site")


@pytest.mark.parametrize("how", [inside, beside])
def test_light_curves(folder, tmp_path, how):
    path = how(tmp_path)
    environment = os.environ | {"PYTHONPATH": str(path)}
    run = [sys.executable, "-c", USE]
    out = subprocess.run(run, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
    names, files, light = json.loads(out.stdout)
    assert names == ["lsst", "pgir", "skyeye", "turbo", "wntr", "ztf"]
    assert all(Path(file).is_relative_to(path) for file in files)
    first = [row for row in light if row["candid"] == skyeye.CANDID]
    assert [(r["mjd"], r["filter"], r["origin"]) for r in first] == [
        (59999.0, "sdssg", None),
        (60000.25, "sdssg", None),
        (59997.0, "sdssg", "alert_fp"),
        (59998.0, "sdssg", "alert_fp"),
    ]
    limit, own, *forced = first
    assert limit["flux"] is None
    assert own["flux"] == pytest.approx(10 ** (-0.4 * (16.0 - 23.9)), rel=1e-6)
    assert [row["flux"] for row in forced] == [100.0, 100.0]
    assert {row["zp"] for row in first} == {23.9}
