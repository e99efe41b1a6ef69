"""Random pipelines on random documents: translated, against a real MongoDB."""

import math
from typing import Any

import duckdb
import pytest
from bson import json_util
from mongod import DATABASE
from pymongo.errors import OperationFailure
from random_pipelines import Maker

from pipeline.documents.load import table_of
from pipeline.documents.refused import Refused
from pipeline.documents.translate import translate, translate_verdicts

pytestmark = pytest.mark.services
DOCUMENTS, PIPELINES = 25, 8


def told_apart(value: Any) -> Any:
    """Make integers and floats unlike, and NaN equal to itself."""
    if isinstance(value, dict):
        return {key: told_apart(item) for key, item in value.items()}
    if isinstance(value, list):
        return [told_apart(item) for item in value]
    if isinstance(value, float):
        return "nan" if math.isnan(value) else ("float", value)
    if isinstance(value, int) and not isinstance(value, bool):
        return ("int", int(value))
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


def one_by_one(collection, documents, pipeline):
    """Run a pipeline on each document alone, as a broker does; where it fails nothing comes."""
    try:
        return {d["_id"]: [told_apart(d)] for d in collection.aggregate(pipeline)}
    except OperationFailure:
        pass
    found = {}
    for document in documents:
        chosen = [{"$match": {"_id": document["_id"]}}, *pipeline]
        try:
            out = [told_apart(d) for d in collection.aggregate(chosen)]
        except OperationFailure:
            continue
        if out:
            found[document["_id"]] = out
    return found


@pytest.fixture
def collection(standalone):
    with standalone.client("writer") as client:
        found = client[DATABASE]["random"]
        found.drop()
        yield found
        found.drop()


@pytest.mark.parametrize("seed", range(30))
def test_random_pipelines(collection, seed):
    maker = Maker(seed)
    collection.insert_many([maker.document(number) for number in range(DOCUMENTS)])
    documents = list(collection.find())
    table = table_of(documents)
    connection = duckdb.connect()
    connection.register("documents", table)
    translated = 0
    for _ in range(PIPELINES):
        pipeline = maker.pipeline()
        try:
            done = translate(pipeline, table.schema, document=True)
        except Refused:
            continue
        got: dict[int, list[Any]] = {}
        for key, text in connection.execute(done.sql).fetchall():
            got.setdefault(key, []).append(told_apart(json_util.loads(text)))
        want = one_by_one(collection, documents, pipeline)
        assert got == want, json_util.dumps(pipeline)
        verdicts = translate_verdicts(pipeline, table.schema)
        rows = connection.execute(verdicts.sql).fetchall()
        assert len(rows) == DOCUMENTS
        assert {key for key, verdict, _ in rows if verdict is None} == set(want)
        translated += 1
    assert translated >= PIPELINES // 3


@pytest.mark.parametrize("seed", range(10))
def test_arrays_taken_apart_and_grouped(collection, seed):
    maker = Maker(seed)
    collection.insert_many([maker.document(number) for number in range(DOCUMENTS)])
    documents = list(collection.find())
    table = table_of(documents)
    connection = duckdb.connect()
    connection.register("documents", table)
    for _ in range(PIPELINES):
        pipeline = maker.gathered()
        try:
            done = translate(pipeline, table.schema, document=True)
        except Refused:
            continue
        got: dict[int, list[Any]] = {}
        for key, text in connection.execute(done.sql).fetchall():
            got.setdefault(key, []).append(told_apart(json_util.loads(text)))
        want = {}
        for document in documents:
            chosen = [{"$match": {"_id": document["_id"]}}, *pipeline]
            out = [told_apart(d) for d in collection.aggregate(chosen)]
            if out:
                want[document["_id"]] = out
        assert got == want, json_util.dumps(pipeline)
