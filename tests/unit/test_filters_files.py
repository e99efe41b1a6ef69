"""Filters as files: what is read, and what is told of wrong ones."""

import json

import pytest
from bson import json_util

from pipeline.filters.check import wrong_with
from pipeline.filters.filter_file import FilterFileError, read_file, read_folder

GOOD = """\
# who made this
name: bright
permissions: [1, 2]
version: 3
autosave: {comment: wow}
pipeline: |
  [
    // a comment
    {"$match": {"candidate.magpsf": {"$lt": 18}}},  # another
    {"$project": {"when": {"$date": "2020-01-01T00:00:00Z"}}}
  ]
"""


def written(folder, text, name="f.yaml"):
    path = folder / name
    path.write_text(text)
    return path


def test_a_pipeline_as_text(tmp_path):
    (one,) = read_file(written(tmp_path, GOOD))
    assert (one.filter.name, one.filter.permissions, one.filter.version) == ("bright", (1, 2), "3")
    stages = json_util.loads(one.filter.pipeline)
    assert stages[0] == {"$match": {"candidate.magpsf": {"$lt": 18}}}
    assert stages[1]["$project"]["when"].year == 2020
    assert one.sending.autosave == {"comment": "wow"}
    assert one.active


def test_a_pipeline_as_a_list_and_comments_count_for_nothing(tmp_path):
    text = "name: a\npipeline:\n- $match: {candid: {$gt: 1}}  # x\n"
    (first,) = read_file(written(tmp_path, text))
    (second,) = read_file(written(tmp_path, text.replace("# x", "# y"), "g.yaml"))
    assert first.filter == second.filter


def test_json_of_several(tmp_path):
    entries = [
        {"name": n, "permissions": [1], "pipeline": [{"$match": {}}], "catalog": "ZTF_alerts"}
        for n in "ab"
    ]
    found = read_file(written(tmp_path, json.dumps(entries), "f.json"))
    assert [one.filter.name for one in found] == ["a", "b"]
    assert {one.filter.survey for one in found} == {"ztf"}


BAD = {
    "": "expected a mapping",
    "- 1": "expected a mapping",
    "name: a": "give either pipeline or sql",
    "name: a\npipeline: []": "no stages",
    "name: a\npipeline: x\nsql: y": "either pipeline or sql",
    "name: a b\nsql: select 1": "name",
    "name: a\nsql: select 1\npermision: [1]": "permision",
    "name: a\nsql: select 1\npermissions: [x]": "permissions.0",
    "name: a\nsql: select 1\npermissions: []": "permissions",
    "name: a\nsql: select 1\nsql: select 2": "line 3: sql again",
    "name: a\n  b: 1": "line 2",
    "name: a\npipeline: |\n  [\n    {\"$match\": {]\n  ]\n": "line 4",
    "name: a\npipeline: 3": "list of stages",
    "name: a\npipeline: [1]": "list of stages",
    "name: &a [*a]\nsql: select 1": "",
    "name: !!python/object/apply:os.system [ls]\nsql: select 1": "could not determine",
    "name: a\npipeline: |\n  " + "[" * 50_000: "nested too deep",
    "name: a\npipeline: &p [*p]": "pipeline: nested too deep",
    "name: a\npipeline: " + "[" * 3000 + "]" * 3000: "nested too deep",
    "name: a\npipeline:\n- $match: {x: {$lt: 2026-01-01}}": "2026-01-01: YAML reads a date: quote",
    'name: a\npipeline: |\n  [{"$match": {"x": {"$date": "99999-01-01T00:00:00Z"}}}]':
        r"1 to 9999\Z",
    "name: a\npipeline:\n- $match: {x: {$date: {$numberLong: '99999999999999999999'}}}":
        "no extended JSON: a .date is in ISO 8601, or milliseconds, of the years 1 to 9999",
    'name: a\nsql: "select \'\\ud83d\'"': "sql: half a surrogate pair",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:30])
def test_what_is_wrong_is_told_with_the_file(tmp_path, text):
    with pytest.raises(FilterFileError, match=r"f\.yaml.*" + BAD[text].replace("$", r"\$")):
        read_file(written(tmp_path, text))


def test_surrogate_pairs_of_yaml_are_characters(tmp_path):
    text = """name: a\nsql: "select '\\ud83d\\ude00'"\ndescription: "\\ud83d\\ude00"\n"""
    (one,) = read_file(written(tmp_path, text))
    assert (one.filter.sql, one.description) == ("select '\U0001f600'", "\U0001f600")


def test_hostile_files(tmp_path):
    for content in (b"\xff\xfe", b"name: " + b"a" * 2_000_000, b"\0"):
        path = tmp_path / "x.yaml"
        path.write_bytes(content)
        with pytest.raises(FilterFileError, match=r"x\.yaml"):
            read_file(path)
    with pytest.raises(FilterFileError, match="no such folder"):
        read_folder(tmp_path / "nothing")


