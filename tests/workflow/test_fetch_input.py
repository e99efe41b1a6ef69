"""Catalogues, models and maps behind addresses are fetched once, and told by their addresses."""

from importlib.util import find_spec

import mapfiles
import pyarrow.parquet as pq
import pytest
from webserver import Site, serve
from workdir import OBJECTS

pytestmark = pytest.mark.workflow


@pytest.fixture
def sites(workdir):
    """Serve the small night's catalogue and model, and a map; the files are gone."""
    (workdir.path / "map.fits").write_bytes(mapfiles.flat())
    names = {"stars": "stars.csv", "bright": "bright.onnx", "map": "map.fits"}
    content = {key: (workdir.path / name).read_bytes() for key, name in names.items()}
    for name in names.values():
        (workdir.path / name).unlink()
    with (
        serve(Site(content["stars"]), names["stars"]) as stars,
        serve(Site(content["bright"]), names["bright"]) as bright,
        serve(Site(content["map"]), names["map"]) as sky,
    ):
        yield {"stars": stars, "bright": bright, "map": sky}


def configure(workdir, sites, query=""):
    model = {"version": "1", "inputs": ["features"], "features": ["magpsf"]}
    workdir.configure(
        catalogs={"stars": {"path": sites["stars"].url + query, "columns": ["type"]}},
        models={"bright": {**model, "path": sites["bright"].url}},
        maps="config/maps.tsv",
    )
    lines = f"event\tstream\tpath\nS1\tgw\t{sites['map'].url}\n"
    (workdir.path / "config/maps.tsv").write_text(lines)


def run(workdir, *arguments, ok=True):
    return workdir.snakemake("--cores", "1", *arguments, ok=ok, NO_PROXY="127.0.0.1")


def asked(sites):
    return {name: len(site.requests) for name, site in sites.items()}


def test_each_is_fetched_once_and_a_changed_one_alone_again(workdir, sites):
    configure(workdir, sites)
    assert workdir.planned()["fetch_input"] == 3
    run(workdir)
    assert asked(sites) == {"stars": 1, "bright": 1, "map": 1}
    matches = pq.read_table(workdir.path / "results/matches/ztf/20180201/0000.parquet")
    assert set(matches["stars_type"].to_pylist()) == {f"S{i}" for i in range(OBJECTS)}
    scores = pq.read_table(workdir.path / "results/scores/ztf/20180201/0000.parquet")
    assert scores["bright"].null_count == 0
    assert [p.name for p in (workdir.path / "results/inputs").rglob("map.fits")] == ["map.fits"]
    assert workdir.planned() == {}
    sites["stars"].content = sites["stars"].content.replace(b"S3", b"T3")
    configure(workdir, sites, "?version=2")
    assert workdir.planned() == {"fetch_input": 1, "sort_catalog": 1, "match": 1}
    run(workdir)
    assert asked(sites) == {"stars": 2, "bright": 1, "map": 1}
    matches = pq.read_table(workdir.path / "results/matches/ztf/20180201/0000.parquet")
    assert {"T3"} == set(matches["stars_type"].to_pylist()) - {f"S{i}" for i in range(OBJECTS)}


def test_a_store_of_objects_without_its_plugin(workdir):
    """With it: docs/get-alerts.md says what was tried."""
    if find_spec("snakemake_storage_plugin_s3") is not None:
        pytest.skip("it is installed here")
    workdir.configure(catalogs={"stars": {"path": "s3://sky/stars.csv", "columns": ["type"]}})
    said = run(workdir, ok=False)
    assert "s3://sky/stars.csv: s3:// needs the package snakemake-storage-plugin-s3" in said


def test_an_address_without_a_file_is_named(workdir, sites):
    configure(workdir, sites)
    sites["stars"].faults = [404]
    said = run(workdir, ok=False)
    assert f"{sites['stars'].url}: 404" in said
    run(workdir)
    assert asked(sites) == {"stars": 2, "bright": 1, "map": 1}
