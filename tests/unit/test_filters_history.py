"""Filters that see earlier nights: what a broker has collected, nothing later, in any shards."""

import json
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from broker_way import object_documents
from nights import ZTF, build_index
from object_nights import in_schema, make_packets, write_night

from pipeline.alerts.batch import Shard
from pipeline.alerts.domain import Night
from pipeline.contract.request import Request
from pipeline.filters.domain import FILTERS, histories
from pipeline.filters.filter import Filter
from pipeline.filters.history.chosen import before, stores
from pipeline.filters.history.kinds import common
from pipeline.filters.history.order import distinct
from pipeline.filters.history.reading import Stores, with_earlier
from pipeline.filters.history.store import keep_histories, merge_histories
from pipeline.filters.shard import ShardInputs, ShardOutputs, filter_shard
from pipeline.plan.load import load_config

NIGHTS, PACKETS, OBJECTS = 4, 60, 12
SERIES = ("prv_candidates", "fp_hists")
FILTERS_ = [
    Filter("many", permissions=(1, 2), pipeline=json.dumps([
        {"$project": {"annotations": {
            "n": {"$size": "$prv_candidates"}, "forced": {"$size": "$fp_hists"},
            "last": {"$arrayElemAt": ["$prv_candidates.jd", -1]},
            "brightest": {"$min": "$prv_candidates.magpsf"},
        }}},
        {"$match": {"annotations.n": {"$gt": 20}}},
    ])),
    Filter("public", permissions=(1,), pipeline=json.dumps([
        {"$match": {"prv_candidates": {"$elemMatch": {"magpsf": {"$lt": 18}, "fid": 2}}}},
        {"$project": {"annotations": {"alert_mag": {"$min": "$fp_hists.alert_mag"}}}},
    ])),
    Filter("sql", permissions=(1, 2), sql=(
        "select count(*) as n, min(mag) as brightest from history where kind = 'prv' "
        "having count(*) > 20")),
]  # fmt: skip


def packets_of(night, seed=3):
    """Return packets of a night; some are hours, or nights, later than its name says."""
    made, rng = make_packets(PACKETS, OBJECTS, night, seed), random.Random(f"{night} {seed}")
    for packet in made:
        packet["candidate"]["programid"] = rng.choice([1, 1, 2])
        packet["candidate"]["jd"] += rng.choice([0, 0, 0, 0.5, 15, 25])
        for item in packet["prv_candidates"] or ():
            item["jd"] -= rng.choice([0, 0, 0, 340, 400])
            item["programid"] = rng.choice([1, 1, 2])
            if item["magpsf"] is not None:
                item["magpsf"] = rng.choice([17.5, 18.25, 19.125])
    return made


@pytest.fixture(scope="module")
def made():
    return [packets_of(night) for night in range(NIGHTS)]


def kept(folder, made, shards=2):
    """Write nights, their indexes and stores; return the indexes, and the stores by night."""
    indexes = [write_night(folder / str(night), packets) for night, packets in enumerate(made)]
    found = []
    for night, index in enumerate(indexes):
        found.append([folder / f"stores/{night}/{shard}" for shard in range(shards)])
        for shard, store in enumerate(found[-1]):
            keep_histories(index, ZTF, (shard, shards), store)
    return indexes, found


@pytest.fixture(scope="module")
def store(tmp_path_factory, made):
    return kept(tmp_path_factory.mktemp("nights"), made)


def expected(packets, earlier):
    """Return the documents' histories by candid: of all packets known at each one's time."""
    found = {}
    for packet in packets:
        then = [
            one
            for one in earlier
            if one["objectId"] == packet["objectId"]
            and one["candidate"]["jd"] <= packet["candidate"]["jd"]
        ]
        (document,) = object_documents([*then, packet]).values()
        found[packet["candid"]] = {name: document[name] for name in SERIES}
    return found


def documents_of(index, folders, part=(0, 1)):
    stores_ = Stores(folders)
    for batch in Shard.load(index, *part).batches(ZTF, 16):
        for some in batch.documents:
            table, unlike = with_earlier(some.table, ZTF, stores_)
            assert unlike == ()
            for row in table.select(["candid", *SERIES]).to_pylist():
                yield (
                    row.pop("candid"),
                    {
                        name: [
                            {k: v for k, v in item.items() if v is not None} for item in row[name]
                        ]
                        for name in SERIES
                    },
                )


