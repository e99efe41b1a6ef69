"""docs/tables.md has the tables that the domains declare, each with a section of its columns."""

import importlib
import re
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.alerts.surveys.registry import get_survey
from pipeline.plan.domains import TABLES

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/tables.md").read_text()


def test_the_overview_is_the_domains():
    sys.path.insert(0, str(ROOT / "docs/site"))
    try:
        from tables import with_overview
    finally:
        sys.path.pop(0)
    assert with_overview(DOCUMENT) == DOCUMENT, "make config writes it"
    for rest in ("", DOCUMENT * 2):
        with pytest.raises(ValueError, match="expected one table"):
            with_overview(rest)


def documented(name: str) -> set[str]:
    """Return the columns of a table's section."""
    section = DOCUMENT.split(f"\n## {name.replace('_', ' ').capitalize()}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", section, flags=re.MULTILINE)
    return {name.strip("`") for row in rows for name in row.split(", ")}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_described(table):
    module, _, attribute = table.schema.partition(":")
    schema = getattr(importlib.import_module(module), attribute)
    if isinstance(schema, pa.Schema):
        assert documented(table.name) == {"survey", *schema.names}
    elif table.fixed:
        assert documented(table.name) >= set(table.fixed)
    else:  # of a survey, whose own columns its CSV describes
        survey = get_survey("ztf")
        own = {column.name for column in survey.columns}
        assert documented(table.name) == set(schema(survey).names) - own
    assert set(table.keys) <= documented(table.name)
