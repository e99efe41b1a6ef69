"""A working directory whose jobs a cluster runs, and what is compared of its results."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from pipeline.alerts.domain import ALERTS
from pipeline.archive.cones.choice import indexed
from pipeline.archive.cones.index import open_index
from pipeline.plan.domains import TABLES

ROOT = Path(__file__).parents[2]
NIGHT = "20260101"
MINUTES = 60
DECODED = tuple(table.name for table in ALERTS.tables)
NEEDS_A_PERSON = "assistant_scores"
"""A table that nobody has without having labelled."""
ALL_TABLES = tuple(table.name for table in TABLES if table.name != NEEDS_A_PERSON)

SCORE_ERROR = 1e-6
"""Stamps are divided by a norm that BLAS computes, as Kowalski does it. BLAS chooses its code by
the processor and by OPENBLAS_CORETYPE, which a pool's jobs do not inherit: the last bit differs."""


class Cluster(Protocol):
    """What the tests ask of a cluster."""

    profile: str
    options: tuple[str, ...]
    """Of snakemake: what makes tests quick, and nothing else."""

    def command(self, directory: Path, command: list[str]) -> list[str]:
        """Return how a command is run where the cluster's jobs can be submitted."""

    def adopt(self, folder: Path) -> None:
        """Make a folder that of the user who submits."""

    def jobs(self) -> dict[str, str]:
        """Return the rule of each job that runs, by id."""

    def requests(self, rule: str) -> list[tuple[int, int]]:
        """Return memory [MB] and CPUs that the jobs of a rule asked for, oldest first."""

    def remove(self, job: str) -> None:
        """Remove a job as a person does."""

    def preempt(self, job: str) -> None:
        """Take a job's machine away, as for a job of a higher priority: it goes back to wait."""

    def restart_scheduler(self) -> None:
        """Stop the daemon that takes jobs, and start it again."""

    def small_memory(self, rule: str) -> list[str]:
        """Return options that give a rule's first attempt far too little memory."""

    def forget(self) -> None:
        """Remove all jobs that are left, and let `requests` tell of later ones only."""


