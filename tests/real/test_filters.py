"""Filters of brokers' users on real alerts, against what a real MongoDB passes."""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from nights import build_index

from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.registry import get_survey
from pipeline.cli.main import main
from pipeline.documents.load import load_documents
from pipeline.filters.filter import Filter
from pipeline.filters.filter_file import read_file, read_folder
from pipeline.filters.run import Seen, run_filters
from pipeline.filters.shard import ShardInputs, ShardOutputs, filter_shard

pytestmark = pytest.mark.real

DATASETS = ("ztf_real_alerts", "ztf_packets")
REFUSED: set[str] = set()
"""Those that cannot be translated exactly: none."""
DUMPS = (
    "ztf", "ztf_tarballs/ztf_public_20180201.tar.gz",
    "ztf_tarballs/ztf_public_20180819_mod1000.tar.gz",
)  # fmt: skip


@pytest.fixture(scope="module")
def reference(shared) -> Path:
    return shared / "reference" / "filters"


@pytest.fixture(scope="module")
def expected(reference):
    """Return {(dataset, filter): {candid: annotations}}."""
    with gzip.open(reference / "expected.csv.gz", "rt") as lines:
        return by_filter(csv.DictReader(lines), "dataset")


def by_filter(rows, dataset=None):
    found = {}
    for row in rows:
        text = row["annotations"]
        key = (row[dataset], row["filter"]) if dataset else row["filter"]
        found.setdefault(key, {})[int(row["candid"])] = json.loads(text) if text else None
    return found


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_laboratory_passes_what_mongodb_passes(reference, expected, dataset, tmp_path, capsys):
    output = tmp_path / "out.csv"
    documents, filters = reference / f"{dataset}.jsonl.gz", reference / "filters.json"
    command = ["filter", "test", filters, "--documents", documents, "--output", output]
    assert main(list(map(str, command))) == 0
    refused = {
        line.partition(":")[0]
        for line in capsys.readouterr().err.splitlines()
        if ": refused: " in line
    }
    assert refused <= REFUSED
    with output.open() as lines:
        ours = by_filter(csv.DictReader(lines))
    names = {one.filter.name for one in read_file(filters)} - refused
    assert len(names) >= 40
    for name in names:
        assert ours.get(name, {}) == expected.get((dataset, name), {}), name


def test_packets_pass_what_mongodb_passes(shared, reference, expected, tmp_path):
    """The whole way from packets, with the scores and matches that the reference made up."""
    given = load_documents(reference / "ztf_packets.jsonl.gz")
    filters = [one.filter for one in read_file(reference / "filters.json")]
    ours, refused, alerts = {}, set(), 0
    for seen in packets_with(given, shared / "data" / "alerts", tmp_path):
        alerts += seen.documents.num_rows
        for one, result in run_filters(seen, filters):
            refused |= {one.name for text in result.warnings if text.startswith("refused")}
            rows = result.candidates.select(["candid", "annotations"]).to_pylist()
            ours.setdefault(one.name, {}).update(
                {row["candid"]: json.loads(row["annotations"] or "null") for row in rows}
            )
            verdicts = result.verdicts
            passed = pc.equal(verdicts["passed"], True)
            assert verdicts.num_rows == seen.documents.num_rows
            if one.name not in refused:
                assert set(verdicts.filter(passed)["candid"].to_pylist()) == {
                    row["candid"] for row in rows
                }
                assert verdicts.filter(pc.invert(passed))["reason"].null_count == 0
    assert alerts == 75
    assert refused <= REFUSED
    for one in filters:
        if one.name not in refused:
            assert ours[one.name] == expected.get(("ztf_packets", one.name), {}), one.name


def packets_with(given: pa.Table, folder: Path, tmp_path: Path):
    survey = get_survey("ztf")
    for name in DUMPS:
        index = tmp_path / f"{name.replace('/', '_')}.parquet"
        build_index(folder / name, survey, index, tmp_path / "spool")
        for batch in Shard.load(index, 0, 1).batches(survey):
            for part in batch.documents:
                rows = pc.index_in(
                    part.table["candid"].combine_chunks(), given["candid"].combine_chunks()
                )
                table = part.table
                for column in ("classifications", "cross_matches"):
                    table = table.append_column(
                        given.schema.field(column), given[column].take(rows)
                    )
                yield Seen("ztf", table, {"alerts": batch.alerts, "history": batch.history})


