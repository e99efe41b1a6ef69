"""A working directory of the workflow, and snakemake run in it; a small night to run on."""

import os
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from networks import of_feature
from packets import container, packet
from warm import warm

ROOT = Path(__file__).parents[2]
OBJECTS = 12
LONGEST_S = 600
"""Of one run of snakemake, on a machine that has other things to do."""


@dataclass
class Workdir:
    """A working directory of the workflow; `variables` go into the environment of its runs."""

    path: Path
    variables: dict[str, str] = field(default_factory=dict)
    profile: str = str(ROOT / "profiles/local")
    checkout: Path = ROOT

    def configure(self, shards: int = 1, **changes) -> None:
        """Configure the small night (`make_workdir`), with some sections changed."""
        model = {
            "version": "1", "path": "bright.onnx", "inputs": ["features"], "features": ["magpsf"]
        }  # fmt: skip
        config = {
            "catalogs": {"stars": {"path": "stars.csv", "columns": ["type"], "radius_arcsec": 2.0}},
            "models": {"bright": model},
        }
        self.write_config({**config, **changes}, [("ztf", "20180201", "night", shards)])

    def write_config(self, config: dict, nights: Iterable[tuple]) -> None:
        """Write config.yaml, and alerts.tsv of (survey, night, path, shards).

        Without the morning page, which all else goes into, unless the configuration has it.
        """
        (self.path / "config").mkdir(exist_ok=True)
        config = {"alerts": "config/alerts.tsv", "report": False, **config}
        (self.path / "config/config.yaml").write_text(yaml.safe_dump(config))
        rows = [("survey", "night", "path", "shards"), *nights]
        lines = ["\t".join(map(str, row)) + "\n" for row in rows]
        (self.path / "config/alerts.tsv").write_text("".join(lines))

    def command(self, *arguments: str) -> list[str]:
        return [
            sys.executable, "-m", "snakemake",
            "--snakefile", str(self.checkout / "workflow/Snakefile"),
            "--profile", self.profile, *arguments,
        ]  # fmt: skip

    def shadow(self, folder: Path) -> None:
        """Put a folder before what jobs import: this checkout's package, not one installed."""
        self.variables["PYTHONPATH"] = os.pathsep.join([str(folder), str(self.checkout / "src")])

    def environment(self, **changes) -> dict[str, str]:
        environment = {**os.environ, **self.variables, **changes}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        return environment

    def snakemake(self, *arguments: str, ok: bool = True, **environment) -> str:
        command = self.command(*arguments)[3:]
        variables = self.environment(**environment)
        status, output = warm().run(command, self.path, variables, LONGEST_S)
        assert (status == 0) == ok, output
        return output

    def planned(self, *arguments: str, **environment) -> dict[str, int]:
        """Return how many jobs of each rule a dry run would do."""
        output = self.snakemake("--dry-run", *arguments, **environment)
        jobs = re.findall(r"^(\w+) +(\d+)$", output, flags=re.MULTILINE)
        return {rule: int(count) for rule, count in jobs if rule not in ("total", "all")}


def copy_checkout(path: Path, names: Iterable[str] = ("src/pipeline", "workflow")) -> Path:
    """Copy what a clone of the project has of code, with the times of now."""
    for name in names:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, path / name, ignore=ignored, copy_function=shutil.copyfile)
    return path


def copy_clone(path: Path) -> Path:
    """Copy all that a clone of the project has, with the times of now."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "results", "logs")
    shutil.copytree(ROOT, path, ignore=ignored, copy_function=shutil.copyfile)
    return path


def make_night(folder: Path, number: int = OBJECTS) -> None:
    folder.mkdir()
    for i in range(number):
        content = container([packet(1000 + i, f"ZTF18aaaaa{i:02d}", ra=10.0 + i, magpsf=15.0 + i)])
        (folder / f"{1000 + i}.avro").write_bytes(content)


def make_workdir(path: Path) -> Workdir:
    """Make a directory with a small night, a catalogue of its objects and a network."""
    make_night(path / "night")
    lines = [f"{10.0 + i + 0.0001},-5.0,S{i}" for i in range(OBJECTS)]
    (path / "stars.csv").write_text("\n".join(["ra,dec,type", *lines]) + "\n")
    of_feature(path / "bright.onnx")
    directory = Workdir(path)
    directory.configure()
    return directory