@pytest.mark.parametrize("night", range(NIGHTS))
def test_histories_are_a_brokers(store, made, night):
    indexes, folders = store
    before_ = [folder for some in folders[:night] for folder in some]
    found = dict(documents_of(indexes[night], before_))
    earlier = [packet for some in made[:night] for packet in in_schema(some)]
    wanted = expected(in_schema(made[night]), earlier)
    assert found.keys() == wanted.keys()
    for candid, document in wanted.items():
        assert found[candid] == document
        assert all(
            list(a) == list(b)
            for a, b in zip(found[candid]["fp_hists"], document["fp_hists"], strict=True)
        )
    if night:
        own = expected(in_schema(made[night]), [])
        more = [
            c for c in wanted if len(wanted[c]["prv_candidates"]) > len(own[c]["prv_candidates"])
        ]
        assert len(more) > PACKETS / 4


def test_a_months_store_says_the_same(store, made, tmp_path):
    indexes, folders = store
    nights = [folder for some in folders[:3] for folder in some]
    rows = merge_histories(nights, ZTF, tmp_path / "month")
    assert 0 < rows < Stores(nights).rows
    merge_histories(nights[::-1], ZTF, tmp_path / "again")
    for one, other in zip(*(sorted(p.iterdir()) for p in tmp_path.iterdir()), strict=True):
        assert pq.read_table(one).equals(pq.read_table(other))
    found = list(documents_of(indexes[3], [tmp_path / "month"]))
    assert found == list(documents_of(indexes[3], nights))


def test_a_month_is_merged_in_pieces(store, tmp_path, monkeypatch):
    _, folders = store
    nights = [folder for some in folders for folder in some]
    rows = merge_histories(nights, ZTF, tmp_path / "whole")
    monkeypatch.setattr("pipeline.filters.history.store.PIECE_ROWS", 50)
    monkeypatch.setattr("pipeline.filters.history.layout.ROWS", 7)
    assert merge_histories(nights, ZTF, tmp_path / "pieces") == rows
    whole, pieces = (
        [pq.read_table(path) for path in sorted((tmp_path / name).iterdir())]
        for name in ("whole", "pieces")
    )
    assert all(one.equals(other) for one, other in zip(whole, pieces, strict=True))
    for table in whole:
        assert np.all(np.diff(table["key"].to_numpy().astype(np.int64)) >= 0)


def filtered(folder, index, folders, shards=1):
    """Return verdicts and candidates by alert and filter."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for shard in range(shards):
        outputs = ShardOutputs(*(folder / f"{name}{shard}" for name in ("c", "v", "n")))
        earlier = None if folders is None else tuple(folders)
        inputs = ShardInputs(index, (shard, shards), earlier=earlier)
        filter_shard(inputs, ZTF, FILTERS_, outputs)
        for row in pq.read_table(outputs.verdicts).to_pylist():
            assert row["passed"] is not None
            found[row["candid"], row["filter"]] = (row["passed"], row["reason"])
        for row in pq.read_table(outputs.candidates).to_pylist():
            found[row["candid"], row["filter"]] = row["annotations"]
    return found


def seen(documents, packets, permissions):
    """Return what a broker's own stages leave of histories."""
    for packet in packets:
        own, document = packet["candidate"], documents[packet["candid"]]
        if own["programid"] in permissions:
            yield (
                packet["candid"],
                {
                    name: [
                        item
                        for item in document[name]
                        if own["jd"] - item["jd"] < 365
                        and item["jd"] <= own["jd"]
                        and item.get("programid") in permissions
                        and (name == "prv_candidates" or item.get("procstatus") == "0")
                    ]
                    for name in SERIES
                },
            )


