"""A simulated night of Rubin packets through the workflow."""

import json

import pyarrow.parquet as pq
import pytest
from workdir import Workdir

from pipeline.simulate.alerts import simulate_alerts

pytestmark = pytest.mark.workflow
NIGHT = "20260309"


@pytest.mark.parametrize("version", ["10.0", "11.0"])
def test_a_night_becomes_tables(tmp_path, version):
    data = tmp_path / "data"
    options = {"survey": "lsst", "format_": "container", "schema_version": version}
    dump = simulate_alerts(data, 60, 1, NIGHT, **options, stamps=False, defects=0.1)
    truth = pq.read_table(data / "truth.parquet").to_pandas()
    directory = Workdir(tmp_path)
    directory.write_config({}, [("lsst", NIGHT, f"data/{dump.name}", 2)])
    directory.snakemake("--cores", "2")
    found = pq.read_table(tmp_path / f"results/alerts/lsst/{NIGHT}").to_pandas()
    history = pq.read_table(tmp_path / f"results/history/lsst/{NIGHT}").to_pandas()
    good = truth[truth.defect.isna()].set_index("candid").sort_index()
    found = found.set_index("candid").sort_index()
    assert list(found.index) == list(good.index)
    assert list(found.object_id) == list(good.object_id)
    assert list(found.band) == list(good.band)
    lengths = history.groupby(["candid", "kind"], observed=True).size().unstack(fill_value=0)
    lengths = lengths.reindex(good.index, fill_value=0)
    assert list(lengths.prv) == list(good.earlier)
    assert list(lengths.forced) == list(good.forced)
    files = sorted((tmp_path / "results").rglob("night.json"))
    counts = json.loads(files[0].read_text()) if files else {}
    assert counts.get("unlisted_fields", []) == []
