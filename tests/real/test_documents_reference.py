"""Filters of broker users on real alerts: what passes, against a real MongoDB's answers."""

import csv
import gzip
import json
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest
from bson import json_util

from pipeline.documents.load import load_documents
from pipeline.documents.refused import Refused
from pipeline.documents.translate import translate, translate_verdicts

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "filters"
DATASETS = ("ztf_real_alerts", "ztf_packets")
LEAST = 40

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REFERENCE.is_dir(), reason="needs ../shared"),
]


def expected() -> dict[tuple[str, str], dict[int, str]]:
    found: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    with gzip.open(REFERENCE / "expected.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            found[row["filter"], row["dataset"]][int(row["candid"])] = row["annotations"]
    return found


def annotations(text: str | None) -> object:
    return (json.loads(text) if text else None) or None


@pytest.mark.parametrize("dataset", DATASETS)
def test_filters_pass_what_mongodb_passes(dataset: str) -> None:
    filters = json_util.loads((REFERENCE / "filters.json").read_text())
    upstream = json_util.loads((REFERENCE / "upstream.json").read_text())
    wanted = expected()
    table = load_documents(REFERENCE / f"{dataset}.jsonl.gz")
    connection = duckdb.connect()
    connection.register("documents", table)
    equal = 0
    for one in filters:
        pipeline = upstream + one["pipeline"]
        try:
            done = translate(pipeline, table.schema)
        except Refused:
            continue
        rows = connection.execute(done.sql).fetchall()
        got = {key: annotations(text) for key, text in rows}
        assert len(got) == len(rows)
        want = {k: annotations(v) for k, v in wanted[one["name"], dataset].items()}
        assert got == want, one["name"]
        equal += 1
        verdicts = translate_verdicts(pipeline, table.schema)
        rows = connection.execute(verdicts.sql).fetchall()
        assert len(rows) == table.num_rows
        passed = {key: annotations(text) for key, verdict, text in rows if verdict is None}
        assert passed == got, one["name"]
    assert equal >= LEAST
