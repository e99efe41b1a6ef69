"""docs/add-a-domain.md, carried out: its files alone make the domain."""

import json
import os
import re
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from walkthrough import contents, follow, touched
from workdir import ROOT, Workdir, copy_checkout, make_workdir

pytestmark = pytest.mark.workflow
DOCUMENT = ROOT / "docs/add-a-domain.md"
FILES = {
    "src/pipeline/brightness/__init__.py",
    "src/pipeline/brightness/domain.py",
    "src/pipeline/brightness/jobs.py",
    "src/pipeline/plan/domains.py",
    "workflow/rules/brightness.smk",
    "workflow/scripts/brightest.py",
    "docs/brightness.md",
    "docs/README.md",
}


@pytest.fixture(scope="module")
def added(tmp_path_factory) -> Workdir:
    """Return the small night's directory, and a copy of the checkout with the domain."""
    path = tmp_path_factory.mktemp("brightness")
    checkout = copy_checkout(path / "clone", ("src/pipeline", "workflow", "docs"))
    before = contents(checkout)
    follow(DOCUMENT, checkout)
    assert touched(before, checkout) == FILES
    directory = make_workdir(path)
    directory.checkout = checkout
    directory.variables["PYTHONPATH"] = str(checkout / "src")
    (config,) = re.findall(r"^```yaml\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    (path / "config/config.yaml").write_text(config)
    return directory


def test_it_is_planned_where_its_section_is(added):
    assert added.planned() == {"index": 1, "decode": 1, "summary": 1, "brightest": 1}
    config = yaml.safe_load((added.path / "config/config.yaml").read_text())
    (added.path / "other.yaml").write_text(yaml.safe_dump({**config, "brightness": None}))
    assert "brightest" not in added.planned("--configfile", "other.yaml")


def test_it_runs(added):
    added.snakemake("--cores", "2")
    alerts = pd.read_parquet(added.path / "results/alerts/ztf/20180201")
    found = json.loads((added.path / "results/brightness/ztf/20180201.json").read_text())
    assert found == {"magpsf": alerts.magpsf.min()}
    assert added.planned() == {}


def test_a_wrong_key_is_told(added):
    wrong = {"alerts": "config/alerts.tsv", "brightness": {"survey": "ztf"}}
    (added.path / "wrong.yaml").write_text(yaml.safe_dump(wrong))
    output = added.snakemake("--dry-run", "--configfile", "wrong.yaml", ok=False)
    assert "brightness.survey: unknown key; allowed are surveys" in output


def test_its_section_is_in_the_documented_configuration(added):
    environment = os.environ | added.variables
    command = [sys.executable, "-m", "pipeline.cli.main", "write-config", str(added.path / "new")]
    subprocess.run(command, env=environment, check=True)
    text = (added.path / "new/config.yaml").read_text()
    assert "# brightness:\n#   surveys: [ztf]  # surveys whose packets have magpsf" in text
    assert "Brightness" in json.loads((added.path / "new/config.schema.json").read_text())["$defs"]


def test_what_is_written_passes_lint(added):
    settings = ["--config", str(ROOT / "pyproject.toml"), "src"]
    for command in (["ruff", "check", *settings], ["ruff", "format", "--check", *settings]):
        subprocess.run([sys.executable, "-m", *command], cwd=added.checkout, check=True)
    command = [sys.executable, "-m", "snakefmt", "--check", "workflow"]
    subprocess.run(command, cwd=added.checkout, check=True)
