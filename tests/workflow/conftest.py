"""The small night's working directory: fresh, or with the workflow run in it."""

import shutil

import pytest
from workdir import Workdir, make_workdir


@pytest.fixture
def workdir(tmp_path) -> Workdir:
    return make_workdir(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workdir:
    """Return a directory in which the workflow has run; tests change copies of it."""
    directory = make_workdir(tmp_path_factory.mktemp("finished"))
    directory.snakemake("--cores", "2")
    return directory


@pytest.fixture
def ran(finished, tmp_path) -> Workdir:
    """Return a fresh copy of a directory in which the workflow has run."""
    shutil.copytree(finished.path, tmp_path / "work")  # keeps time stamps
    return Workdir(tmp_path / "work")
