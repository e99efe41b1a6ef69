"""The small night's working directory: fresh, or with the workflow run in it."""

import os
import shutil

import pytest
import skyeye
from workdir import ROOT, Workdir, make_workdir


@pytest.fixture
def workdir(tmp_path) -> Workdir:
    return make_workdir(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workdir:
    """Return a directory in which the workflow has run; tests change copies of it."""
    directory = make_workdir(tmp_path_factory.mktemp("finished"))
    directory.snakemake("--cores", "2")
    return directory


@pytest.fixture(scope="session")
def two_surveys(tmp_path_factory) -> Workdir:
    """Return a directory with the small night and one of docs/add-a-survey.md's, both run."""
    directory = make_workdir(tmp_path_factory.mktemp("two"))
    skyeye.write_night(directory.path / "data/skyeye")
    for name in ("config/alerts.tsv", "config/config.yaml"):
        (directory.path / name).write_text(skyeye.files()[name])
    package = skyeye.write_package(directory.path / "nightmill-skyeye")
    site = str(skyeye.install(package, directory.path / "site"))
    # with this checkout's package, where the one installed is another's
    directory.variables["PYTHONPATH"] = os.pathsep.join([site, str(ROOT / "src")])
    directory.snakemake("--cores", "2")
    return directory


@pytest.fixture
def ran(finished, tmp_path) -> Workdir:
    """Return a fresh copy of a directory in which the workflow has run."""
    shutil.copytree(finished.path, tmp_path / "work")  # keeps time stamps
    return Workdir(tmp_path / "work")
