"""What a release says of itself agrees, and the forge's workflows do what can be done here."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def versions():
    """Return the changelog's versions with their dates, the newest first."""
    return re.findall(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", CHANGELOG, flags=re.MULTILINE)


def test_every_heading_is_a_version_with_its_date():
    headings = re.findall(r"^## (.+)$", CHANGELOG, flags=re.MULTILINE)
    assert headings == ["Unreleased", *(f"{version} ({day})" for version, day in versions())]
    days = [date.fromisoformat(day) for _, day in versions()]
    assert days == sorted(days, reverse=True)


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    version, day = versions()[0]
    assert citation["version"] == PROJECT["version"] == version
    assert str(citation["date-released"]) == day
    assert citation["license"] == PROJECT["license"]
    assert [a["name"] for a in citation["authors"]] == [a["name"] for a in PROJECT["authors"]]
    assert {"cff-version", "message", "title"} < set(citation)  # what the format requires


def steps(path):
    jobs = yaml.safe_load(path.read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_targets_of_the_makefile(path):
    makefile = (ROOT / "Makefile").read_text()
    runs = "\n".join(step.get("run", "") for step in steps(path))
    targets = re.findall(r"^make ([\w-]+)", runs, flags=re.MULTILINE)
    assert targets
    assert all(f"\n{target}: " in makefile for target in targets)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_use_named_versions(path):
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", action) for action in used)
    assert "latest" not in path.read_text()


def test_the_forge_runs_what_ci_runs():
    ours = re.findall(r"^make ([\w-]+)", (ROOT / ".ci/run").read_text(), flags=re.MULTILINE)
    theirs = "\n".join(step.get("run", "") for step in steps(ROOT / ".github/workflows/ci.yml"))
    assert ours
    assert all(re.search(rf"^make {target}\b", theirs, flags=re.MULTILINE) for target in ours)


def test_pip_gets_one_tensorflow():
    """tf_keras asks for `tensorflow`: its extra has no other distribution of the same files."""
    needed = [Requirement(text).name for text in PROJECT["optional-dependencies"]["tensorflow"]]
    assert [name for name in needed if name.startswith("tensorflow")] == ["tensorflow"]
    assert "\ntensorflow-cpu==" in (ROOT / "requirements.lock").read_text()  # the small one
