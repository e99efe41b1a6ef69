"""All real dumps through snakemake at once: counts, scores and matches."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from workdir import Workdir

pytestmark = [pytest.mark.real, pytest.mark.workflow]

# survey, night, path under data/alerts, shards, packets
NIGHTS = [
    ("ztf", "single", "ztf", 2, 24),
    ("ztf", "20180201", "ztf_tarballs/ztf_public_20180201.tar.gz", 1, 21),
    ("ztf", "20180819", "ztf_tarballs/ztf_public_20180819_mod1000.tar.gz", 1, 30),
    ("ztf", "fink", "ztf_real_alerts.parquet", 3, 488),
    ("pgir", "20210629", "pgir", 1, 9),
    ("wntr", "20240311", "wntr", 1, 6),
    ("turbo", "test", "turbo", 1, 6),
    ("lsst", "fink", "lsst", 1, 33),
]
OTHERS = ["pgir", "wntr", "turbo", "lsst"]
MODELS = ("braai", "acai_h")
RADII = {"vsx": 2.0, "mangrove": 60.0, "ztf_alerts": 3600.0}


def configuration(shared):
    catalogs, models = shared / "data/catalogs/real", shared / "data/models"
    return {
        "catalogs": {
            "vsx": {
                "path": str(catalogs / "vsx.parquet"), "ra": "RAJ2000", "dec": "DEJ2000",
                "columns": ["VType"], "radius_arcsec": RADII["vsx"],
            },
            "mangrove": {
                "path": str(catalogs / "mangrove_filtered.parquet"), "columns": ["lum_dist"],
                "radius_arcsec": RADII["mangrove"],
            },
            "ztf_alerts": {
                "alerts": "ztf", "columns": ["object_id"], "surveys": OTHERS,
                "radius_arcsec": RADII["ztf_alerts"],
            },
        },
        "models": {
            "braai": {"version": "d6_m9", "path": str(models / "braai_d6_m9.h5")},
            "acai_h": {
                "version": "d1_dnn_20201130", "inputs": ["features", "triplet"],
                "path": str(models / "acai_h.d1_dnn_20201130.h5"),
            },
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def ran(shared, tmp_path_factory):
    """Return a directory in which all dumps have been processed."""
    workdir = Workdir(tmp_path_factory.mktemp("real"))
    folder = shared / "data/alerts"
    nights = [(survey, night, folder / path, k) for survey, night, path, k, _ in NIGHTS]
    workdir.write_config(configuration(shared), nights)
    workdir.snakemake("--cores", "2")
    return workdir


def read(ran, table, pattern):
    files = sorted((ran.path / "results" / table).glob(f"{pattern}/*.parquet"))
    return pa.concat_tables([pq.read_table(file) for file in files])


@pytest.mark.parametrize(("survey", "night", "shards", "number"), [
    (survey, night, shards, number) for survey, night, _, shards, number in NIGHTS
])  # fmt: skip
def test_every_packet_is_an_alert(ran, survey, night, shards, number):
    summary = json.loads((ran.path / f"results/summary/{survey}/{night}.json").read_text())
    assert (summary["read"], summary["alerts"]) == (number, number)
    assert summary["unlisted_fields"] == []
    folder = ran.path / "results/alerts" / survey / night
    assert len(list(folder.iterdir())) == shards
    assert read(ran, "alerts", f"{survey}/{night}").num_rows == number
    assert read(ran, "history", f"{survey}/{night}").num_rows == summary["history"]
    assert summary["history"] > 0 or survey == "turbo"  # whose packets have none
    assert read(ran, "rejected", f"{survey}/{night}").num_rows == 0


@pytest.mark.parametrize("model", MODELS)
def test_scores_are_kowalskis(shared, ran, model):
    scores = {row["candid"]: row for row in read(ran, "scores", "ztf/single").to_pylist()}
    with (shared / "reference/alerts/scores.csv").open() as file:
        expected = {int(row["candid"]): float(row[model]) for row in csv.DictReader(file)}
    assert set(scores) == set(expected)
    for candid, score in expected.items():
        assert scores[candid][model] == pytest.approx(score, abs=1e-5)
        assert scores[candid][f"{model}_reason"] is None


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("night", "reason"),
    [("20180201", "science stamp is JPEG, not FITS"), ("fink", "no stamps")],
)
def test_stamps_that_are_none_give_no_scores(ran, night, reason, model):
    """In the first public nights stamps are JPEGs; Fink delivers none."""
    scores = read(ran, "scores", f"ztf/{night}")
    assert scores[model].null_count == scores.num_rows > 0
    assert set(scores[f"{model}_reason"].to_pylist()) == {reason}


def test_the_other_tarball_is_scored(ran):
    scores = read(ran, "scores", "ztf/20180819")
    for model in MODELS:
        given = scores[model].is_valid().to_numpy(zero_copy_only=False)
        reasons = scores[f"{model}_reason"].is_valid().to_numpy(zero_copy_only=False)
        assert (given ^ reasons).all()
    assert scores["braai"].null_count < scores.num_rows


def sky(table, ra="ra", dec="dec"):
    return SkyCoord(table[ra].to_numpy(), table[dec].to_numpy(), unit="deg")


def compare(matches, name, alerts, rows, ids):
    """Compare the matches with one catalogue with what astropy finds."""
    found = [row for row in matches.to_pylist() if row["catalog"] == name]
    i, j, separation, _ = search_around_sky(alerts[1], rows, RADII[name] * u.arcsec)
    expected = dict(zip(zip(alerts[0][i], ids[j], strict=True), separation.arcsec, strict=True))
    assert {(row["candid"], row["match_id"]) for row in found} == set(expected)
    for row in found:
        assert row["distance_arcsec"] == pytest.approx(
            expected[row["candid"], row["match_id"]], abs=1e-6
        )
    return len(found)


@pytest.mark.parametrize(
    ("name", "file", "ra", "dec"),
    [
        ("vsx", "vsx", "RAJ2000", "DEJ2000"),
        ("mangrove", "mangrove_filtered", "ra", "dec"),
    ],
)
def test_matches_are_astropys(shared, ran, name, file, ra, dec):
    alerts = read(ran, "alerts", "ztf/fink")
    rows = pq.read_table(shared / f"data/catalogs/real/{file}.parquet", columns=[ra, dec])
    ids = np.arange(rows.num_rows).astype(str)
    matches = read(ran, "matches", "ztf/fink")
    own = alerts["candid"].to_numpy(), sky(alerts)
    assert compare(matches, name, own, sky(rows, ra, dec), ids) > 20


def test_other_surveys_against_alerts_of_ztf(ran):
    ztf = read(ran, "alerts", "ztf/*")
    assert ztf.num_rows == 24 + 21 + 30 + 488
    ids = ztf["candid"].to_numpy().astype(str)
    found = 0
    for survey in OTHERS:
        alerts = read(ran, "alerts", f"{survey}/*")
        matches = read(ran, "matches", f"{survey}/*")
        own = alerts["candid"].to_numpy(), sky(alerts)
        found += compare(matches, "ztf_alerts", own, sky(ztf), ids)
    assert found > 0


def test_again_there_is_nothing_to_do(ran):
    assert ran.planned() == {}
