"""The workflow as a module of another one, as Snakemake's users combine workflows."""

import json
import re
import subprocess
import sys

import pytest
from workdir import ROOT

pytestmark = pytest.mark.workflow
REPORT = """
rule report:
    input: rules.nightmill_summary.output[0].format(survey="ztf", night="20180201")
    output: "report.json"
    shell: "cp {input} {output}"
"""


def test_as_a_module(workdir):
    readme = (ROOT / "README.md").read_text()
    (module,) = re.findall(r"^```snakemake\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL)
    (workdir.path / "nightmill").symlink_to(ROOT)
    (workdir.path / "Snakefile").write_text(module + REPORT)
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "report.json"]
    ended = subprocess.run(
        command, cwd=workdir.path, env=workdir.environment(), capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert json.loads((workdir.path / "report.json").read_text())["alerts"] == 12
