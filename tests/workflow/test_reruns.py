"""What changed is run again with what depends on it, and nothing else."""

import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from networks import of_feature
from packets import container, packet
from workdir import OBJECTS, ROOT

from pipeline.plan.domains import TABLES

pytestmark = pytest.mark.workflow
ALERTS = "results/alerts/ztf/20180201/0000.parquet"
INDEXING = ("index_part", "index")


def test_first_run(ran):
    summary = json.loads((ran.path / "results/summary/ztf/20180201.json").read_text())
    assert (summary["read"], summary["alerts"]) == (OBJECTS, OBJECTS)
    scores = pq.read_table(ran.path / "results/scores/ztf/20180201/0000.parquet").to_pylist()
    assert {s["candid"]: s["bright"] for s in scores} == {
        1000 + i: 15.0 + i for i in range(OBJECTS)
    }
    matches = pq.read_table(ran.path / "results/matches/ztf/20180201/0000.parquet").to_pylist()
    assert {m["candid"]: m["stars_type"] for m in matches} == {
        1000 + i: f"S{i}" for i in range(OBJECTS)
    }


def test_nothing_changed(ran):
    assert ran.planned() == {}
    assert "Nothing to be done" in ran.snakemake()


def test_a_changed_packet(ran):
    path = ran.path / "night/1003.avro"
    path.write_bytes(container([packet(1003, "ZTF18aaaaa03", ra=13.0, magpsf=12.0)]))
    assert set(ran.planned()) == {*INDEXING, "decode", "score", "match", "summary"}


def test_a_new_packet(ran):
    (ran.path / "night/2000.avro").write_bytes(container([packet(2000, "ZTF18zzzzzzz")]))
    assert set(ran.planned()) == {*INDEXING, "decode", "score", "match", "summary"}


def test_a_changed_catalogue(ran):
    path = ran.path / "stars.csv"
    path.write_text(path.read_text() + "1,2,new\n")
    assert ran.planned() == {"sort_catalog": 1, "match": 1}


def test_a_changed_radius(ran):
    ran.configure(
        catalogs={"stars": {"path": "stars.csv", "columns": ["type"], "radius_arcsec": 3}}
    )
    assert ran.planned() == {"match": 1}


def test_what_is_kept_of_the_history(ran):
    """Scores are of all history whatever the table has, and another survey's is its own."""
    ran.configure(history={"lsst": "new"})
    assert ran.planned() == {}
    ran.configure(history={"ztf": "none"})
    assert ran.planned() == {"decode": 1, "match": 1, "summary": 1}
    ran.snakemake("--cores", "2")
    summary = json.loads((ran.path / "results/summary/ztf/20180201.json").read_text())
    assert (summary["history"], summary["history_left_out"]) == (0, 2 * OBJECTS)
    assert pq.read_table(ran.path / "results/history/ztf/20180201").num_rows == 0
    assert ran.planned() == {}
    ran.configure(history={"ztf": "all"})
    assert ran.planned() == {"decode": 1, "match": 1, "summary": 1}


def test_a_changed_column(ran):
    ran.configure(catalogs={"stars": {"path": "stars.csv", "radius_arcsec": 2.0}})
    assert ran.planned() == {"sort_catalog": 1, "match": 1}


def test_a_new_version_of_a_model(ran):
    model = {"version": "2", "path": "bright.onnx", "inputs": ["features"], "features": ["magpsf"]}
    ran.configure(models={"bright": model})
    assert ran.planned() == {"score": 1}


def test_a_changed_model_file(ran):
    of_feature(ran.path / "bright.onnx", "Neg")
    assert ran.planned() == {"convert_model": 1, "score": 1}


def make_older(path: Path) -> None:
    """Give a file that was written anew a time stamp before all results, as cp -p may."""
    os.utime(path, (1.5e9, 1.5e9))


def test_an_older_catalogue(ran):
    path = ran.path / "stars.csv"
    path.write_text(path.read_text() + "1,2,new\n")
    make_older(path)
    assert ran.planned() == {"sort_catalog": 1, "match": 1}


def test_an_older_model(ran):
    of_feature(ran.path / "bright.onnx", "Neg")
    make_older(ran.path / "bright.onnx")
    assert ran.planned() == {"convert_model": 1, "score": 1}


def test_an_older_dump(workdir):
    """It is indexed again, and every shard is decoded by the new index."""
    dump = workdir.path / "night.avro"
    dump.write_bytes(container([packet(i, f"ZTF18aaaaa{i:02d}") for i in range(10)]))
    workdir.configure(models={}, catalogs={})
    workdir.write_config({}, [("ztf", "20180201", "night.avro", 2)])
    workdir.snakemake("--cores", "2")
    assert workdir.planned() == {}
    dump.write_bytes(container([packet(i, f"ZTF18aaaaa{i:02d}") for i in range(20, 35)]))
    make_older(dump)
    assert workdir.planned() == {"index_part": 1, "index": 1, "decode": 2, "summary": 1}
    workdir.snakemake("--cores", "2")
    summary = json.loads((workdir.path / "results/summary/ztf/20180201.json").read_text())
    assert summary["alerts"] == 15
    assert workdir.planned() == {}


