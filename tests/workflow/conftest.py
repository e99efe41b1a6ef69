"""The small night's working directory: fresh, or with the workflow run in it."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import skyeye
from workdir import Workdir, make_workdir


@pytest.fixture
def workdir(tmp_path) -> Workdir:
    return make_workdir(tmp_path)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a directory that one of the run's workers (``pytest -n``) makes, for all of them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make(path := factory.mktemp(name))
        return path
    common = factory.getbasetemp().parent  # each worker has a folder of its own in the run's
    path, made = common / name, common / f"{name}.made"
    with (common / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes later waits
        if not made.exists():
            shutil.rmtree(path, ignore_errors=True)  # of one that failed
            path.mkdir()
            make(path)
            made.touch()
    return path


def run_small(path: Path) -> None:
    make_workdir(path).snakemake("--cores", "2")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workdir:
    """Return a directory in which the workflow has run; tests change copies of it."""
    return Workdir(made_once(tmp_path_factory, "finished", run_small))


def run_two(path: Path) -> None:
    directory = make_workdir(path)
    skyeye.write_night(path / "data/skyeye")
    for name in ("config/alerts.tsv", "config/config.yaml"):
        (path / name).write_text(skyeye.files()[name])
    with (path / "config/config.yaml").open("a") as config:
        config.write("report: false\n")  # as the small night's
    skyeye.install(skyeye.write_package(path / "nightmill-skyeye"), path / "site")
    with_site(directory).snakemake("--cores", "2")


def with_site(directory: Workdir) -> Workdir:
    directory.shadow(directory.path / "site")
    return directory


@pytest.fixture(scope="session")
def two_surveys(tmp_path_factory) -> Workdir:
    """Return a directory with the small night and one of docs/add-a-survey.md's, both run."""
    return with_site(Workdir(made_once(tmp_path_factory, "two", run_two)))


@pytest.fixture
def ran(finished, tmp_path) -> Workdir:
    """Return a fresh copy of a directory in which the workflow has run."""
    shutil.copytree(finished.path, tmp_path / "work")  # keeps time stamps
    return Workdir(tmp_path / "work")
