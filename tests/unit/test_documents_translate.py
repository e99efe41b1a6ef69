"""Pipelines checked, read, translated and refused; documents loaded; verdicts."""

import gzip
import math

import duckdb
import pyarrow as pa
import pytest
from bson import json_util
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents.check import check_pipeline
from pipeline.documents.extended_json import JsonError, parse, parse_pipeline
from pipeline.documents.load import load_documents, table_of
from pipeline.documents.refused import Refused
from pipeline.documents.schema import with_missing
from pipeline.documents.stream import ROW
from pipeline.documents.translate import (
    translate,
    translate_aggregate,
    translate_match,
    translate_projection,
    translate_verdicts,
)

DOCUMENTS = [
    {"_id": 1, "c": {"m": 17.5, "n": 3}, "h": [{"x": 1.0}, {"x": 2.0}], "s": "t"},
    {"_id": 2, "c": {"m": None, "n": 0}, "h": [{"x": 5.0}], "s": "f"},
    {"_id": 3, "c": {"n": 1}, "h": [], "s": "it's"},
]


def rows(documents, done):
    table = table_of(documents) if isinstance(documents, list) else documents
    with duckdb.connect() as connection:
        connection.register("documents", table)
        return connection.execute(done.sql).fetchall()


def passed(pipeline, documents=None):
    documents = DOCUMENTS if documents is None else documents
    return sorted(k for k, _ in rows(documents, translate(pipeline, table_of(documents).schema)))


REFUSED = [
    ([{"$out": "x"}], r"stage 1 \(\$out\): not allowed: it writes"),
    ([{"$match": {}}, {"$lookup": {}}], r"stage 2 \(\$lookup\): not allowed: it reads another"),
    ([{"$project": {"a": {"$function": {}}}}], r"stage 1 \(\$project\): \$function: not allowed"),
    ([{"$match": {"$where": "1"}}], r"\$where: not allowed: it runs code"),
    ([{"$facet": {"a": [{"$merge": "x"}]}}], r"\$merge: not allowed"),
    ([{"$mach": {}}], r"stage 1 \(\$mach\): unknown; \$match is meant\?"),
    ([{"$match": {"a": {"$gtt": 1}}}], r"\$gtt: unknown; \$gt is meant\?"),
    ([{"$match": {}, "$project": {}}], "one key"),
    ([], "list of stages"),
    ([{"$match": {}}] * 201, "201 stages"),
]


@pytest.mark.parametrize(("pipeline", "words"), REFUSED)
def test_pipelines_that_run_nowhere(pipeline, words):
    with pytest.raises(Refused, match=words):
        check_pipeline(pipeline)


def test_deep_and_huge_pipelines_are_refused():
    deep = {"a": 1}
    for _ in range(100):
        deep = {"$and": [deep]}
    with pytest.raises(Refused, match="deep"):
        check_pipeline([{"$match": deep}])
    with pytest.raises(Refused, match="parts"):
        check_pipeline([{"$match": {"a": {"$in": list(range(30_000))}}}])


NOT_TRANSLATED = [
    ([{"$sample": {"size": 1}}], r"stage 1 \(\$sample\): not translated"),
    ([{"$project": {"a": {"$rand": {}}}}], r"\$rand"),
    ([{"$match": {"s": {"$regex": "(?=x)"}}}], "a group of the kind"),
    ([{"$project": {"a": {"$divide": [1, 0]}}}], "fails on these constants"),
    ([{"$match": {"c": {"m": 1}}}], "c: "),
    ([{"$project": {"a": {"$lt": ["$h", ["$h"]]}}}], "arrays"),
    ([{"$project": {"c": 1, "c.m": 1}}], "collides"),
]


@pytest.mark.parametrize(("pipeline", "words"), NOT_TRANSLATED)
def test_what_is_not_exact_is_refused(pipeline, words):
    with pytest.raises(Refused, match=words):
        translate(pipeline, table_of(DOCUMENTS).schema)


def test_the_path_that_no_column_has_is_missing_and_named():
    done = translate([{"$match": {"c.gone": None, "$expr": {"$lt": ["$c.lost", 1]}}}],
                     table_of(DOCUMENTS).schema)  # fmt: skip
    assert set(done.missing) == {"c.gone", "$c.lost"}
    assert len(rows(DOCUMENTS, done)) == 3


def test_null_is_not_missing():
    assert passed([{"$match": {"c.m": {"$exists": True}}}]) == [1, 2]
    assert passed([{"$match": {"c.m": None}}]) == [2, 3]
    assert passed([{"$match": {"$expr": {"$eq": ["$c.m", None]}}}]) == [2]
    assert passed([{"$match": {"$expr": {"$lt": ["$c.m", 5]}}}]) == [2, 3]


