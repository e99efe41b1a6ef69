"""A small night in a working directory of its own, and snakemake run on it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from networks import of_feature
from packets import container, packet

ROOT = Path(__file__).parents[2]
OBJECTS = 12


@dataclass
class Workdir:
    """A working directory of the workflow."""

    path: Path

    def configure(self, shards: int = 1, **changes) -> None:
        config = {
            "alerts": "config/alerts.tsv",
            "catalogs": {"stars": {"path": "stars.csv", "columns": ["type"], "radius_arcsec": 2.0}},
            "models": {
                "bright": {
                    "version": "1", "path": "bright.onnx", "inputs": ["features"],
                    "features": ["magpsf"],
                }
            },
        }  # fmt: skip
        (self.path / "config").mkdir(exist_ok=True)
        (self.path / "config/config.yaml").write_text(yaml.safe_dump({**config, **changes}))
        (self.path / "config/alerts.tsv").write_text(
            f"survey\tnight\tpath\tshards\nztf\t20180201\tnight\t{shards}\n"
        )

    def command(self, *arguments: str) -> list[str]:
        snakefile, profile = ROOT / "workflow/Snakefile", ROOT / "profiles/local"
        return [
            sys.executable, "-m", "snakemake", "--snakefile", str(snakefile),
            "--profile", str(profile), *arguments,
        ]  # fmt: skip

    def environment(self, **changes) -> dict[str, str]:
        environment = {**os.environ, **changes}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        return environment

    def snakemake(self, *arguments: str, ok: bool = True, **environment) -> str:
        ended = subprocess.run(
            self.command(*arguments),
            cwd=self.path,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        output = ended.stdout + ended.stderr
        assert (ended.returncode == 0) == ok, output
        return output

    def planned(self, *arguments: str, **environment) -> dict[str, int]:
        """Return how many jobs of each rule a dry run would do."""
        output = self.snakemake("--dry-run", *arguments, **environment)
        jobs = re.findall(r"^(\w+) +(\d+)$", output, flags=re.MULTILINE)
        return {rule: int(count) for rule, count in jobs if rule not in ("total", "all")}


def make_night(folder: Path, number: int = OBJECTS) -> None:
    folder.mkdir()
    for i in range(number):
        content = container([packet(1000 + i, f"ZTF18aaaaa{i:02d}", ra=10.0 + i, magpsf=15.0 + i)])
        (folder / f"{1000 + i}.avro").write_bytes(content)


def make_workdir(path: Path) -> Workdir:
    make_night(path / "night")
    lines = [f"{10.0 + i + 0.0001},-5.0,S{i}" for i in range(OBJECTS)]
    (path / "stars.csv").write_text("\n".join(["ra,dec,type", *lines]) + "\n")
    of_feature(path / "bright.onnx")
    directory = Workdir(path)
    directory.configure()
    return directory


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
