"""A job that is killed between its results, or whose disk is full: nothing half-written stays."""

import json
import re

import pytest
from test_results import tables

pytestmark = pytest.mark.workflow
ROUNDS = (  # what runs together: a rule and its results
    {"sort_catalog": "catalogs/**/*", "convert_model": "models/**/*", "index_part": "packets/**/*"},
    {"index": "packets/*/*/*.parquet"},
    {"decode": "alerts/**/*", "score": "scores/**/*"},
    {"match": "matches/**/*", "summary": "summary/**/*"},
)
RENAMES = {"index_part": 2, "decode": 3}
"""The rename before which a job is killed, where it is not the first: others were done."""

BREAKER = '''
"""Breaks jobs as they write; Python imports this module as it starts."""
import os, resource, signal, sys

faults = dict(fault.split("=") for fault in os.environ.get("NIGHTMILL_FAULTS", "").split())
rules = [word.split(".")[-2] for word in sys.orig_argv if word.endswith(".py")]
for kind in [faults[rule] for rule in rules if rule in faults]:
    if kind == "full":  # a write beyond this size fails with an error of the system
        sys.dont_write_bytecode = True  # Python would leave modules that are cut off
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
    else:
        left, rename = [int(kind)], os.replace
        def replace(source, target, **options):
            left[0] -= 1
            if left[0]:
                return rename(source, target, **options)
            if os.path.isfile(source):
                os.truncate(source, os.path.getsize(source) // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        os.replace = replace
'''


@pytest.fixture
def breakable(workdir):
    """Return a fresh working directory whose jobs break as NIGHTMILL_FAULT says."""
    (workdir.path / "site").mkdir()
    (workdir.path / "site/sitecustomize.py").write_text(BREAKER)
    workdir.shadow(workdir.path / "site")
    return workdir


def test_killed_between_its_results(finished, breakable):
    for rules in ROUNDS:
        faults = {rule: RENAMES.get(rule, 1) for rule in rules}
        assert "died with SIGKILL" in run_broken(breakable, rules, faults)
    complete(breakable, finished)


def test_full_disk(finished, breakable):
    for rules in ROUNDS:
        output = run_broken(breakable, rules, dict.fromkeys(rules, "full"))
        for files in rules.values():
            folder = files.split("/")[0]
            assert re.search(f"File too large.*while writing results/{folder}/", output), output
        assert list((breakable.path / "results").rglob("*.part")) == []
    complete(breakable, finished)


def run_broken(workdir, rules: dict[str, str], faults: dict[str, object]) -> str:
    """Run with faults; each rule fails and leaves nothing; return the output."""
    words = " ".join(f"{rule}={fault}" for rule, fault in faults.items())
    output = workdir.snakemake("--cores", "2", ok=False, NIGHTMILL_FAULTS=words)
    for rule, files in rules.items():
        assert f"failed: {rule}" in output, output
        found = {path.relative_to(workdir.path) for path in workdir.path.glob(f"results/{files}")}
        assert [p for p in found if "/." not in str(p) and (workdir.path / p).is_file()] == []
    return output


def complete(workdir, finished) -> None:
    """Run to the end, and see that all is as if nothing had happened."""
    workdir.snakemake("--cores", "2")
    assert tables(workdir.path) == tables(finished.path)
    summaries = (d.path / "results/summary/ztf/20180201.json" for d in (workdir, finished))
    ours, theirs = (json.loads(path.read_text()) for path in summaries)
    assert ours == theirs
    assert list((workdir.path / "results").rglob("*.part")) == []
