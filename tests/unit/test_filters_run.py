"""Filters on packets: what they see, what becomes of each alert, in both languages."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from nights import ZTF, build_index, write_folder
from packets import container, packet

from pipeline.alerts.batch import Shard
from pipeline.filters.filter import Filter
from pipeline.filters.night import summarise
from pipeline.filters.run import NOT_PERMITTED, Seen, run_filters
from pipeline.filters.shard import ShardInputs, ShardOutputs, filter_shard
from pipeline.filters.upstream import DAYS, upstream
from pipeline.filters.upstream import ZTF as SHAPE

JD = 2458150.5
AGES = (-3.0, -1e-6, 0.0, 1.0, 5.0, 364.999, 365.0, 400.0)
"""Of items of histories, before their alert [d]: those below 0 are of its future."""
FORCED = {"forcediffimflux": 100.0, "forcediffimfluxunc": 10.0, "magzpsci": 26.0, "fid": 1}


def with_histories(candid, **candidate):
    one = packet(candid, history=0, **candidate)
    items = [
        {**one["candidate"], "jd": JD - age, "programid": programid, "magpsf": 17.0 + age / 100}
        for age in AGES
        for programid in (1, 2)
    ]
    forced = [
        {**FORCED, "jd": JD - age, "procstatus": status}
        for age in AGES
        for status in ("0", "61", None)
    ]
    return {**one, "prv_candidates": items, "fp_hists": forced}


PACKETS = [
    with_histories(
        i, object_id=f"ZTF18aaaaa{i:02d}", magpsf=16.0 + i / 4, programid=1 + i % 3, fid=1 + i % 2
    )
    for i in range(1, 25)
]
FILTERS = [
    Filter("bright", permissions=(1,), version="2", pipeline=json.dumps([
        {"$match": {"candidate.magpsf": {"$lt": 19}}},
        {"$match": {"candidate.fid": 1}},
        {"$project": {"annotations": {"mag": "$candidate.magpsf", "fid": "$candidate.fid"}}},
    ])),
    Filter("bright_sql", permissions=(1,), version="2",
           sql="select magpsf as mag, fid from alerts where magpsf < 19 and fid = 1;"),
    Filter("faintest", permissions=(1, 2), pipeline=json.dumps([
        {"$project": {"annotations": {"n": {"$size": "$prv_candidates"},
                                      "faintest": {"$max": "$prv_candidates.magpsf"}}}},
        {"$match": {"annotations.n": {"$gt": 0}}},
    ])),
    Filter("faintest_sql", permissions=(1, 2), sql=(
        "select count(*) as n, max(mag) as faintest from history where kind = 'prv'")),
    Filter("several", pipeline=json.dumps([{"$unwind": "$prv_candidates"}])),
    Filter("typo", pipeline=json.dumps([{"$match": {"candidate.magspf": {"$lt": 19}}}])),
    Filter("wrong_sql", sql="select magspf from alerts"),
]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    contents = {f"{p['candid']}.avro": container([p]) for p in PACKETS}
    build_index(write_folder(folder / "night", contents), ZTF, folder / "i.parquet", folder / "s")
    return folder / "i.parquet"


def seen_of(index):
    (batch,) = Shard.load(index, 0, 1).batches(ZTF)
    (part,) = batch.documents
    return Seen("ztf", part.table, {"alerts": batch.alerts, "history": batch.history})


def run(index, folder, part=(0, 1), filters=FILTERS):
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name in ("candidates.parquet", "verdicts.parquet", "counts.json")]
    told = filter_shard(ShardInputs(index, part), ZTF, filters, ShardOutputs(*files))
    candidates, verdicts = (pq.read_table(file).to_pylist() for file in files[:2])
    return candidates, verdicts, told


@pytest.mark.parametrize("permissions", [(1,), (2,), (1, 2, 3), (9,)])
def test_what_filters_see(index, permissions):
    rows = upstream(seen_of(index).documents, SHAPE, permissions).to_pylist()
    wanted = [p for p in PACKETS if p["candidate"]["programid"] in permissions]
    assert sorted(row["candid"] for row in rows) == [p["candid"] for p in wanted]
    known = {age for age in AGES if 0 <= age < DAYS}
    for row in rows:
        ages = [round(JD - item["jd"], 6) for item in row["prv_candidates"]]
        assert set(ages) == (known if {1, 2} & set(permissions) else set())
        assert {item["programid"] for item in row["prv_candidates"]} <= set(permissions)
        # these have no programid: nobody may see them
        assert row["fp_hists"] == []


def test_every_alert_has_a_verdict(index, tmp_path):
    candidates, verdicts, told = run(index, tmp_path)
    assert len(verdicts) == len(PACKETS) * len(FILTERS)
    for one in FILTERS:
        mine = [v for v in verdicts if v["filter"] == one.name]
        assert {v["candid"] for v in mine} == {p["candid"] for p in PACKETS}
        passed = [c["candid"] for c in candidates if c["filter"] == one.name]
        assert [v["candid"] for v in mine if v["passed"]] == passed
        assert all((v["reason"] is None) == (v["passed"] is True) for v in mine)
        count = told["filters"][one.name]
        assert count["passed"] + count["failed"] + count["unknown"] == told["alerts"] == 24
        assert sum(count["reasons"].values()) == count["failed"] + count["unknown"]
        assert sum(count["programid"].values()) == count["passed"]
    for v in verdicts:
        if v["filter"] == "bright" and not v["passed"]:
            p = PACKETS[v["candid"] - 1]["candidate"]
            if p["programid"] != 1:
                assert v["reason"] == NOT_PERMITTED
            elif p["magpsf"] >= 19:
                assert v["reason"] == 'stage 1 ($match): "candidate.magpsf": {"$lt": 19}'
            else:
                assert v["reason"] == 'stage 2 ($match): "candidate.fid": 1'


def test_both_languages_say_the_same(index, tmp_path):
    candidates, _, _ = run(index, tmp_path)
    found = {one.name: {} for one in FILTERS}
    for c in candidates:
        found[c["filter"]][c["candid"]] = c["annotations"] and json.loads(c["annotations"])
    assert (
        found["bright"]
        == found["bright_sql"]
        == {
            p["candid"]: {"mag": p["candidate"]["magpsf"], "fid": 1}
            for p in PACKETS
            if p["candidate"]["programid"] == 1
            and p["candidate"]["magpsf"] < 19
            and p["candidate"]["fid"] == 1
        }
    )
    assert found["faintest"] == found["faintest_sql"]
    assert len(found["faintest"]) == 16
    assert found["several"] == found["typo"] == {}


def test_what_cannot_be_run_is_told_and_takes_no_other_down(index, tmp_path):
    _, verdicts, told = run(index, tmp_path)
    assert told["filters"]["typo"]["warnings"] == ["no document has candidate.magspf"]
    (line,) = told["filters"]["wrong_sql"]["warnings"]
    assert line.startswith("refused: ") and "magspf" in line
    assert told["filters"]["wrong_sql"]["unknown"] == 24
    assert {v["passed"] for v in verdicts if v["filter"] == "wrong_sql"} == {None}


def test_results_do_not_depend_on_shards(index, tmp_path):
    def key(row):
        return row["filter"], row["candid"]

    whole = run(index, tmp_path / "whole")
    parts = [run(index, tmp_path / str(k), (k, 3)) for k in range(3)]
    for table in (0, 1):
        joined = [row for part in parts for row in part[table]]
        assert sorted(joined, key=key) == sorted(whole[table], key=key)
    counts = [tmp_path / str(k) / "counts.json" for k in range(3)]
    night = summarise(counts, [], tmp_path / "night.json")
    once = summarise(
        [tmp_path / "whole" / "counts.json"], [tmp_path / "night.json"], tmp_path / "x"
    )
    for name, one in night["filters"].items():
        assert one["earlier_share"] is None
        assert once["filters"][name]["earlier_share"] == one["share"]
        assert once["filters"][name] | {"earlier_share": None} == one


def test_running_again_gives_the_same_bytes(index, tmp_path):
    for name in "ab":
        run(index, tmp_path / name)
    for file in ("candidates.parquet", "verdicts.parquet", "counts.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_filters_cannot_see_the_future(index, tmp_path):
    """Of packets cut off at their alert's time all is the same."""
    cut = [
        {
            **p,
            "prv_candidates": [i for i in p["prv_candidates"] if i["jd"] <= JD],
            "fp_hists": [i for i in p["fp_hists"] if i["jd"] <= JD],
        }
        for p in PACKETS
    ]
    contents = {f"{p['candid']}.avro": container([p]) for p in cut}
    folder = write_folder(tmp_path / "night", contents)
    build_index(folder, ZTF, tmp_path / "i.parquet", tmp_path / "s")
    assert run(tmp_path / "i.parquet", tmp_path / "cut")[:2] == run(index, tmp_path / "all")[:2]