def test_verdicts_on_what_is_known(store, made, tmp_path):
    indexes, folders = store
    packets = in_schema(made[3])
    earlier = [packet for some in made[:3] for packet in in_schema(some)]
    before_ = [folder for some in folders[:3] for folder in some]
    found = filtered(tmp_path, indexes[3], before_)
    documents = dict(seen(expected(packets, earlier), packets, (1, 2)))
    number = 0
    for candid, document in documents.items():
        items = document["prv_candidates"]
        mags = [item["magpsf"] for item in items if "magpsf" in item]
        wanted = {
            "n": len(items), "forced": len(document["fp_hists"]),
            "last": items[-1]["jd"] if items else None, "brightest": min(mags, default=None),
        }  # fmt: skip
        if len(items) > 20:
            number += 1
            assert json.loads(found[candid, "many"]) == wanted
            short = {name: wanted[name] for name in ("n", "brightest")}
            assert json.loads(found[candid, "sql"]) == pytest.approx(short)
        else:
            assert found[candid, "many"][0] is found[candid, "sql"][0] is False
    assert 0 < number < len(documents)
    of_public = dict(seen(expected(packets, earlier), packets, (1,)))
    passed = {
        candid
        for candid, document in of_public.items()
        for item in document["prv_candidates"]
        if item.get("magpsf", 99) < 18 and item["fid"] == 2
    }
    ours = {c for (c, name), told in found.items() if name == "public" and isinstance(told, str)}
    ours |= {c for (c, name), told in found.items() if name == "public" and told is None}
    assert ours == passed != set()
    assert found != filtered(tmp_path, indexes[3], None)


def test_any_number_of_shards(store, made, tmp_path):
    indexes, folders = store
    before_ = [folder for some in folders[:3] for folder in some]
    one = filtered(tmp_path / "1", indexes[3], before_)
    assert filtered(tmp_path / "5", indexes[3], before_, 5) == one
    _, others = kept(tmp_path / "other", made, shards=5)
    others = [folder for some in others[:3] for folder in some]
    assert filtered(tmp_path / "others", indexes[3], others[::-1], 3) == one


def test_filters_cannot_see_the_future(store, made, tmp_path):
    """Whatever comes after an alert is taken away: nothing that is said of it changes."""
    indexes, folders = store
    whole = filtered(
        tmp_path / "whole", indexes[3], [folder for some in folders[:3] for folder in some]
    )
    times = sorted(packet["candidate"]["jd"] for packet in made[3])
    for number, jd in enumerate(times[::20]):
        cut = [[truncated(p, jd) for p in some if p["candidate"]["jd"] <= jd] for some in made]
        indexes_, folders_ = kept(tmp_path / str(number), cut)
        before_ = [folder for some in folders_[:3] for folder in some]
        found = filtered(tmp_path / f"f{number}", indexes_[3], before_)
        alerts = {p["candid"] for p in cut[3] if p["candidate"]["jd"] == jd}
        assert alerts
        for (candid, name), told in found.items():
            if candid in alerts:
                assert told == whole[candid, name]


def truncated(packet, jd):
    items = {name: packet[name] and [i for i in packet[name] if i["jd"] <= jd] for name in SERIES}
    return {**packet, **items}


NAMES = ["20180302", "20180201", "commissioning", "20180215", "20170101", "20180301", "20170312"]


def night(name, shards=2):
    return Night(survey="ztf", night=name, path=name, shards=shards)


def test_which_nights_are_earlier():
    nights = [night(name) for name in NAMES]
    random.Random(1).shuffle(nights)
    found = before(nights, night("20180302"))
    assert found.months == ("201802",)
    assert [one.night for one in found.nights] == ["20170312", "20180301"]
    assert found.stores == 3
    in_between = before(nights, night("20180215"))
    assert in_between.months == ()
    assert [one.night for one in in_between.nights] == ["20170312", "20180201"]
    assert before(nights, night("20170101")).stores == 0
    assert "commissioning" in [one.night for one in before(nights, night("dark")).nights]
    assert stores(found, "ztf", (0, 4)) == [
        "results/histories_by_month/ztf/201802",
        "results/histories/ztf/20170312/0000",
        "results/histories/ztf/20180301/0000",
    ]


