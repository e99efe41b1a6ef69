"""A wrong configuration stops before any work, in one line; a bad input is told by name."""

import shutil

import pytest
import yaml
from workdir import ROOT

pytestmark = pytest.mark.workflow
MODEL = {"version": "1", "path": "bright.onnx", "inputs": ["features"], "features": ["magpsf"]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"catalog": {}}, "configuration: catalog: unknown key; allowed are alerts, "),
        ({"models": {"m": {**MODEL, "input": 1}}}, "configuration: models.m.input: unknown key"),
        ({"engine": "torch"}, "configuration: engine: Input should be"),
        ({"alerts": "nothing.tsv"}, "nothing.tsv: cannot be read"),
        (
            {"models": {"m": {**MODEL, "surveys": ["zft"]}}},
            "models.m.surveys: unknown survey 'zft'",
        ),
        ({"models": {"candid": MODEL}}, "models.candid: a second column 'candid' in scores"),
    ],
)
def test_wrong_configuration(workdir, changes, message):
    workdir.configure(**changes)
    output = workdir.snakemake(ok=False)
    assert message in output
    assert "Traceback" not in output
    assert not (workdir.path / "results").exists()


def test_a_column_misspelt_leaves_the_store(ran):
    """A job would find out only after Snakemake has removed what it is to make anew."""
    store = ran.path / "results/catalogs/stars/meta.json"
    before = store.read_text()
    ran.configure(catalogs={"stars": {"path": "stars.csv", "columns": ["typ"]}})
    output = ran.snakemake(ok=False)
    line = "catalogs.stars: stars.csv: no column 'typ'; its columns are ra, dec, type"
    assert line in output.splitlines()
    assert store.read_text() == before


def test_missing_dump(workdir):
    (workdir.path / "config/alerts.tsv").write_text("survey\tnight\tpath\nztf\t1\tmissing.tar.gz\n")
    output = workdir.snakemake(ok=False)
    assert "missing.tar.gz" in output
    assert not (workdir.path / "results").exists()


def test_bad_catalogue_and_bad_model_do_not_stop_the_rest(workdir):
    (workdir.path / "bad.onnx").write_bytes(b"not a model")
    (workdir.path / "stars.csv").write_text("ra,dec\nhere,there\n")
    catalogs = {"stars": {"path": "stars.csv"}}
    workdir.configure(catalogs=catalogs, models={"bad": {**MODEL, "path": "bad.onnx"}})
    output = workdir.snakemake("--cores", "1", ok=False)
    assert "stars.csv" in output
    assert "none of its 1 rows has a valid position" in output
    assert "bad.onnx" in output
    assert (workdir.path / "results/summary/ztf/20180201.json").exists()
    assert not (workdir.path / "results/matches").exists()
    assert not (workdir.path / "results/catalogs/stars").exists()
    log = (workdir.path / "logs/sort_catalog/stars.log").read_text()
    assert "stars.csv" in log


def test_results_that_cannot_be_written(workdir):
    (workdir.path / "results").write_text("a file where the folder should be")
    output = workdir.snakemake(ok=False)
    assert "results" in output
    assert (workdir.path / "results").read_text().startswith("a file")


def test_override_from_the_command_line(workdir):
    other = workdir.path / "other.yaml"
    other.write_text(yaml.safe_dump({"models": {"bright": {**MODEL, "version": "9"}}}))
    jobs = workdir.planned("--configfile", "config/config.yaml", "other.yaml")
    assert jobs["score"] == 1
    assert "match" in workdir.planned()
    output = workdir.snakemake("--dry-run", "--config", "engine=torch", ok=False)
    assert "configuration: engine" in output


def test_the_shipped_configuration_does_nothing(workdir):
    shutil.rmtree(workdir.path / "config")
    shutil.copytree(ROOT / "config", workdir.path / "config")
    assert workdir.planned() == {}
    workdir.snakemake()
    assert not (workdir.path / "results").exists()


@pytest.mark.parametrize("what", ["--dag", "--rulegraph", "--summary"])
def test_inspection(workdir, what):
    output = workdir.snakemake(what)
    assert "decode" in output