def test_no_filter_sees_what_is_later_than_the_alert(shared, reference, tmp_path):
    """Items from after the alert, as a later packet has them, change nothing."""
    filters = [one.filter for one in read_file(reference / "filters.json")]
    examples = Path(__file__).parents[2] / "config/filters"
    filters += [one.filter for one in read_folder(examples) if one.filter.pipeline]
    given = load_documents(reference / "ztf_packets.jsonl.gz")
    later = 0
    for seen in packets_with(given, shared / "data" / "alerts", tmp_path):
        rows = seen.documents.to_pylist()
        for row in rows:
            jd = row["candidate"]["jd"]
            for name in {"prv_candidates", "fp_hists"} & row.keys():
                items = row[name] or []
                row[name] = [*items, *({**item, "jd": jd + 1 + n} for n, item in enumerate(items))]
                later += len(items)
        changed = replace(seen, documents=pa.Table.from_pylist(rows, seen.documents.schema))
        pairs = zip(run_filters(seen, filters), run_filters(changed, filters), strict=True)
        for (one, before), (_, after) in pairs:
            assert before.candidates.equals(after.candidates), one.name
            assert before.verdicts.equals(after.verdicts), one.name
    assert later > 1000


SURVEYS = {
    "lsst": ("diaSource.psfFlux", "psfFlux", "$prvDiaSources", 3000.0),
    "pgir": ("candidate.magpsf", "magpsf", "$prv_candidates", 9.0),
    "wntr": ("candidate.magpsf", "magpsf", "$prv_candidates", 5.0),
    "turbo": ("candidate.magpsf", "magpsf", "$prv_candidates", 0.5),
}


@pytest.mark.parametrize("name", SURVEYS)
def test_other_surveys_in_both_languages(shared, tmp_path, name):
    path, column, history, limit = SURVEYS[name]
    survey = get_survey(name)
    pipeline = [
        {"$match": {path: {"$gt": limit}}},
        {"$project": {"annotations": {"value": f"${path}", "n": {"$size": history}}}},
    ]
    sql = f"""select {column} as value,
        (select count(*) from history where kind = 'prv') as n
        from alerts where {column} > {limit}"""
    filters = [
        Filter("p", name, (1, 2, 3), pipeline=json.dumps(pipeline)),
        Filter("s", name, (1, 2, 3), sql=sql),
    ]
    build_index(shared / "data" / "alerts" / name, survey, tmp_path / "i", tmp_path / "s")
    outputs = ShardOutputs(*(tmp_path / file for file in ("c.parquet", "v.parquet", "n.json")))
    told = filter_shard(ShardInputs(tmp_path / "i", (0, 1)), survey, filters, outputs)
    assert told["filters"]["p"]["warnings"] == [], told
    assert told["filters"]["p"]["passed"] == told["filters"]["s"]["passed"] > 0
    rows = pq.read_table(outputs.candidates).to_pylist()
    found = {
        one.name: {
            r["candid"]: json.loads(r["annotations"]) for r in rows if r["filter"] == one.name
        }
        for one in filters
    }
    assert found["p"] == found["s"]


def test_the_examples_say_the_same_in_both_languages(shared, tmp_path):
    stored = read_folder(Path(__file__).parents[2] / "config/filters")
    filters = [replace(one.filter, permissions=(1, 2, 3)) for one in stored]
    survey, dump = get_survey("ztf"), shared / "data" / "alerts" / "ztf_real_alerts.parquet"
    build_index(dump, survey, tmp_path / "i", tmp_path / "s")
    outputs = ShardOutputs(*(tmp_path / file for file in ("c.parquet", "v.parquet", "n.json")))
    told = filter_shard(ShardInputs(tmp_path / "i", (0, 1)), survey, filters, outputs)
    found = {one.name: {} for one in filters}
    for row in pq.read_table(outputs.candidates).to_pylist():
        found[row["filter"]][row["candid"]] = json.loads(row["annotations"])
    assert told["alerts"] == 488
    for one in filters:
        if one.pipeline:
            assert found[one.name] == found[f"{one.name}_sql"] != {}
