"""docs/add-a-catalogue.md does what it says."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.domain import cones
from pipeline.crossmatch.shard import match_shard
from pipeline.plan.domains import Config

DOCUMENT = (Path(__file__).parents[2] / "docs/add-a-catalogue.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def matches(tmp_path, monkeypatch):
    """Return the matches of the document's alert with its catalogue."""
    monkeypatch.chdir(tmp_path)
    Path("galaxies.csv").write_text(blocks("csv")[0])
    catalogs = Config(**yaml.safe_load(blocks("yaml")[0])).catalogs
    stores = {name: tmp_path / name for name in catalogs}
    for name, catalog in catalogs.items():
        build_store(catalog.path, stores[name], catalog.source)
    candid, ra, dec = re.search(r"candid (\d+)\) at ra (\S+), dec (\S+) ", DOCUMENT).groups()
    alerts = pa.table({"candid": [int(candid)], "ra": [float(ra)], "dec": [float(dec)]})
    pq.write_table(alerts, "alerts.parquet")
    output = Path("results/matches/ztf/20200202/0000.parquet")
    match_shard(Path("alerts.parquet"), "ztf", stores, cones(catalogs, "ztf"), output)
    return pq.read_table(output)


def test_the_table_of_matches(matches):
    assert matches.to_pandas().to_string(index=False) == blocks("text")[0].rstrip()


@pytest.mark.usefixtures("matches")
def test_reading_it(capsys):
    (code,) = blocks("python")
    exec(compile(code, "add-a-catalogue.md", "exec"), {})
    assert "NGC 2" in capsys.readouterr().out


def test_the_other_configuration():
    catalogs = Config(**yaml.safe_load(blocks("yaml")[1])).catalogs
    assert catalogs["ztf_alerts"].radius("pgir") == 8