def test_two_of_one_name(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        written(tmp_path, "name: x\nsql: select 1", name)
    with pytest.raises(FilterFileError, match=r"a\.yaml has a filter x too"):
        read_folder(tmp_path)


FORBIDDEN = (
    {"$lookup": {"from": "x", "localField": "a", "foreignField": "b", "as": "c"}},
    {"$unionWith": "x"}, {"$out": "x"}, {"$merge": "x"},
    {"$graphLookup": {"from": "x"}},
    {"$match": {"$where": "1"}},
    {"$match": {"$expr": {"$function": {"body": "1", "args": [], "lang": "js"}}}},
    {"$group": {"_id": 1, "x": {"$accumulator": {}}}},
    {"$mach": {"candid": 1}},
    {"$project": {"x": {"$substract": [1, 2]}}},
)  # fmt: skip


@pytest.mark.parametrize("stage", FORBIDDEN, ids=str)
def test_stages_that_are_refused_are_named(tmp_path, stage):
    text = json.dumps({"name": "a", "pipeline": [{"$match": {}}, stage]})
    (one,) = read_file(written(tmp_path, text, "f.json"))
    (line,) = wrong_with(one.filter)
    words = json.dumps(stage)
    named = [word for word in words.split('"') if word.startswith("$")]
    assert any(word in line for word in named), line
    assert "stage 2" in line


@pytest.mark.parametrize(
    "sql", ["select * from read_csv('/etc/passwd')", "drop table alerts", "select * from packets"]
)
def test_sql_that_is_refused(tmp_path, sql):
    (one,) = read_file(written(tmp_path, json.dumps({"name": "a", "sql": sql}), "f.json"))
    assert len(list(wrong_with(one.filter))) == 1


CHANGING_STAGES = (
    {"$sample": {"size": 1}},
    {"$match": {"$sampleRate": 0.5}},
    {"$match": {"$expr": {"$lt": [{"$rand": {}}, 0.5]}}},
    {"$set": {"a": {"$subtract": ["$$NOW", "$when"]}}},
    {"$facet": {"a": [{"$set": {"b": {"$year": "$$NOW.x"}}}]}},
    {"$set": {"a": "$$CLUSTER_TIME"}},
)
CHANGING_SQL = (
    "random() < 0.5", "now() > ago(interval 1 day)", "current_date > '2020-01-01'",
    "current_timestamp is null", "localtime is null", "Today() is null", "uuid() = 'a'",
    "gen_random_uuid() = 'a'", "setseed(0.5) is null", "nextval('x') = 1", "version() = 'v2.0.0'",
    "age(timestamp '2020-01-01') is null", "len(list_transform([1], lambda x: random())) = 1",
    "main.random() < 0.5", "reservoir_quantile(jd, 0.5) > 1", "current_database() = 'memory'",
)  # fmt: skip


@pytest.mark.parametrize("mongodb", [False, True])
@pytest.mark.parametrize("stage", CHANGING_STAGES, ids=str)
def test_pipelines_that_answer_otherwise_each_time_are_refused(tmp_path, stage, mongodb):
    text = json.dumps({"name": "a", "pipeline": [{"$match": {}}, stage]})
    (one,) = read_file(written(tmp_path, text, "f.json"))
    (line,) = wrong_with(one.filter, mongodb)
    assert "stage 2" in line
    assert "not in a filter: it may answer otherwise each time" in line


def test_the_same_words_taken_literally_are_not_refused(tmp_path):
    stages = [{"$set": {"a": {"$literal": "$$NOW"}, "NOW": "$$ROOT.candid"}}]
    (one,) = read_file(written(tmp_path, json.dumps({"name": "a", "pipeline": stages}), "f.json"))
    assert list(wrong_with(one.filter)) == []


@pytest.mark.parametrize(
    "sql",
    [
        *(f"select candid from alerts where {condition}" for condition in CHANGING_SQL),
        "select candid from alerts using sample 1",
        "select candid from (from alerts tablesample 10%)",
    ],
)
def test_sql_that_answers_otherwise_each_time_is_refused(tmp_path, sql):
    (one,) = read_file(written(tmp_path, json.dumps({"name": "a", "sql": sql}), "f.json"))
    (line,) = wrong_with(one.filter)
    assert "not in a filter: it may answer otherwise each time" in line


def test_sql_that_always_answers_the_same(tmp_path):
    sql = (
        "select age(timestamp '2020-01-02', timestamp '2020-01-01') as a, hash(candid) as b, "
        "case when jd < 0 then error('x') end as c from alerts where alerts.jd > epoch_ms(1)"
    )
    (one,) = read_file(written(tmp_path, json.dumps({"name": "a", "sql": sql}), "f.json"))
    assert list(wrong_with(one.filter)) == []


def test_the_examples_are_in_order():
    from pathlib import Path

    found = read_folder(Path(__file__).parents[2] / "config/filters")
    assert {one.filter.name for one in found if one.filter.sql} == {
        f"{one.filter.name}_sql" for one in found if one.filter.pipeline
    }
    assert not any(one.active for one in found)
    for one in found:
        assert list(wrong_with(one.filter)) == []


@pytest.mark.parametrize(
    "expression",
    [
        {"$concat": ["ZTF", {"$toString": "$candidate.fid"}]},
        {"$subtract": [{"$date": "2020-01-01T00:00:00Z"}, "$candidate.when"]},
        {"$subtract": ["$candidate.when", {"$date": "2020-01-01T00:00:00Z"}]},
    ],
)
def test_what_depends_on_fields_is_not_refused_before_they_are_known(tmp_path, expression):
    pipeline = [{"$project": {"annotations": {"r": expression}}}]
    entry = {"name": "one", "pipeline": pipeline}
    (one,) = read_file(written(tmp_path, json.dumps(entry), "one.json"))
    assert list(wrong_with(one.filter)) == []


@pytest.mark.real
def test_the_filters_of_the_reference_can_be_run(shared):
    stored = read_file(shared / "reference/filters/filters.json")
    assert [line for one in stored for line in wrong_with(one.filter)] == []