def test_more_than_one_document_is_no_pass():
    assert passed([{"$unwind": "$h"}]) == [2]
    grouped = {"$group": {"_id": "$_id", "n": {"$sum": 1}}}
    assert passed([{"$unwind": "$h"}, grouped, {"$match": {"n": {"$gte": 1}}}]) == [1, 2]


def test_verdicts_name_the_first_condition_that_failed():
    pipeline = [
        {"$match": {"c.n": {"$gt": 0}, "s": "t"}},
        {"$project": {"annotations.q": {"$divide": [1, {"$subtract": ["$c.n", 3]}]}}},
    ]
    done = translate_verdicts(pipeline, table_of(DOCUMENTS).schema)
    found = {key: verdict for key, verdict, _ in rows(DOCUMENTS, done)}
    said = {k: None if v is None else done.conditions[v] for k, v in found.items()}
    assert said[2] == 'stage 1 ($match): "c.n": {"$gt": 0}'
    assert said[3] == 'stage 1 ($match): "s": "t"'
    assert said[1] == "stage 2 ($project): annotations: MongoDB fails"


def test_verdicts_with_unwind():
    done = translate_verdicts([{"$match": {"c.n": {"$gt": 0}}}, {"$unwind": "$h"}],
                              table_of(DOCUMENTS).schema)  # fmt: skip
    said = {k: v if v is None else done.conditions[v] for k, v, _ in rows(DOCUMENTS, done)}
    assert said[1] == "stages 2 to 2: more than one document is left"
    assert said[2].startswith("stage 1")
    assert said[3] == "stages 2 to 2: no document is left"


def test_annotations_keep_null_missing_and_numbers_apart():
    spec = {"annotations": {"m": "$c.m", "n": "$c.n", "w": {"$round": ["$c.m", 1]}, "s": "$s"}}
    done = translate([{"$project": spec}], table_of(DOCUMENTS).schema)
    found = {key: json_util.loads(text) for key, text in rows(DOCUMENTS, done)}
    assert found[1] == {"m": 17.5, "n": 3, "w": 17.5, "s": "t"}
    assert found[2] == {"m": None, "n": 0, "w": None, "s": "f"}
    assert found[3] == {"n": 1, "w": None, "s": "it's"}


def test_names_and_texts_of_strangers_stay_data():
    odd = "a\"b'); DROP TABLE documents; --"
    documents = [{"_id": 1, odd: odd, "__x0": 5, "__doc2": 1, "w": [1.5]}, {"_id": 2, odd: "x"}]
    assert passed([{"$match": {odd: odd}}], documents) == [1]
    assert passed([{"$match": {"$expr": {"$eq": [f"${odd}", odd]}}}], documents) == [1]
    spec = {"k": {"$map": {"input": "$w", "as": "w", "in": {"$add": ["$$w", "$__x0"]}}}}
    assert passed([{"$project": spec}, {"$match": {"k": 6.5}}], documents) == [1]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text(name, value):
    table = table_of([{"_id": 1, "f": {name: value}}])
    field = {"$getField": {"field": {"$literal": name}, "input": "$f"}}
    query = {"f": {"$exists": True}, "$expr": {"$eq": [field, {"$literal": value}]}}
    try:
        where = translate_match(query, table.schema)
    except Refused:
        assert "\0" in name + value
        return
    with duckdb.connect() as connection:
        connection.register("documents", table)
        text = f"SELECT count(*) FROM documents AS {ROW} WHERE {where}"
        assert connection.execute(text).fetchone() == (1,)


def test_floats_are_compared_as_doubles():
    table = pa.table({"candid": [1], "m": pa.array([0.8], pa.float32())})
    done = translate([{"$match": {"m": {"$gt": 0.8}}}], table.schema)
    assert [key for key, _ in rows(table, done)] == [1]


ONE_OF = [1, 2.0, 2.5, -0.0, "a", "it's", None, True, math.nan, math.inf, 2**53]
VALUES = [0, 0.0, 1, 1.0, True, 2, 2.5, 3, "a", "b", "it's", None, math.nan, math.inf, 2**53,
          [1], ["a", 7], [], {"x": 1}]  # fmt: skip


@pytest.mark.parametrize("kinds", [(int,), (float,), (str,), (int, float), (int, str), (object,)])
def test_one_of_many_is_each_of_them(kinds):
    """Looked up together, and compared one by one: the same."""
    values = [v for v in VALUES if isinstance(v, kinds)]
    documents = [{"_id": i, "v": v} for i, v in enumerate(values)] + [{"_id": 99}]
    for items in (ONE_OF, ONE_OF[:4], ONE_OF[4:6], ONE_OF[6:9]):
        one_by_one = [{"$match": {"$or": [{"v": {"$eq": item}} for item in items]}}]
        assert passed([{"$match": {"v": {"$in": items}}}], documents) == passed(
            one_by_one, documents
        )
        one_by_one = [{"$match": {"$expr": {"$or": [{"$eq": ["$v", item]} for item in items]}}}]
        assert passed([{"$match": {"$expr": {"$in": ["$v", items]}}}], documents) == passed(
            one_by_one, documents
        )


