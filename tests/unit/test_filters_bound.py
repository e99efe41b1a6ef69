"""Filters in SQL are bound to their views' columns before any job."""

import re
from pathlib import Path

import pytest
from nights import ZTF

from pipeline.crossmatch.match import matches_schema
from pipeline.filters.bound import NODATA, unbound, view_schemas
from pipeline.filters.filter_file import read_folder
from pipeline.filters.sql_filters import wide
from pipeline.io.tables import survey_schema
from pipeline.scores.domain import SCORES
from pipeline.scores.scores_table import NODATA_COLUMNS

VIEWS = view_schemas(ZTF, ["braai"], {"stars": ["type"]})
GOOD = (
    "select magpsf from alerts;",
    "select braai, braai_version, science_nodata from scores where braai_reason is null",
    "select stars_type from matches where stars_type = 'G' -- a comment",
    "select stars_type + 1, round(stars_type, 2) from matches where catalog = 'stars'",
    "select date_trunc('day', stars_type) from matches",  # which type it has nobody knows yet
    "with alerts as (select 1 as a) select a from alerts",
    "select max(h.mag) - any_value(a.magpsf) as rise from alerts a join history h "
    "using (candid) group by a.candid having rise > 0.5",
)
BAD = {
    "select magspf from alerts": 'line 1: .*"magspf" not found.* Candidate bindings: "magpsf"',
    "select magpsf\nfrom alerts\nwhere magspf < 18": 'line 3: .*"magspf" not found',
    "select h.mg\nfrom history as h": 'line 1: .*"mg"',
    "select stars_typ from matches": '"stars_typ" not found.*"stars_type"',
    "select braii from scores": '"braii" not found',
    "select lowr(publisher) from alerts": "name lowr does not exist",
    "select sum(publisher) from alerts": "No function matches",
    "select magpsf from alerts where jd > date '2020-01-01'": "Cannot compare .*DOUBLE.*DATE",
    "select max(magpsf), fid from alerts": "GROUP BY",
}


@pytest.mark.parametrize("sql", GOOD)
def test_what_can_be_bound(sql):
    assert unbound(sql, VIEWS) == ""


@pytest.mark.parametrize("sql", BAD)
def test_what_is_wrong_is_told_in_a_line(sql):
    said = unbound(sql, VIEWS)
    assert "\n" not in said
    assert re.search(BAD[sql], said), said


def test_the_examples_can_be_bound():
    found = read_folder(Path(__file__).parents[2] / "config/filters")
    assert all(unbound(one.filter.sql, VIEWS) == "" for one in found if one.filter.sql)


def test_tables_have_these_columns():
    """What other domains write, said here in other words, as domains do not import each other."""
    assert tuple(NODATA) == tuple(NODATA_COLUMNS)
    (table,) = SCORES.tables
    assert set(VIEWS["scores"].names) == {*table.fixed, "braai", "braai_version", "braai_reason"}
    written = wide(survey_schema(matches_schema({})))
    chosen = VIEWS["matches"].get_field_index("stars_type")
    ours = VIEWS["matches"].remove(chosen)
    assert [(f.name, f.type) for f in ours] == [(f.name, f.type) for f in written]


def test_nothing_long_is_computed_on_the_way():
    assert unbound("select list_sum(range(100000000)) from alerts", VIEWS) == ""
