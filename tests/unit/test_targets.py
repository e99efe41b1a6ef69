"""Which files a configuration asks for."""

from pipeline.alerts.domain import Night
from pipeline.plan import targets
from pipeline.plan.load import load_config

CONFIG = load_config(
    {
        "models": {"m": {"version": "1", "path": "m.h5", "surveys": ["ztf"]}},
        "catalogs": {"c": {"path": "c.csv", "surveys": ["ztf", "pgir"]}},
    }
)
ZTF = Night(survey="ztf", night="1", path="https://host/dump.tar.gz", shards=2)
PGIR = Night(survey="pgir", night="1", path="folder")
LSST = Night(survey="lsst", night="1", path="folder")


def test_tables_follow_from_the_configuration():
    assert targets.tables_of(CONFIG, "ztf") == ["scores", "matches"]
    assert targets.tables_of(CONFIG, "pgir") == ["matches"]
    assert targets.tables_of(CONFIG, "lsst") == []


def test_targets_of_a_night():
    assert targets.night_targets(CONFIG, PGIR) == [
        "results/summary/pgir/1.json",
        "results/matches/pgir/1/0000.parquet",
    ]
    assert len(targets.night_targets(CONFIG, ZTF)) == 1 + 2 * 2


def test_dumps():
    assert targets.dump(PGIR) == "folder"
    assert targets.dump(ZTF) == "results/downloads/ztf/1/dump.tar.gz"
    assert targets.counts(ZTF) == [f"results/counts/ztf/1/000{k}.json" for k in (0, 1)]


def test_what_the_engine_reads():
    assert targets.networks(CONFIG, "ztf") == ["results/models/m.onnx"]
    tensorflow = CONFIG.model_copy(update={"engine": "tensorflow"})
    assert targets.networks(tensorflow, "ztf") == ["m.h5"]
    assert targets.networks(CONFIG, "pgir") == []


def test_catalogues():
    assert targets.stores(CONFIG, "pgir") == ["results/catalogs/c"]
    assert targets.stores(CONFIG, "lsst") == []
    assert targets.catalog_sources(CONFIG, [ZTF], "c") == ["c.csv"]
    config = load_config({"catalogs": {"z": {"alerts": "ztf", "surveys": ["pgir"]}}})
    assert targets.catalog_sources(config, [ZTF, PGIR], "z") == [
        f"results/alerts/ztf/1/000{k}.parquet" for k in (0, 1)
    ]
