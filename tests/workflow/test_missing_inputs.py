"""An input that is not there stops the run, unless what is there was made of it."""

import shutil

import pytest
from workdir import Workdir

from pipeline.events.geometry import IC86

pytestmark = pytest.mark.workflow
MODEL = {"version": "1", "path": "bright.onnx", "inputs": ["features"], "features": ["magpsf"]}
STARS = {"path": "stars.csv", "columns": ["type"], "radius_arcsec": 2.0}


def stops(directory: Workdir, line: str) -> None:
    """See that a dry run and a run say one line, and that nothing is done."""
    for arguments in (["--dry-run"], []):
        output = directory.snakemake(*arguments, ok=False)
        assert line in output.splitlines()
        assert "Error" not in output


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"models": {"bright": {**MODEL, "path": "nope.onnx"}}},
            "models.bright.path: nope.onnx is not there",
        ),
        (
            {"models": {"bright": MODEL, "new": {**MODEL, "path": "nope.onnx"}}},
            "models.new.path: nope.onnx is not there",
        ),
        (
            {"catalogs": {"stars": {**STARS, "path": "nope.csv"}}},
            "catalogs.stars.path: nope.csv is not there",
        ),
        (
            {"catalogs": {"stars": STARS, "new": {**STARS, "path": "nope.csv"}}},
            "catalogs.new.path: nope.csv is not there",
        ),
    ],
)
def test_a_path_that_changed_to_nothing(ran, changes, line):
    ran.configure(**changes)
    stops(ran, line)


def test_a_dump_renamed_in_the_table(ran):
    path = ran.path / "config/alerts.tsv"
    path.write_text(path.read_text().replace("\tnight\t1", "\tnope\t1"))
    stops(ran, "config/alerts.tsv: ztf 20180201: path: nope is not there")


def test_a_night_that_was_never_there(workdir):
    (workdir.path / "night").rename(workdir.path / "elsewhere")
    stops(workdir, "config/alerts.tsv: ztf 20180201: path: night is not there")


@pytest.mark.parametrize("name", ["night", "stars.csv", "bright.onnx"])
def test_raw_data_deleted_after_the_run(ran, name):
    (ran.path / name).rename(ran.path.parent / name)
    assert ran.planned() == {}
    assert "Nothing to be done" in ran.snakemake()


def test_deleted_raw_data_that_more_is_to_be_made_of(ran):
    (ran.path / "night").rename(ran.path.parent / "night")
    ran.configure(shards=2)
    stops(ran, "config/alerts.tsv: ztf 20180201: path: night is not there")


@pytest.fixture
def scanned(workdir) -> Workdir:
    """Return a directory whose scan of an event stands in Snakemake's records, without one."""
    (workdir.path / "event.json").touch()
    shutil.copy(IC86, workdir.path / "doms.csv")
    write_events(workdir, "event.json", "doms.csv")
    files = workdir.snakemake("--summary").splitlines()
    for file in (line.split("\t")[0] for line in files if line.startswith("results/")):
        (workdir.path / file).parent.mkdir(parents=True, exist_ok=True)
        (workdir.path / file).touch()
    workdir.snakemake("--touch", "--forceall", "--cores", "1")
    assert workdir.planned() == {}
    return workdir


def write_events(directory: Workdir, event: str, geometry: str) -> None:
    """Write the configuration of one event."""
    (directory.path / "config/events.tsv").write_text(f"event\tpath\nIC1\t{event}\n")
    config = {"alerts": None, "events": "config/events.tsv", "skymaps": {"geometry": geometry}}
    directory.write_config(config, [])


def test_an_event_and_a_geometry_that_changed_to_nothing(scanned):
    write_events(scanned, "nope.json", "doms.csv")
    stops(scanned, "config/events.tsv: IC1: path: nope.json is not there")
    write_events(scanned, "event.json", "nope.csv")
    stops(scanned, "skymaps.geometry: nope.csv is not there")


def test_an_event_and_a_geometry_deleted_after_the_run(scanned):
    for name in ("event.json", "doms.csv"):
        (scanned.path / name).unlink()
    assert scanned.planned() == {}
