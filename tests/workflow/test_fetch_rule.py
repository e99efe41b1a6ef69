"""A night behind an address is fetched, checked and processed by one command."""

import hashlib
import tarfile
import threading

import pyarrow.parquet as pq
import pytest
from webserver import Site, serve
from workdir import OBJECTS

pytestmark = pytest.mark.workflow
DOWNLOAD = "results/downloads/ztf/20180201/night.tar.gz"


@pytest.fixture
def site(workdir):
    """Serve the small night as a tarball; the folder it came from is gone."""
    with tarfile.open(workdir.path / "night.tar.gz", "w:gz") as archive:
        archive.add(workdir.path / "night", "night")
    content = (workdir.path / "night.tar.gz").read_bytes()
    (workdir.path / "night").rename(workdir.path / "elsewhere")
    with serve(Site(content)) as running:
        yield running


def list_night(workdir, site, sha256, **changes):
    workdir.configure(catalogs={}, models={}, **changes)
    (workdir.path / "config/alerts.tsv").write_text(
        f"survey\tnight\tpath\tsha256\nztf\t20180201\t{site.url}\t{sha256}\n"
    )


def run(workdir, *arguments, ok=True):
    return workdir.snakemake("--cores", "1", *arguments, ok=ok, NO_PROXY="127.0.0.1")


def test_fetch(workdir, site):
    list_night(workdir, site, hashlib.sha256(site.content).hexdigest())
    site.faults = [("cut", 500)]
    run(workdir)
    assert site.asked_from == [None, "bytes=500-"]
    assert (workdir.path / DOWNLOAD).read_bytes() == site.content
    log = (workdir.path / f"{DOWNLOAD.replace('results/downloads', 'logs/fetch')}.log").read_text()
    assert "IncompleteRead" in log
    alerts = pq.read_table(workdir.path / "results/alerts/ztf/20180201/0000.parquet")
    assert alerts.num_rows == OBJECTS
    assert workdir.planned() == {}


def test_what_is_not_what_was_expected_is_not_processed(workdir, site):
    list_night(workdir, site, "0" * 64)
    output = run(workdir, ok=False)
    assert f"FetchError: {site.url}: sha256 is " in output
    assert [p for p in (workdir.path / "results").rglob("*") if p.is_file()] == []


def test_a_server_that_drips_costs_its_night(workdir, site):
    sha256 = hashlib.sha256(site.content).hexdigest()
    list_night(workdir, site, sha256, fetch_patience_s=1.0)
    release = threading.Event()
    site.faults = [("drip", 500, 0.1, release)]
    output = run(workdir, ok=False)
    release.set()
    assert f"FetchError: {site.url}: given up, less than 262144 bytes came in 1 s" in output
    run(workdir)
    assert (workdir.path / DOWNLOAD).read_bytes() == site.content