def test_many_are_looked_up_not_tried():
    documents = [{"_id": i, "v": i, "s": f"ZTF{i}"} for i in range(0, 40_000, 1000)]
    many = list(range(18_000))
    for path, items in (("v", many), ("s", [f"ZTF{i}" for i in many])):
        for query in ({path: {"$in": items}}, {"$expr": {"$in": [f"${path}", items]}}):
            done = translate([{"$match": query}], table_of(documents).schema)
            assert " OR " not in done.sql
            assert sorted(key for key, _ in rows(documents, done)) == list(range(0, 18_000, 1000))


def test_with_missing_marks_columns():
    table = pa.table({"candid": [1], "h": [[{"x": None}]]})
    query = {"h.0.x": {"$exists": True}}
    for schema, count in ((table.schema, 1), (with_missing(table.schema, ["h.*"]), 0)):
        assert len(rows(table, translate([{"$match": query}], schema))) == count


def test_collections_are_counted_as_a_whole():
    pipeline = [
        {"$unwind": "$h"},
        {"$group": {"_id": None, "n": {"$sum": 1}, "top": {"$max": "$h.x"}}},
    ]
    done = translate_aggregate(pipeline, table_of(DOCUMENTS).schema)
    assert [json_util.loads(text) for (text,) in rows(DOCUMENTS, done)] == [
        {"_id": None, "n": 3, "top": 5.0}
    ]
    done = translate_aggregate([{"$sort": {"_id": -1}}, {"$limit": 2}], table_of(DOCUMENTS).schema)
    assert [json_util.loads(text)["_id"] for (text,) in rows(DOCUMENTS, done)] == [3, 2]


def test_projections_of_a_find():
    text = translate_projection({"_id": 0, "c.n": 1}, table_of(DOCUMENTS).schema)
    with duckdb.connect() as connection:
        connection.register("documents", table_of(DOCUMENTS))
        found = connection.execute(f"SELECT {text} FROM documents AS {ROW}").fetchall()
    assert [json_util.loads(t) for (t,) in found] == [{"c": {"n": n}} for n in (3, 0, 1)]


def test_comments_and_places_of_errors():
    text = '[ // one\n {"$match": {"u": "http://x#y", /* two\n */ "a": {"$gt": 1},}} # three\n]'
    assert parse_pipeline(text) == [{"$match": {"u": "http://x#y", "a": {"$gt": 1}}}]
    with pytest.raises(JsonError, match="line 2, column 4"):
        parse("[1,\n 2 3]")
    with pytest.raises(JsonError, match="twice"):
        parse('{"a": 1, "a": 2}')
    with pytest.raises(JsonError, match="list of stages"):
        parse_pipeline('{"a": 1}')
    with pytest.raises(JsonError, match="deep"):
        parse("[" * 100_000)


def test_extended_json_is_loaded(tmp_path):
    path = tmp_path / "documents.jsonl.gz"
    lines = [
        '{"_id": {"$oid": "0123456789abcdef01234567"}, "n": {"$numberLong": "5"}, "A": 1,'
        ' "x": {"$numberDouble": "NaN"}, "d": {"$date": "2020-01-01T00:00:00Z"}, "a": 2}',
        '{"_id": {"$oid": "0123456789abcdef01234568"}, "n": null, "x": "t"}',
    ]
    with gzip.open(path, "wt") as file:
        file.write("\n".join(lines))
    table = load_documents(path)
    done = translate([{"$match": {"n": 5, "A": 1, "a": 2}}], table.schema, document=True)
    ((_, text),) = rows(table, done)
    found = json_util.loads(text)
    assert math.isnan(found["x"])
    assert found["d"].year == 2020
    path.write_bytes(gzip.compress(b'{"a": 1}\nnothing\n'))
    with pytest.raises(ValueError, match="line 2"):
        load_documents(path)


def test_what_a_stage_dropped_is_told_with_the_stage_that_misses_it():
    schema = pa.schema([("_id", pa.int64()), ("candid", pa.int64()), ("rb", pa.float64())])
    pipeline = [
        {"$match": {"rb": 1, "typo": 1}},
        {"$project": {"rb": 1}},
        {"$match": {"candid": 1}},
    ]
    assert translate(pipeline, schema).missing == ("candid at stage 3 ($match)", "typo")
