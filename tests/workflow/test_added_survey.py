"""A survey added as docs/add-a-survey.md says goes through the whole workflow."""

import json

import pyarrow.parquet as pq
import pytest
import skyeye

pytestmark = [pytest.mark.workflow, pytest.mark.documents]
NIGHT = "skyeye/20260101"


def table(two_surveys, name):
    path = two_surveys.path / "results" / name / NIGHT / "0000.parquet"
    return pq.read_table(path).sort_by("candid")


def test_the_summary_is_the_documents(two_surveys):
    name = f"results/summary/{NIGHT}.json"
    assert json.loads((two_surveys.path / name).read_text()) == json.loads(skyeye.files()[name])


def test_alerts(two_surveys):
    alerts = table(two_surveys, "alerts")
    assert alerts["candid"].to_pylist() == [skyeye.CANDID + i for i in range(6)]
    assert alerts["object_id"].to_pylist() == [f"SKY{i // 2}" for i in range(6)]
    assert alerts["jd"].to_pylist() == [2460000.75 + i for i in range(6)]
    assert alerts["magpsf"].to_pylist() == [16.0 + i for i in range(6)]
    assert set(alerts["survey"].to_pylist()) == {"skyeye"}
    units = {f.name: (f.metadata or {}).get(b"unit") for f in alerts.schema}
    assert (units["fwhm"], units["magpsf"], units["ra"]) == (b"arcsec", b"mag", b"deg")
    assert units["band"] is None


def test_history(two_surveys):
    history = table(two_surveys, "history").to_pandas()
    assert history.groupby("kind", observed=True).size().to_dict() == {"prv": 6, "forced": 12}
    assert set(history[history.kind == "forced"].zp) == {23.9}
    assert set(history[history.kind == "prv"]["filter"]) == {"sdssg", "sdssr"}
    assert set(history[history.kind == "prv"].diffmaglim) == {20.5}


def test_rejected(two_surveys):
    rejected = {row["source"]: row for row in table(two_surveys, "rejected").to_pylist()}
    cut, nowhere = (rejected[f"data/skyeye/{name}.avro"] for name in ("cut", "nowhere"))
    assert (cut["stage"], nowhere["stage"]) == ("read", "clean")
    assert "truncated" in cut["reason"]
    assert nowhere["reason"] == "dec is null or outside [-90, 90]"
    assert nowhere["candid"] == skyeye.CANDID + 6


def test_scores(two_surveys):
    assert table(two_surveys, "scores")["bright"].to_pylist() == [16.0 + i for i in range(6)]


def test_matches_with_a_catalogue_and_with_alerts_of_ztf(two_surveys):
    matches = table(two_surveys, "matches").to_pylist()
    of = {(m["candid"] - skyeye.CANDID, m["catalog"]): m for m in matches}
    assert len(of) == len(matches) == 12
    for i in range(6):
        assert of[i, "stars"]["stars_type"] == f"S{i}"
        assert of[i, "ztf_alerts"]["match_id"] == str(1000 + i)
        assert of[i, "ztf_alerts"]["ztf_alerts_object_id"] == f"ZTF18aaaaa{i:02d}"


def test_a_change_of_its_columns_runs_its_nights_only(two_surveys):
    assert two_surveys.planned() == {}
    columns = two_surveys.path / "site/nightmill_skyeye/skyeye.csv"
    text = columns.read_text()
    columns.write_text(text + "camera,int32,,measurement.camera\n")
    planned = two_surveys.planned()
    columns.write_text(text)
    rules = ("index_part", "index", "decode", "score", "match", "summary")
    assert planned == dict.fromkeys(rules, 1)
