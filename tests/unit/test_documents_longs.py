"""An int or a long: what extended JSON says is kept, and where nobody knows it is refused."""

import json

import duckdb
import pytest
from bson import Int64

from pipeline.documents.load import load_documents, table_of
from pipeline.documents.refused import Refused
from pipeline.documents.translate import translate

SMALL, LONG, LARGE = {"$numberInt": "5"}, {"$numberLong": "5"}, {"$numberLong": "5000000000"}


def passed(table, query):
    done = translate([{"$match": query}], table.schema)
    with duckdb.connect() as connection:
        connection.register("documents", table)
        return [key for key, _ in connection.execute(done.sql).fetchall()]


def asked(path, kind):
    """Give the same question in both languages."""
    return {path: {"$type": kind}}, {"$expr": {"$eq": [{"$type": f"${path}"}, kind]}}


def loaded(folder, *values):
    """Return the table of a file whose documents have these as ``n``, ``o.n`` and in lists."""
    lines = [
        json.dumps({"_id": i, "n": v, "o": {"n": v}, "l": [{"n": v}], "m": v if i else "text"})
        for i, v in enumerate(values, 1)
    ]
    (folder / "d.jsonl").write_text("\n".join(lines))
    return load_documents(folder / "d.jsonl")


@pytest.mark.parametrize(
    ("values", "ints"),
    [
        ([5, 6], [1, 2]),
        ([SMALL, 6, LARGE, 2**40], [1, 2]),
        ([LONG, LONG], []),
        ([LONG, LARGE, 2**40], []),
    ],
)
def test_longs_stay_longs(tmp_path, values, ints):
    table = loaded(tmp_path, *values)
    longs = sorted(set(range(1, len(values) + 1)) - set(ints))
    for path in ("n", "o.n"):
        for query in asked(path, "int"):
            assert passed(table, query) == ints
        for query in asked(path, "long"):
            assert passed(table, query) == longs
    for number in (16, 18):
        assert passed(table, {"l.n": {"$type": number}}) == (ints if number == 16 else longs)


def test_where_documents_disagree_it_is_refused(tmp_path):
    table = loaded(tmp_path, LONG, SMALL)
    for path in ("n", "o.n"):
        for query in (*asked(path, "int"), *asked(path, "long")):
            with pytest.raises(Refused, match="whether an integer is an int or a long"):
                passed(table, query)
        assert passed(table, {path: {"$type": "number"}}) == [1, 2]
    assert passed(table, {"n": 5}) == [1, 2]


def test_longs_of_a_box_and_of_pymongo():
    table = table_of([{"_id": 1, "n": Int64(5)}, {"_id": 2, "n": "x"}, {"_id": 3, "n": None}])
    assert passed(table, {"n": {"$type": "long"}}) == [1]
    assert passed(table, {"n": {"$type": "int"}}) == []
    assert passed(table, {"$expr": {"$eq": [{"$type": "$n"}, "long"]}}) == [1]


@pytest.mark.parametrize("made", [{"$add": ["$n", 1]}, {"$toLong": "$n"}, {"$subtract": ["$n", 1]}])
def test_computed_integers_are_refused(made):
    """MongoDB's ``$toLong: 5`` is a long: by its size it would be an int."""
    table = table_of([{"_id": 1, "n": 5}])
    for query in asked("x", "int"):
        pipeline = [{"$addFields": {"x": made}}, {"$match": query}]
        with pytest.raises(Refused, match="int or a long: it is computed"):
            translate(pipeline, table.schema)


def test_what_is_handed_on_is_known():
    table = table_of([{"_id": 1, "n": Int64(5), "m": Int64(7)}])
    pipeline = [
        {"$project": {"n": 1, "k": {"$ifNull": ["$n", "$m"]}, "c": {"$literal": 5}}},
        {"$match": {"n": {"$type": "long"}, "k": {"$type": "long"}, "c": {"$type": "int"}}},
    ]
    done = translate(pipeline, table.schema)
    with duckdb.connect() as connection:
        connection.register("documents", table)
        assert len(connection.execute(done.sql).fetchall()) == 1
