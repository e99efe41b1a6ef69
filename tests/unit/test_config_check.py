"""What only the whole configuration shows to be wrong."""

import re

import pandas as pd
import pytest
from plans import check_config

from pipeline.alerts.domain import Night
from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError
from pipeline.crossmatch.checks import CATALOG_SUFFIXES
from pipeline.crossmatch.domain import CROSSMATCH
from pipeline.crossmatch.match import matches_schema
from pipeline.crossmatch.readers import FORMATS
from pipeline.io.tables import survey_schema
from pipeline.plan.check import check_request
from pipeline.plan.load import load_config
from pipeline.scores.domain import SCORES, Model
from pipeline.scores.scores_table import scores_schema

SCORES_COLUMNS, MATCHES_COLUMNS = SCORES.tables[0].fixed, CROSSMATCH.tables[0].fixed
MODEL = {"version": "1", "path": "m.h5"}
STARS = {"path": "stars.csv"}
OTHER = {"surveys": ["pgir"]}
ZTF = Night(survey="ztf", night="1", path="night")


def check(models=None, catalogs=None, nights=(ZTF,), **values):
    config = load_config(
        {"alerts": "a.tsv", "models": models or {}, "catalogs": catalogs or {}, **values}
    )
    check_request(Request(config, {"alerts": tuple(nights)}))


@pytest.mark.parametrize("name", SCORES_COLUMNS)
def test_a_model_called_as_a_column(name):
    with pytest.raises(ConfigError, match=f"models.{name}: a second column '{name}' in scores"):
        check({name: MODEL})


def test_columns_of_one_name():
    with pytest.raises(ConfigError, match="^models.a_reason: a second column 'a_reason'.*$"):
        check({"a": MODEL, "a_reason": MODEL})
    first, second = STARS | {"columns": ["b_c"]}, STARS | {"columns": ["c"]}
    with pytest.raises(ConfigError, match="^catalogs.a_b: a second column 'a_b_c' in matches"):
        check(catalogs={"a": first, "a_b": second})
    with pytest.raises(ConfigError, match="catalogs.match: a second column 'match_id'"):
        check(catalogs={"match": STARS | {"columns": ["id"]}})
    check({"a": MODEL, "a_reason": MODEL | OTHER}, {"a": first, "a_b": second | OTHER})


def test_the_columns_are_those_of_the_tables():
    names = survey_schema(scores_schema({"m": Model(**MODEL)})).names
    assert tuple(n for n in names if n not in ("m", "m_version", "m_reason")) == SCORES_COLUMNS
    assert tuple(survey_schema(matches_schema({})).names) == MATCHES_COLUMNS


def test_the_history_of_a_survey_that_is_none():
    check(history={"lsst": "new", "ztf": "all", "pgir": "none"})
    with pytest.raises(ConfigError, match="^history: unknown survey 'rubin'; there are lsst, .*$"):
        check(history={"rubin": "new"})


@pytest.mark.parametrize(
    "value", [{"lsst": "some"}, {"lsst": None}, {"lsst": True}, "new", ["all"]]
)
def test_the_history_has_three_words(value):
    with pytest.raises(ConfigError, match=r"^.*history.*$"):
        check(history=value)


def test_onnx_needs_onnxruntime():
    models = {"m": MODEL | {"path": "m.onnx"}}
    check(models)
    with pytest.raises(ConfigError, match="models.m.path: m.onnx needs the engine onnxruntime"):
        check(models, engine="tensorflow")


def test_alerts_as_a_catalogue():
    with pytest.raises(ConfigError, match="catalogs.c: matches .* of ztf .*: set surveys"):
        check(catalogs={"c": {"alerts": "ztf"}})
    check(catalogs={"c": {"alerts": "ztf", "surveys": ["ztf"]}})
    other = {"c": {"alerts": "pgir", "surveys": ["ztf"]}}
    with pytest.raises(ConfigError, match="catalogs.c.alerts: a.tsv has no night of pgir"):
        check(catalogs=other)
    check(catalogs=other, nights=[])