def test_a_later_night_changes_nothing_for_earlier_ones(tmp_path):
    nights = [night(name) for name in NAMES]
    for own, after in pairwise(sorted(nights, key=lambda one: one.night)):
        without = [one for one in nights if one.night < after.night]
        for shard in range(2):
            part = (shard, 2)
            assert stores(before(nights, own), "ztf", part) == stores(
                before(without, own), "ztf", part
            )


def request(folder, nights, **section):
    config = load_config({"alerts": "a.tsv", "filters": {"path": str(folder), **section}})
    (folder / "one.yaml").write_text(
        "name: one\nactive: true\npermissions: [1]\npipeline: '[{\"$match\": {}}]'\n"
    )
    return Request(config, {"alerts": tuple(nights)})


def test_it_is_asked_for_and_planned(tmp_path):
    from pipeline.contract.work import UNKNOWN

    nights = [night(name) for name in ("20180201", "20180202", "20180301")]
    packet = request(tmp_path, nights)
    assert histories(packet, nights[2], 0) is None
    assert not [w for w in FILTERS.work(packet, UNKNOWN) if "histories" in w.rule]
    chosen = request(tmp_path, nights, history="nights")
    assert histories(chosen, nights[2], 0) == ["results/histories_by_month/ztf/201802"]
    work = {one.name: one for one in FILTERS.work(chosen, UNKNOWN)}
    assert {name for name in work if "histories" in name} == {
        "keep_histories ztf/20180201",
        "keep_histories ztf/20180202",
        "merge_histories ztf/201802",
    }
    assert "merge_histories ztf/201802" in work["filter ztf/20180301"].after
    assert "keep_histories ztf/20180201" in work["filter ztf/20180202"].after


def test_fields_of_unlike_kinds_are_told():
    one = {"jd": pa.float64(), "fid": pa.int32(), "nid": pa.int32(), "rb": pa.null()}
    other = {"jd": pa.float64(), "fid": pa.int64(), "nid": pa.string(), "rb": pa.float64()}
    fields, unlike = common([one, other])
    assert fields == {"jd": pa.float64(), "fid": pa.int64(), "rb": pa.float64()}
    assert unlike == ["nid"]


def test_items_sort_as_mongodb_sorts_them():
    """Against the oracle's order, on items of which many are equal but for one field."""
    from broker_way import _order

    rng = random.Random(5)
    names = {"jd": [1.0, 2.0], "magpsf": [None, -1.5, 0.0, 3.0], "fid": [None, 1, 2],
             "ssnamenr": [None, "", "a", "b", "ä"], "good": [None, True, False],
             "big": [None, 2**60, 2**60 + 1]}  # fmt: skip
    items = [{k: rng.choice(v) for k, v in names.items()} for _ in range(400)]
    owner = np.array([rng.randrange(3) for _ in items])
    known = np.array([rng.randrange(9) for _ in items], float)
    types = [pa.float64(), pa.float64(), pa.int32(), pa.string(), pa.bool_(), pa.int64()]
    fields = {
        name: pa.array([item[name] for item in items], type_)
        for name, type_ in zip(names, types, strict=True)
    }
    rows = distinct(owner, known, fields).tolist()
    whole = [{k: v for k, v in item.items() if v is not None} for item in items]
    best = {}
    for i, item in enumerate(whole):
        key = (owner[i], *_order(item))
        if key not in best or known[i] < known[best[key]]:
            best[key] = i
    wanted = [best[key] for key in sorted(best)]
    assert [(owner[i], whole[i], known[i]) for i in rows] == [
        (owner[i], whole[i], known[i]) for i in wanted
    ]


def test_a_store_that_is_not_there_is_named(store):
    with pytest.raises(FileNotFoundError, match="nowhere: a store of histories is expected"):
        Stores([Path("nowhere")])


def test_packets_of_no_object_and_empty_nights(tmp_path):
    made = make_packets(5, 1, 0, 1)
    made[0]["objectId"] = "none"
    indexes, folders = kept(tmp_path, [made, made[:1]], shards=1)
    found = dict(documents_of(indexes[1], folders[0]))
    assert list(found) == [made[0]["candid"]]
    assert Stores([]).items("prv_candidates", 0, 9)[1].owner.size == 0
    assert build_index  # indexes of nights are made by it