def test_what_concerns_another_survey(ran):
    surveys = ["ztf", "pgir"]
    radii = {"ztf": 2.0, "pgir": 8.0}
    stars = {"path": "stars.csv", "columns": ["type"], "radius_arcsec": radii, "surveys": surveys}
    model = {"version": "1", "path": "bright.onnx", "inputs": ["features"], "features": ["magpsf"]}
    ran.configure(catalogs={"stars": stars}, models={"bright": {**model, "surveys": surveys}})
    assert ran.planned() == {}


def test_folders_changed_in_place(workdir):
    """A folder's own time stamp tells of neither."""
    asked = ("--until", "index_part", "sort_catalog")
    stars, schema = workdir.path / "stars/part.parquet", workdir.path / "schemas/1.avsc"
    for path in (stars, schema):
        path.parent.mkdir()
    pq.write_table(pa.table({"ra": [1.0], "dec": [2.0]}), stars)
    schema.write_text('"long"')
    workdir.configure(catalogs={"stars": {"path": "stars"}}, models={})
    table = "survey\tnight\tpath\tschemas\nztf\t20180201\tnight\tschemas\n"
    (workdir.path / "config/alerts.tsv").write_text(table)
    workdir.snakemake("--cores", "2", *asked)
    assert workdir.planned(*asked) == {}
    with stars.open("r+b") as file:
        file.write(b"PAR1")
    assert workdir.planned(*asked) == {"sort_catalog": 1}
    schema.write_text('"float"')
    assert workdir.planned(*asked) == {"sort_catalog": 1, "index_part": 1}


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("crossmatch/match.py", {"match"}),
        ("scores/scores_table.py", {"score"}),
        ("alerts/history_table.py", {"decode", "score", "match", "summary"}),
        ("alerts/surveys/ztf.csv", {*INDEXING, "decode", "score", "match", "summary"}),
        ("alerts/surveys/pgir.csv", set()),
        ("events/event.py", set()),
    ],
)
def test_changed_package_code(ran, tmp_path, module, rules):
    """A copy of the package stands in for the installed one, then one module changes."""
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src/pipeline", source / "pipeline")
    environment = {"PYTHONPATH": str(source)}
    assert ran.planned(**environment) == {}
    path = source / "pipeline" / module
    last = "\nADDED = 1\n" if path.suffix == ".py" else "added,float32,,candidate.added\n"
    path.write_text(path.read_text() + last)
    assert set(ran.planned(**environment)) == rules


def test_a_comment_in_the_code_reruns_nothing(ran, tmp_path):
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src/pipeline", source / "pipeline")
    path = source / "pipeline/crossmatch/match.py"
    path.write_text(path.read_text() + "\n# a comment\n")
    assert ran.planned(PYTHONPATH=str(source)) == {}


def test_what_is_no_longer_made_is_removed_though_nothing_else_is_to_do(ran):
    """A dry run, and what does not run jobs, only looks."""
    stale = ran.path / "results/matches/ztf/20180201/0000.parquet"
    ran.configure(catalogs={})
    for look in (["--dry-run"], ["--rulegraph"], ["--summary"], ["--list-rules"]):
        ran.snakemake(*look)
        assert stale.exists()
    assert ran.planned() == {"tidy": 1}
    assert f"removed {stale.relative_to(ran.path)}" in ran.snakemake()
    assert not any((ran.path / "results/matches").rglob("*.*"))
    assert "Nothing to be done" in ran.snakemake()
    assert ran.planned() == {}
    # the same again
    stale.parent.mkdir(parents=True)
    stale.touch()
    assert ran.planned() == {"tidy": 1}
    ran.snakemake()
    assert not stale.exists()
    assert ran.planned() == {}


def test_touching_removes_nothing(ran):
    """It makes no results, so it takes none away."""
    stale = ran.path / "results/matches/ztf/20180201/0000.parquet"
    ran.configure(catalogs={})
    ran.snakemake("--touch", "--cores", "2")
    assert stale.exists()
    ran.snakemake("--cores", "2")
    assert not stale.exists()
    ran.snakemake("--touch", "--cores", "2")
    assert ran.planned() == {}


def test_what_is_made_no_more_goes_whatever_is_asked_for(ran):
    stale = ran.path / "results/alerts/ztf/20180201/0001.parquet"
    stale.touch()
    ran.snakemake("--cores", "2", "--forcerun", "summary", "results/summary/ztf/20180201.json")
    assert not stale.exists()


def test_a_survey_that_a_model_no_longer_lists_loses_its_scores(ran):
    model = {"version": "1", "path": "bright.onnx", "inputs": ["features"], "features": ["magpsf"]}
    ran.configure(models={"bright": {**model, "surveys": ["pgir"]}})
    assert ran.planned() == {"tidy": 1}
    ran.snakemake()
    assert not any((ran.path / "results/scores").rglob("*.parquet"))
    assert ran.planned() == {}


def test_fewer_shards_leave_no_old_ones(ran):
    ran.configure(shards=2)
    ran.snakemake("--cores", "2")
    folder = ran.path / "results/alerts/ztf/20180201"
    assert len(list(folder.glob("*.parquet"))) == 2
    ran.configure(shards=1)
    ran.snakemake("--cores", "2")
    made = [t.name for t in TABLES if (ran.path / "results" / t.name).is_dir()]
    assert {"alerts", "history", "rejected", "scores", "matches"} <= set(made)
    for name in made:
        folder = ran.path / f"results/{name}/ztf/20180201"
        assert [path.name for path in folder.glob("*.parquet")] == ["0000.parquet"]
    assert ran.planned() == {}
