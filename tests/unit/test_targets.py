"""Which files a configuration asks for."""

import shutil
from pathlib import Path

from pipeline.alerts.domain import Night
from pipeline.contract import paths
from pipeline.contract.request import Request
from pipeline.crossmatch import domain as crossmatch
from pipeline.plan.domains import TABLES
from pipeline.plan.load import load_config
from pipeline.plan.targets import all_targets, lost_tables, rules_of, tables_of
from pipeline.scores.domain import networks

CONFIG = load_config(
    {
        "report": False,
        "models": {"m": {"version": "1", "path": "m.h5", "surveys": ["ztf"]}},
        "catalogs": {"c": {"path": "c.csv", "surveys": ["ztf", "pgir"]}},
    }
)
ZTF = Night(survey="ztf", night="1", path="https://host/dump.tar.gz", shards=2)
PGIR = Night(survey="pgir", night="1", path="folder")


def asked(*nights, config=CONFIG):
    return Request(config, {"alerts": nights})


def test_tables_follow_from_the_configuration():
    always = [table.name for table in TABLES if table.made == "always"]
    assert always[:3] == ["alerts", "history", "rejected"]
    for survey, more in (("ztf", ["matches", "scores"]), ("pgir", ["matches"]), ("lsst", [])):
        assert [table.name for table in tables_of(asked(), survey)] == [*always, *more]


def test_targets_of_a_night():
    more = [table.name for table in TABLES if table.made == "always" and table.asked]
    assert not {"alerts", "history", "rejected"} & set(more)  # they come along with the summary
    assert all_targets(asked(PGIR)) == [
        "results/summary/pgir/1.json",
        *(f"results/{table}/pgir/1/0000.parquet" for table in [*more, "matches"]),
    ]
    assert len(all_targets(asked(ZTF))) == 1 + 2 * len([*more, "matches", "scores"])
    assert all_targets(asked()) == []


def test_tables_that_are_gone_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = asked(ZTF)
    assert list(lost_tables(request)) == []  # nothing has been done yet

    def write(*files):
        for file in map(Path, files):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()

    write("results/counts/ztf/1/0000.json", "results/counts/ztf/1/0001.json")
    for name in ("alerts", "history", "rejected"):
        write(f"results/{name}/ztf/1/0000.parquet")
    write("results/alerts/ztf/1/0001.parquet", "results/history/ztf/1/0001.parquet")
    assert list(lost_tables(request)) == ["results/rejected/ztf/1/0001.parquet"]
    shutil.rmtree("results/alerts")
    assert list(lost_tables(request)) == [
        "results/alerts/ztf/1/0000.parquet", "results/alerts/ztf/1/0001.parquet",
        "results/rejected/ztf/1/0001.parquet",
    ]  # fmt: skip
    Path("results/counts/ztf/1/0001.json").unlink()  # its job will be done anyway
    assert list(lost_tables(request)) == ["results/alerts/ztf/1/0000.parquet"]


def test_rules_of_what_is_used():
    assert rules_of(Request(load_config({}))) == []
    assert rules_of(asked(PGIR)) == ["alerts.smk", "crossmatch.smk", "scores.smk"]
    plain = {"report": False}
    assert rules_of(asked(PGIR, config=load_config(plain))) == ["alerts.smk"]
    assert rules_of(asked(PGIR, config=load_config({}))) == ["alerts.smk", "report.smk"]


def test_dumps():
    assert PGIR.dump == "folder"
    assert ZTF.dump == "results/downloads/ztf/1/dump.tar.gz"
    assert ZTF.counts == [f"results/counts/ztf/1/000{k}.json" for k in (0, 1)]


def test_what_the_engine_reads():
    assert networks(asked(), "ztf") == ["results/models/m.onnx"]
    tensorflow = CONFIG.model_copy(update={"engine": "tensorflow"})
    assert networks(asked(config=tensorflow), "ztf") == ["m.h5"]
    assert networks(asked(), "pgir") == []


def test_catalogues():
    assert crossmatch.stores(asked(), "pgir") == ["results/catalogs/c"]
    assert crossmatch.stores(asked(), "lsst") == []
    assert crossmatch.sources(asked(ZTF), "c") == ["c.csv"]
    config = load_config({"catalogs": {"z": {"alerts": "ztf", "surveys": ["pgir"]}}})
    assert crossmatch.sources(asked(ZTF, PGIR, config=config), "z") == paths.of_shards(
        paths.table("alerts"), [ZTF]
    )