def test_sql_sees_one_alert_at_a_time(index):
    """No other, of its own object neither: that may be later."""
    sqls = (
        "select candid, (select count(*) from alerts) as n from alerts",
        "select a.candid, count(*) as n from alerts as a, alerts as b group by all",
        "select candid, count(*) over () as n from alerts",
    )
    filters = [Filter(f"f{i}", permissions=(1, 2, 3), sql=sql) for i, sql in enumerate(sqls)]
    for _, result in run_filters(seen_of(index), filters):
        assert result.candidates.num_rows == len(PACKETS)
        assert set(result.candidates["annotations"].to_pylist()) == {'{"n": 1}'}


def test_what_json_has_no_numbers_for_is_written_as_pipelines_do(index):
    seen = seen_of(index)
    sql = (
        "select 'nan'::double as n, ['-inf'::double, 1] as l, {'a': 'inf'::float} as s, "
        "18446744073709551615::uhugeint as u, 9007199254740993 as b, 'NaN' as t, "
        "170141183460469231731687303715884105727::hugeint as h, sum(candid) as k from alerts"
    )
    literal = {"n": {"$literal": float("nan")}, "l": [{"$literal": -float("inf")}, 1]}
    pipeline = json.dumps([{"$project": {"annotations": literal}}])
    filters = [
        Filter("a", permissions=(1, 2, 3), sql=sql),
        Filter("b", permissions=(1, 2, 3), pipeline=pipeline),
    ]
    one, two = (
        json.loads(result.candidates["annotations"][0].as_py(), parse_constant=pytest.fail)
        for _, result in run_filters(seen, filters)
    )
    assert one["n"] == two["n"] == {"$numberDouble": "NaN"}
    assert one["l"][0] == two["l"][0] == {"$numberDouble": "-Infinity"}
    assert one["s"] == {"a": {"$numberDouble": "Infinity"}}
    assert one["u"] == {"$numberDecimal": "18446744073709551615"}
    assert (one["b"], one["t"], one["h"]) == (9007199254740993, "NaN", 2.0**127)
    assert isinstance(one["k"], int)


def test_the_examples_run_on_packets(index):
    from pipeline.filters.filter_file import read_folder

    folder = Path(__file__).parents[2] / "config/filters"
    filters = [one.filter for one in read_folder(folder)]
    for one, result in run_filters(seen_of(index), filters):
        assert result.verdicts.num_rows == 24, one.name