@pytest.mark.parametrize("name", ["c.zip", "c.txt.gz", "c.parquet.zip"])
def test_a_file_that_is_no_catalogue(name):
    with pytest.raises(ConfigError, match=f"catalogs.c.path: {name} ends in none of .parquet"):
        check(catalogs={"c": {"path": name}})


def test_files_that_are_catalogues(tmp_path):
    (tmp_path / "folder.of.files").mkdir()
    for name in ("c.CSV", "c.csv.gz", "c.v1.fits", str(tmp_path / "folder.of.files")):
        check(catalogs={"c": {"path": name}})
    assert tuple(FORMATS) == CATALOG_SUFFIXES


@pytest.mark.parametrize("suffix", ["csv", "tsv", "csv.gz", "parquet"])
def test_columns_that_a_catalogue_has_not(tmp_path, suffix):
    path = tmp_path / f"stars.{suffix}"
    table = pd.DataFrame({"ra": [1.0], "dec": [2.0], "type": ["S"]})
    if suffix == "parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, sep="\t" if suffix == "tsv" else ",", index=False)
    check(catalogs={"s": {"path": str(path), "columns": ["type"], "id": "ra"}})
    expected = f"catalogs.s: {path}: no column 'typ', 'name'; its columns are ra, dec, type"
    with pytest.raises(ConfigError, match=f"^{re.escape(expected)}$"):
        check(catalogs={"s": {"path": str(path), "columns": ["typ"], "id": "name"}})
    check(catalogs={"s": {"path": str(path), "columns": ["typ"], **OTHER}})  # of no night


def test_a_parquet_file_that_has_none_of_the_columns(tmp_path):
    """Other surveys' names of the position: the plan says so, not the job after the scores."""
    path = tmp_path / "vsx.parquet"
    pd.DataFrame({"RAJ2000": [1.0], "DEJ2000": [2.0]}).to_parquet(path)
    with pytest.raises(ConfigError, match=r"no column 'ra', 'dec'; its columns are RAJ2000, DEJ"):
        check(catalogs={"s": {"path": str(path)}})


def test_a_file_that_is_wrong_altogether_is_left_to_its_own_job(tmp_path):
    for name, content in (("a.csv", b"\0\1"), ("b.parquet", b"PAR1"), ("c.csv.gz", b"\x1f\x8b")):
        (tmp_path / name).write_bytes(content)
        check(catalogs={"s": {"path": str(tmp_path / name)}})


def test_kinds_of_dumps(tmp_path):
    (tmp_path / "2018.02.01").mkdir()
    (tmp_path / "file").touch()
    for name in ("x.zip", str(tmp_path / "file")):
        with pytest.raises(ConfigError, match="a.tsv: .* is no folder and ends in none of .avro"):
            check(nights=[ZTF.model_copy(update={"path": name})])
    for name in ("x.tar.gz", "x.parquet", "folder", str(tmp_path / "2018.02.01")):
        check(nights=[ZTF.model_copy(update={"path": name})])


@pytest.mark.parametrize(
    "path",
    [
        "results",
        "./results/",
        "results/alerts/ztf/1/0000.parquet",
        "a/../results/x.avro",
        ".",
        "..",
    ],
)
def test_a_dump_among_the_results(path):
    """Results that are made of themselves: a circle, or a night that grows with each run."""
    config = load_config({"alerts": "config/alerts.tsv"})
    with pytest.raises(
        ConfigError, match=r"^config/alerts.tsv: .*: a dump lies outside of results"
    ):
        check_config(config, [Night(survey="ztf", night="1", path=path)])


@pytest.mark.parametrize("path", ["results2/night.tar", "data/results", "../results.avro"])
def test_a_dump_beside_the_results(path):
    check_config(load_config({}), [Night(survey="ztf", night="1", path=path)])
