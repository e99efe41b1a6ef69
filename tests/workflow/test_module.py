"""The workflow as a module of another one, as Snakemake's users combine workflows."""

import json
import re
import subprocess
import sys

import pytest
from workdir import LONGEST_S, ROOT

pytestmark = pytest.mark.workflow
REPORT = """
rule report:
    input: rules.nightmill_summary.output[0].format(survey="ztf", night="20180201")
    output: "report.json"
    shell: "cp {input} {output}"
"""


def as_a_module(workdir) -> None:
    """Write a workflow that uses ours as README.md says."""
    readme = (ROOT / "README.md").read_text()
    (module,) = re.findall(r"^```snakemake\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL)
    (workdir.path / "nightmill").symlink_to(ROOT)
    (workdir.path / "Snakefile").write_text(module + REPORT)


def run(workdir, *arguments: str) -> str:
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    ended = subprocess.run(
        command, cwd=workdir.path, env=workdir.environment(), capture_output=True, text=True,
        check=False, timeout=LONGEST_S,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def test_as_a_module(workdir):
    as_a_module(workdir)
    run(workdir, "report.json")
    assert json.loads((workdir.path / "report.json").read_text())["alerts"] == 12


def test_a_module_removes_what_is_made_no_more(ran):
    """Snakemake leaves out the hooks of a module: a job does it."""
    as_a_module(ran)
    stale = ran.path / "results/alerts/ztf/20180201/0001.parquet"
    notes = stale.with_name("NOTES.txt")
    for path in (stale, notes):
        path.touch()
    assert "nightmill_tidy" in run(ran, "--dry-run", "nightmill_all")
    assert stale.exists()
    run(ran, "nightmill_all")
    assert not stale.exists() and notes.exists()
    assert f"removed {stale.relative_to(ran.path)}" in (ran.path / "logs/tidy.log").read_text()
    assert "Nothing to be done" in run(ran, "nightmill_all")
