"""Results do not depend on shards and cores, and a killed run is completed by the next."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.plan.domains import TABLES

pytestmark = pytest.mark.workflow
# a table without a key is history, in the order of its packets but for the shards; all are of
# one survey, and pyarrow does not sort by a dictionary
KEYS = {
    table.name: [key for key in table.keys or ("candid", "jd") if key != "survey"]
    for table in TABLES
}
RULES = ("sort_catalog", "decode", "score")


def tables(path: Path) -> dict[str, list[dict]]:
    """Return the rows of all tables in an order that does not depend on shards."""
    found = {}
    for name, keys in KEYS.items():
        files = sorted((path / "results" / name).rglob("*.parquet"))
        if not files:  # the small night has no filters: test_filters_workflow.py
            continue
        table = pa.concat_tables([pq.read_table(f) for f in files])
        found[name] = table.sort_by([(key, "ascending") for key in keys]).to_pylist()
    return found


def test_seven_shards_on_one_core_are_one_shard_on_two(finished, workdir):
    workdir.configure(shards=7)
    workdir.snakemake("--cores", "1")
    assert tables(workdir.path) == tables(finished.path)
    seven = sorted((workdir.path / "results/alerts/ztf/20180201").glob("*.parquet"))
    assert len(seven) == 7


def test_killed_with_snakemake(finished, workdir):
    """kill −9 of snakemake and its jobs, somewhere in a job; test_faults does it in each rule."""
    chance = random.Random(3)
    alive = set(RULES)
    while alive:
        process = subprocess.Popen(
            workdir.command("--cores", "1"),
            cwd=workdir.path,
            env=workdir.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        rule = wait_for_job(process, alive)
        assert rule, f"no job of {alive} was seen"
        alive.remove(rule)
        time.sleep(chance.uniform(0.0, 0.8))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for file in (workdir.path / "results").rglob("*.parquet"):
            if not file.name.startswith("."):
                pq.read_table(file)  # whole, or not there
        workdir.snakemake("--unlock")
    workdir.snakemake("--cores", "2")
    assert tables(workdir.path) == tables(finished.path)
    left = [p for p in (workdir.path / "results").rglob(".*") if p.name != ".snakemake_timestamp"]
    assert left == []
    assert workdir.planned() == {}


def wait_for_job(process: subprocess.Popen, rules: set[str]) -> str | None:
    """Wait until a job of one of the rules runs; None if the process ends before."""
    while process.poll() is None:
        try:
            children = psutil.Process(process.pid).children(recursive=True)
            commands = [" ".join(child.cmdline()) for child in children]
        except psutil.NoSuchProcess:
            continue
        for rule in rules:
            if any(command.endswith(f".{rule}.py") for command in commands):
                return rule
        time.sleep(0.01)
    return None
