"""docs/add-a-domain.md, carried out: its files alone make the domain."""

import json
import os
import re
import runpy
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from walkthrough import contents, follow, touched
from workdir import ROOT, Workdir, copy_checkout, make_workdir

pytestmark = [pytest.mark.workflow, pytest.mark.documents]
DOCUMENT = ROOT / "docs/add-a-domain.md"
FILES = {
    "src/pipeline/brightness/__init__.py",
    "src/pipeline/brightness/domain.py",
    "src/pipeline/brightness/jobs.py",
    "src/pipeline/contract/costs.csv",
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
    assert added.planned() == {
        "index_part": 1, "index": 1, "decode": 1, "summary": 1, "brightest": 1,
        "gather_night": 1, "report_night": 1, "report_index": 1,
    }  # fmt: skip
    config = yaml.safe_load((added.path / "config/config.yaml").read_text())
    (added.path / "other.yaml").write_text(yaml.safe_dump({**config, "brightness": None}))
    assert "brightest" not in added.planned("--configfile", "other.yaml")


def test_the_plan_is_snakemakes(added):
    command = [sys.executable, "-m", "pipeline.cli.main", "plan", "--json"]
    done = subprocess.run(
        command, cwd=added.path, env=added.environment(), check=True, stdout=subprocess.PIPE
    )
    plan = {rule["rule"]: rule["jobs"] for rule in json.loads(done.stdout)["rules"]}
    assert plan == added.planned()


def test_it_runs(added):
    """Without the morning page, which is planned above."""
    config = added.path / "config/config.yaml"
    config.write_text(config.read_text() + "report: false\n")
    added.snakemake("--cores", "2")
    alerts = pd.read_parquet(added.path / "results/alerts/ztf/20180201")
    found = json.loads((added.path / "results/brightness/ztf/20180201.json").read_text())
    assert found == {"magpsf": alerts.magpsf[alerts.isdiffpos].min()}
    assert added.planned() == {}
    said = nightmill(added, "summary", "--directory", str(added.path))
    assert f"  brightest alert of ztf 20180201: {found['magpsf']:.2f} mag" in said.splitlines()
    assert "brightest alert of ztf 20180201: 15.00 mag`" in DOCUMENT.read_text()


def test_a_changed_setting_reruns_its_job_alone(added):
    """Runs after the night is there."""
    config = yaml.safe_load((added.path / "config/config.yaml").read_text())
    config["brightness"]["positive"] = False
    (added.path / "all.yaml").write_text(yaml.safe_dump(config))
    assert added.planned("--configfile", "all.yaml") == {"brightest": 1}
    jobs = runpy.run_path(str(added.checkout / "src/pipeline/brightness/jobs.py"))
    table, output = added.path / "alerts.parquet", added.path / "found.json"
    pd.DataFrame({"magpsf": [15.0, 17.0], "isdiffpos": [False, True]}).to_parquet(table)
    for positive, least in ((True, 17.0), (False, 15.0)):
        jobs["brightest"]([str(table)], positive, str(output))
        assert json.loads(output.read_text()) == {"magpsf": least}


def test_a_wrong_key_is_told(added):
    wrong = {"alerts": "config/alerts.tsv", "brightness": {"survey": "ztf"}}
    (added.path / "wrong.yaml").write_text(yaml.safe_dump(wrong))
    output = added.snakemake("--dry-run", "--configfile", "wrong.yaml", ok=False)
    assert "brightness.survey: unknown key; allowed are surveys" in output


def test_a_misspelt_survey_is_told(added):
    wrong = {"alerts": "config/alerts.tsv", "brightness": {"surveys": ["ztf", "zft"]}}
    (added.path / "wrong.yaml").write_text(yaml.safe_dump(wrong))
    output = added.snakemake("--dry-run", "--configfile", "wrong.yaml", ok=False)
    assert "brightness.surveys: unknown survey 'zft'; there are " in output


def nightmill(added: Workdir, *arguments: str) -> str:
    command = [sys.executable, "-m", "pipeline.cli.main", *arguments]
    environment = os.environ | added.variables
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def test_its_section_is_in_the_documented_configuration(added):
    nightmill(added, "write-config", str(added.path / "new"))
    text = (added.path / "new/config.yaml").read_text()
    assert "# brightness:\n#   surveys: [ztf]  # surveys whose packets have magpsf" in text
    assert "Brightness" in json.loads((added.path / "new/config.schema.json").read_text())["$defs"]


def test_what_is_written_passes_lint(added):
    settings = ["--config", str(ROOT / "pyproject.toml"), "src"]
    for command in (["ruff", "check", *settings], ["ruff", "format", "--check", *settings]):
        subprocess.run([sys.executable, "-m", *command], cwd=added.checkout, check=True)
    command = [sys.executable, "-m", "snakefmt", "--check", "workflow"]
    subprocess.run(command, cwd=added.checkout, check=True)
