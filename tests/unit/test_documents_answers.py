"""Expressions and queries with their traps, against the answers of MongoDB 6.0.5.

``mongodb_answers.jsonl`` has first the documents of the queries, then a line an expression (on
its document: a result, missing, or MongoDB failed) or query (the documents found).
"""

import functools
import math
from pathlib import Path

import duckdb
import pytest
from bson import json_util

from pipeline.documents.load import table_of
from pipeline.documents.refused import Refused
from pipeline.documents.stream import ROW
from pipeline.documents.translate import translate, translate_match

LINES = [
    json_util.loads(line)
    for line in (Path(__file__).parent / "mongodb_answers.jsonl").read_text().splitlines()
]
DOCUMENTS = [{"_id": number, **given} for number, given in enumerate(LINES[0]["documents"])]
EXPRESSIONS = [line for line in LINES if "expression" in line]
QUERIES = [line for line in LINES if "query" in line]


def told_apart(value):
    if isinstance(value, dict):
        return {key: told_apart(item) for key, item in value.items()}
    if isinstance(value, list):
        return [told_apart(item) for item in value]
    if isinstance(value, float):
        return "nan" if math.isnan(value) else ("float", value)
    if isinstance(value, int) and not isinstance(value, bool):
        return ("int", int(value))
    return value


@functools.cache
def loaded(text):
    """Return a database with one document, and its table's schema."""
    table = table_of([{"_id": 1, **json_util.loads(text)}])
    connection = duckdb.connect()
    connection.register("documents", table)
    return connection, table.schema


def evaluated(expression, document):
    """Return the one document that comes out, or None."""
    connection, schema = loaded(json_util.dumps(document))
    done = translate([{"$project": {"r": expression}}], schema, document=True)
    rows = connection.execute(done.sql).fetchall()
    return json_util.loads(rows[0][1]) if rows else None


@pytest.mark.parametrize("line", EXPRESSIONS, ids=lambda line: json_util.dumps(line["expression"]))
def test_expressions(line):
    try:
        found = evaluated(line["expression"], line["document"])
    except Refused:
        pytest.skip("refused")
    except duckdb.InvalidInputException as error:
        # what only the data show: the query fails and says so
        assert "not translated" in str(error)
        pytest.skip("refused as it ran")
    if "fails" in line:
        assert found is None
    elif "missing" in line:
        assert found == {"_id": 1}
    else:
        assert told_apart(found["r"]) == told_apart(line["result"])


def test_most_expressions_are_translated():
    refused = []
    for line in EXPRESSIONS:
        _, schema = loaded(json_util.dumps(line["document"]))
        try:
            translate([{"$project": {"r": line["expression"]}}], schema)
        except Refused:
            if "fails" not in line:
                refused.append(line["expression"])
    assert len(refused) < len(EXPRESSIONS) / 10, refused


@pytest.fixture(scope="module")
def documents():
    table = table_of(DOCUMENTS)
    with duckdb.connect() as connection:
        connection.register("documents", table)
        yield connection, table.schema


@pytest.mark.parametrize("line", QUERIES, ids=lambda line: json_util.dumps(line["query"]))
def test_queries(documents, line):
    connection, schema = documents
    try:
        where = translate_match(line["query"], schema)
    except Refused:
        pytest.skip("refused")
    rows = connection.execute(f"SELECT _id FROM documents AS {ROW} WHERE {where} ORDER BY _id")
    assert [key for (key,) in rows.fetchall()] == line["found"]
