"""Clusters that run here for the time of the tests, and what is run on them."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from pipeline.events.geometry import IC86_LIKE, read_geometry
from pipeline.simulate.alerts import simulate_alerts
from pipeline.simulate.events import write_events

sys.path.insert(0, str(Path(__file__).parent))
from cluster_filters import write_filters
from cluster_run import NIGHT, ROOT, Run, everything
from daemons import missing_for_install
from htcondor_client import HTCondor
from slurm_client import Slurm

CLUSTERS = {"slurm": Slurm, "htcondor": HTCondor}


def pytest_configure(config):
    config.addinivalue_line("markers", "clusters: starts SLURM and HTCondor")


def pytest_ignore_collect(config):
    """Collect these tests only if they are asked for: `make test` neither installs nor starts."""
    return None if any("clusters" in argument for argument in config.args) else True


@pytest.fixture(scope="module", params=CLUSTERS)
def cluster(request):
    """Return a running cluster; where none can be started the tests are skipped, but not in CI."""
    kind = CLUSTERS[request.param]
    reason = missing_for_install() or kind.unavailable()
    if reason:
        assert os.environ.get("CI") != "true", reason
        pytest.skip(reason)
    running = kind()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def run(cluster, inputs):
    """Return a fresh working directory whose jobs run on the cluster."""
    cluster.forget()
    path = cluster.work_folder()
    shutil.copytree(inputs, path, dirs_exist_ok=True)
    running = Run(path, cluster)
    yield running
    running.end()
    cluster.forget()
    shutil.rmtree(path)


@pytest.fixture
def decoding(run):
    """Return a working directory that just decodes: four jobs for the cluster."""
    run.configure()
    return run


@pytest.fixture(scope="session")
def inputs(tmp_path_factory) -> Path:
    """Return a folder with a small night, catalogues, a model, filters and an event."""
    folder = tmp_path_factory.mktemp("inputs")
    simulate_alerts(folder / "data", 120, 1, NIGHT, format_="tarball", defects=0.05)
    write_events(1, 3, folder / "events", "layered", read_geometry(IC86_LIKE))
    shutil.copy(ROOT / "demo/models/realbogus.h5", folder)
    write_filters(folder / "filters")
    return folder


@pytest.fixture(scope="session")
def local(inputs, tmp_path_factory) -> Path:
    """Return a directory in which the workflow has run without a cluster."""
    path = tmp_path_factory.mktemp("local") / "work"
    shutil.copytree(inputs, path)
    run = Run(path)
    run.configure(**everything())
    run.snakemake()
    return path