@dataclass
class Run:
    """A working directory whose jobs a cluster runs; no cluster is this machine."""

    path: Path
    cluster: Cluster | None = None
    profile: str | None = None
    source: Path = ROOT
    started: list[subprocess.Popen] = field(default_factory=list)

    def configure(self, **config) -> None:
        (self.path / "config.yaml").write_text(yaml.safe_dump({"alerts": "alerts.tsv", **config}))
        line = f"ztf\t{NIGHT}\tdata/ztf_public_{NIGHT}.tar.gz\t3\n"
        (self.path / "alerts.tsv").write_text("survey\tnight\tpath\tshards\n" + line)
        (self.path / "events.tsv").write_text(
            "event\tpath\tchunks\nsim\tevents/event_000000.json\t4\n"
        )

    def command(self, *arguments: str) -> list[str]:
        profile = self.profile or (self.cluster.profile if self.cluster else "local")
        snakefile = self.source / "workflow/Snakefile"
        command = [
            sys.executable, "-m", "snakemake", "--snakefile", str(snakefile),
            "--profile", str(self.source / "profiles" / profile), "--configfile", "config.yaml",
            *(self.cluster.options if self.cluster else ["--cores", "2"]), *arguments,
        ]  # fmt: skip
        return self.cluster.command(self.path, command) if self.cluster else command

    def start(self, *arguments: str) -> subprocess.Popen:
        if self.cluster:
            self.cluster.adopt(self.path)
        log = (self.path / "snakemake.out").open("w")
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.path, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def end(self) -> None:
        """Kill what a failed test has left."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def finish(self, process: subprocess.Popen, *, ok: bool = True) -> str:
        try:
            process.wait(timeout=6 * MINUTES)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        output = (self.path / "snakemake.out").read_text()
        assert (process.wait() == 0) == ok, output
        return output

    def snakemake(self, *arguments: str, ok: bool = True) -> str:
        return self.finish(self.start(*arguments), ok=ok)

    def planned(self) -> dict[str, int]:
        """Return how many jobs of each rule a dry run would do."""
        jobs = re.findall(r"^(\w+) +(\d+)$", self.snakemake("--dry-run"), flags=re.MULTILINE)
        return {rule: int(count) for rule, count in jobs if rule not in ("total", "all")}

    def wait_for(self, process: subprocess.Popen, rule: str) -> str:
        """Wait until a job of a rule runs; return its id."""
        while process.poll() is None:
            for job, name in self.cluster.jobs().items():
                if name == rule:
                    return job
            time.sleep(0.2)
        raise AssertionError(f"no job of {rule} was seen\n" + self.finish(process))


def everything() -> dict:
    """Return a configuration of the whole workflow."""
    stars = {"path": "data/stars.parquet", "id": "name", "columns": ["type"]}
    model = {"version": "1", "path": "realbogus.h5", "inputs": ["triplet"]}
    return {
        "catalogs": {"stars": stars},
        "models": {"realbogus": model},
        "events": "events.tsv",
        "skymaps": {"nsides": "8:0"},
        "filters": {"path": "filters", "skyportal": {}},
        "archive": {},
        "vra": {"filter": "near_star", "context": {"roles": {"star": ["stars"]}}},
    }


def same_values(one: pa.Table, other: pa.Table, error: float) -> bool:
    """Return whether two tables are equal, floats but for an error."""
    floats = [f.name for f in one.schema if error and pa.types.is_floating(f.type)]
    close = (
        np.allclose(
            one[name].to_numpy(), other[name].to_numpy(), rtol=0, atol=error, equal_nan=True
        )
        and one[name].is_null().equals(other[name].is_null())
        for name in floats
    )
    return (
        one.schema == other.schema
        and all(close)
        and (one.drop_columns(floats).equals(other.drop_columns(floats)))
    )


def assert_same(one: Path, other: Path, *tables: str) -> None:
    """Compare the tables of two working directories, file by file and row by row."""
    for table in tables:
        files = sorted((one / "results" / table).rglob("*.parquet"))
        found = sorted((other / "results" / table).rglob("*.parquet"))
        assert [f.relative_to(one) for f in files] == [f.relative_to(other) for f in found]
        assert files
        for file in files:
            mine, theirs = pq.read_table(file), pq.read_table(other / file.relative_to(one))
            assert same_values(mine, theirs, SCORE_ERROR if table == "scores" else 0.0), file
    summary = Path("results/summary/ztf") / f"{NIGHT}.json"
    assert (one / summary).is_file()
    assert json.loads((one / summary).read_text()) == json.loads((other / summary).read_text())


def assert_same_told(one: Path, other: Path) -> None:
    """Compare what the filters count, what SkyPortal is told, and the index by position."""
    night = f"ztf/{NIGHT}"
    for name in (f"filters/{night}.json", *(f"payloads/{night}/{n:04}.jsonl" for n in range(3))):
        mine, theirs = (path / "results" / name for path in (one, other))
        assert mine.stat().st_size
        assert mine.read_text() == theirs.read_text(), name
    mine, theirs = (open_index(path / "results/cones" / night) for path in (one, other))
    assert mine.ipix.size
    assert mine.ipix.tolist() == theirs.ipix.tolist()
    assert mine.vec.tobytes() == theirs.vec.tobytes()
    rows = (pa.Table.from_batches(i.rows.batches, i.rows.schema) for i in (mine, theirs))
    assert next(rows).equals(next(rows))
    # of the tables that came back to where they are searched
    assert [name for name, _ in indexed(other, "ztf")] == [f"results/cones/{night}"]


def assert_same_skymaps(one: Path, other: Path) -> None:
    """Compare all pixels of all events."""
    files = sorted((one / "results/skymaps").glob("*/run*.npz"))
    assert files
    for file in files:
        with np.load(file) as mine, np.load(other / file.relative_to(one)) as theirs:
            assert mine.files == theirs.files
            for name in mine.files:
                # To the bit; an energy that was not fitted is NaN, which equals nothing.
                assert mine[name].tobytes() == theirs[name].tobytes(), name
