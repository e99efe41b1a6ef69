"""The house of docs/architecture.md: imports go one way, domains know no other domain."""

import ast
from itertools import chain
from pathlib import Path

import pytest

from pipeline.contract.provenance import ROOT
from pipeline.plan.domains import DOMAINS

GROUND = {"io", "sky", "contract", "services"}
SOURCES = {"alerts", "events", "maps"}
# What a room may import beside itself, and a domain that is not listed the ground and the
# sources; scores trains the demonstration's model on simulated
# stamps, skymaps calibrates on simulated tracks.
ALLOWED = {
    "io": set(),
    "sky": set(),
    "contract": {"io"},
    "documents": {"io"},
    "services": {"io"},
    "alerts": GROUND,
    "events": GROUND,
    "maps": GROUND | {"events", "alerts"},
    "simulate": GROUND | SOURCES,
    "scores": GROUND | SOURCES | {"simulate"},
    "skymaps": GROUND | SOURCES | {"simulate"},
}
for domain in DOMAINS:
    ALLOWED.setdefault(domain.name, GROUND | SOURCES | {"documents"})
TOP = {"plan", "cli", "notebook", "show"}
# The public door of alerts: a shard's batches, the tables' schemas, nights, and what a survey is.
ALERTS_DOOR = {
    f"pipeline.alerts.{module}"
    for module in (
        *("batch", "documents", "alerts_table", "history_table", "photometry", "domain", "need"),
        *("histories", "keys", "months", "places", "shared_columns"),
        *("surveys.registry", "surveys.survey"),
    )
}


def imports(path: Path):
    """Yield the rooms of the package that a file imports, wherever the import stands."""
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "pipeline" and len(parts) > 1:
            yield parts[1]


def imported(path: Path):
    """Yield what a file imports: modules, or names of them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_every_room_is_known():
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms == ALLOWED.keys() | TOP
    assert {domain.name for domain in DOMAINS} <= rooms


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_go_one_way(room):
    files = ROOT.joinpath(room).rglob("*.py")
    found = set(chain.from_iterable(map(imports, files)))
    assert found <= ALLOWED[room] | {room}


@pytest.mark.parametrize("room", sorted(ALLOWED.keys() - {"alerts"}))
def test_consumers_of_alerts_use_its_door(room):
    for path in ROOT.joinpath(room).rglob("*.py"):
        for name in imported(path):
            if name.startswith("pipeline.alerts."):
                assert name in ALERTS_DOOR or name.rpartition(".")[0] in ALERTS_DOOR, path


def test_only_the_top_knows_snakemake():
    for path in ROOT.rglob("*.py"):
        assert "import snakemake" not in path.read_text(), path


IN_NO_JOB = ("found_lines", "nights", "checks", "trials", "configured", "work")


def test_no_job_pays_for_the_configuration():
    """Sections are pydantic models: a job takes dataclasses instead."""
    for path in ROOT.glob("*/*.py"):
        if path.name != "domain.py" and path.parent.name not in TOP | {"contract"}:
            text = path.read_text()
            assert ".domain import" not in text or path.stem in IN_NO_JOB, path
