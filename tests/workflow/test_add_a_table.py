"""docs/add-a-table.md, carried out: its files alone make the table, everywhere."""

import os
import re
import subprocess
import sys

import pandas as pd
import pyarrow.parquet as pq
import pytest
from walkthrough import contents, follow, touched
from workdir import ROOT, Workdir, copy_clone

from pipeline.alerts.surveys.registry import get_survey
from pipeline.simulate.alerts import simulate_alerts

pytestmark = [pytest.mark.workflow, pytest.mark.documents]
NIGHT = "20260101"
FILES = {
    "src/pipeline/alerts/activity.py",
    "src/pipeline/alerts/domain.py",
    "src/pipeline/contract/costs.csv",
    "workflow/rules/alerts.smk",
    "workflow/scripts/activity.py",
    "docs/tables.md",
    "docs/architecture.md",
    "README.md",
}
TESTS = (
    "tests/unit/test_targets.py",
    "tests/unit/test_tables_document.py",
    "tests/unit/test_docs_site.py::test_every_module_has_a_page",
    "tests/unit/test_docs_site.py::test_every_rule_is_described",
    "tests/unit/test_docs_site.py::test_the_pictures_of_the_architecture_are_the_codes",
    "tests/unit/test_house.py::test_imports_go_one_way[alerts]",
    "tests/unit/test_house.py::test_no_job_pays_for_the_configuration",
    "tests/unit/test_tidy.py",
    "tests/unit/test_plan.py::test_every_rule_has_its_costs",
    "tests/unit/test_plan.py::test_every_figure_says_where_it_comes_from",
    "tests/unit/test_plan.py::test_each_survey_has_its_packets",
    "tests/unit/test_plan.py::test_it_fits_80_columns",
    "tests/workflow/test_plan_jobs.py::test_fetches_chunks_calibrations_and_alerts_as_a_catalogue",
)
"""What looks at all tables, or at all rules, and would see the new one. The graph of README.md is
written by the same lines that its test asks, a moment before."""


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Workdir:
    """Return a directory with a night of the workflow to which the table was added later."""
    path = tmp_path_factory.mktemp("activity")
    checkout = copy_clone(path / "clone")
    simulate_alerts(path / "data", 300, 1, NIGHT, stamps=False, format_="container")
    variables = {"PYTHONPATH": str(checkout / "src")}
    directory = Workdir(path, variables, checkout=checkout)
    directory.write_config({}, [("ztf", NIGHT, f"data/ztf_{NIGHT}.avro", 2)])
    directory.snakemake("--cores", "2")
    return directory


@pytest.fixture(scope="module")
def added(run) -> Workdir:
    """Return it after the document was followed: what is touched, and what that reruns."""
    before = contents(run.checkout)
    follow(ROOT / "docs/add-a-table.md", run.checkout)
    make_config(run)
    assert touched(before, run.checkout) == FILES
    assert run.planned() == {"activity": 2}
    run.snakemake("--cores", "2")
    assert run.planned() == {}
    return run


def make_config(run: Workdir) -> None:
    """Do what ``make config`` does, without its environment."""
    (recipe,) = re.findall(r"^config: .*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    for line in recipe.splitlines():
        command, *arguments = line.replace("$(BIN)/", "").split()
        python(run, *(["-m", "pipeline.cli.main"] if command == "nightmill" else []), *arguments)


def python(run: Workdir, *arguments: str) -> str:
    command = [sys.executable, *arguments]
    environment = os.environ | run.variables
    done = subprocess.run(
        command, cwd=run.checkout, env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    return done.stdout


def test_it_is_what_pandas_groups(added):
    alerts = pd.read_parquet(added.path / f"results/alerts/ztf/{NIGHT}")
    found = pd.read_parquet(added.path / f"results/activity/ztf/{NIGHT}")
    by_object = alerts.groupby("object_id")
    expected = by_object.agg(
        alerts=("candid", "size"), jd_first=("jd", "min"), jd_last=("jd", "max"),
        brightest=("magpsf", "min"),
    )  # fmt: skip
    fid = alerts.loc[by_object["magpsf"].idxmin()].set_index("object_id")["fid"]
    expected["filter"] = fid.map(get_survey("ztf").filters)
    assert expected.alerts.max() > 1
    found = found.set_index("object_id").sort_index()
    assert set(found.pop("survey")) == {"ztf"}
    pd.testing.assert_frame_equal(found, expected.sort_index())


def test_its_columns_are_described(added):
    (path, _) = sorted((added.path / f"results/activity/ztf/{NIGHT}").iterdir())
    schema = pq.read_schema(path)
    section = (added.checkout / "docs/tables.md").read_text().split("\n## Activity\n")[1]
    for column in schema:
        assert f"`{column.name}`" in section
    assert {c.name: c.metadata[b"unit"] for c in schema if b"unit" in (c.metadata or {})} == {
        "jd_first": b"d", "jd_last": b"d", "brightest": b"mag"
    }  # fmt: skip


def test_it_is_in_the_overview(added):
    overview = (added.checkout / "docs/tables.md").read_text().split("\n**Keys.**")[0]
    row = "| [`activity`](#activity) | object | `survey`, `object_id` | always |"
    assert row in overview.splitlines()


def test_what_is_written_passes_lint(added):
    python(added, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "src")
    settings = ["--check", "--config", str(ROOT / "pyproject.toml"), "src"]
    python(added, "-m", "ruff", "format", *settings)
    python(added, "-m", "snakefmt", "--check", "workflow")


def test_the_tests_of_the_project_still_pass(added):
    """Who follows the page has nothing more to mend."""
    python(added, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)


def test_a_shard_that_is_made_no_more_is_removed(added):
    stale = added.path / f"results/activity/ztf/{NIGHT}/0002.parquet"
    stale.touch()
    added.snakemake("--cores", "2", "--forcerun", "summary", "--dry-run")
    assert stale.exists()
    added.snakemake("--cores", "2", "--forcerun", "summary")
    assert not stale.exists()
    assert len(list(stale.parent.iterdir())) == 2


def test_a_change_of_the_module_runs_its_rule_only(added):
    path = added.checkout / "src/pipeline/alerts/activity.py"
    text = path.read_text()
    path.write_text(text.replace('("jd", "count")', '("jd", "count_distinct")'))
    planned = added.planned()
    path.write_text(text)
    assert planned == {"activity": 2}
