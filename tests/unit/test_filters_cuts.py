"""What filters make of a night does not depend on how it was cut: parts, shards, batches."""

import copy
import io
import json
import random

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nights import ZTF, build_index, write_folder
from packets import MEASUREMENT, PARSED, SCHEMA, container, packet

from pipeline.alerts.batch import Shard
from pipeline.filters import shard as shards
from pipeline.filters.filter import Filter, Sending
from pipeline.filters.night import summarise
from pipeline.filters.payloads import Instrument, Told, write_payloads
from pipeline.filters.shard import ShardInputs, ShardOutputs, filter_shard

NUMBER = 48
CATALOGS = {"stars": ["type"]}
NEAREST = {"$arrayElemAt": ["$cross_matches.stars.coordinates.distance_arcsec", 0]}
MEAN = {"$avg": "$prv_candidates.magpsf"}
PIPELINES = {
    "by_history": [
        {"$project": {"annotations": {"mean": MEAN, "n": {"$size": "$prv_candidates"}}}},
        {"$match": {"annotations.mean": {"$lt": 17.6}}},
    ],
    "by_matches": [
        {"$match": {"cross_matches.stars.1": {"$exists": True}}},
        {"$project": {"annotations": {"arcsec": NEAREST, "types": "$cross_matches.stars.type"}}},
    ],
    "by_scores": [
        {"$match": {"classifications.net": {"$gt": 0.4}, "candidate.fid": 1}},
        {"$project": {"annotations": {"drb": "$candidate.drb"}}},
    ],
}
SQLS = {
    "history_sql": "select avg(mag) as mean, stddev(mag) as s from history where kind = 'prv' "
    "having avg(mag) < 17.6",
    "matches_sql": "select max(distance_arcsec) as far, any_value(stars_type order by rank) as t "
    "from matches where catalog = 'stars' having count(*) > 1",
    "scores_sql": "select a.magpsf, s.net from alerts as a join scores as s using (candid) "
    "where s.net > 0.4",
    "wrong_sql": "select magspf from alerts",
}
FILTERS = sorted(
    [
        *(Filter(n, "ztf", (1, 2), "1", pipeline=json.dumps(p)) for n, p in PIPELINES.items()),
        *(Filter(n, "ztf", (1, 2, 3), "1", sql=sql) for n, sql in SQLS.items()),
    ],
    key=lambda one: one.name,
)
TOLD = [Told(one, Sending(group="Group", filter_id=i)) for i, one in enumerate(FILTERS)]


def wider_schema():
    """Return a later version of the packets' schema, with one field more."""
    schema = copy.deepcopy(SCHEMA)
    candidate = next(f for f in schema["fields"] if f["name"] == "candidate")
    candidate["type"]["fields"].append({"name": "drb", "type": ["null", "float"]})
    assert len(candidate["type"]["fields"]) == len(MEASUREMENT) + 1
    return fastavro.parse_schema(schema)


def packets():
    chance = random.Random(5)
    for i in range(NUMBER):
        one = packet(
            1000 + i, f"ZTF18{chance.randrange(26**4):07d}", history=chance.randrange(1, 9),
            magpsf=chance.uniform(15, 20), fid=1 + i % 2, programid=1 + i % 3,
        )  # fmt: skip
        for item in one["prv_candidates"]:
            item["magpsf"] = chance.uniform(15, 20)
        yield one


def contents(mixed):
    """Return the files of a night: several packets each, damaged ones and duplicates among them."""
    made = list(packets())
    later = wider_schema() if mixed else PARSED
    for one in made[1::2] if mixed else ():
        one["candidate"]["drb"] = one["candid"] % 10 / 10
    files = {}
    for k, first in enumerate(range(0, NUMBER, 4)):
        some = made[first : first + 4]
        files[f"{k:03}a.avro"] = container(some[0::2])
        files[f"{k:03}b.avro"] = with_schema(some[1::2], later)
    files["050.avro"] = container([made[4], made[20]])  # once more
    files["000.avro"] = container([{**made[8], "candidate": {**made[8]["candidate"], "ra": None}}])
    files["051.avro"] = container([{**made[9], "candid": None}])
    files["052.avro"] = container([made[0]])[:-40]
    files["053.avro"] = b"no packet"
    return files


def with_schema(records, schema):
    stream = io.BytesIO()
    fastavro.writer(stream, schema, records)
    return stream.getvalue()


@pytest.fixture(scope="module", params=[False, True], ids=["one schema", "two"])
def night(request, tmp_path_factory):
    """Return the folder of packets, and whether they have two schemas."""
    folder = tmp_path_factory.mktemp("night")
    return write_folder(folder / "night", contents(request.param)), request.param


def joined(candids, folder):
    """Write what networks and catalogues say of a shard's alerts; return the files."""
    scores = [
        {"candid": c, "net": None if c % 7 == 0 else c % 11 / 10, "net_version": "1"}
        for c in candids
    ]
    kinds = [("candid", pa.int64()), ("net", pa.float32()), ("net_version", pa.string())]
    pq.write_table(pa.Table.from_pylist(scores, pa.schema(kinds)), folder / "scores.parquet")
    matches = [
        {"candid": c, "catalog": "stars", "match_id": f"S{c}-{rank}", "rank": rank,
         "distance_arcsec": c % 13 / 7 + rank, "distance_kpc": None, "stars_type": f"T{c % 3}"}
        for c in candids for rank in range(1, 1 + c % 4)
    ]  # fmt: skip
    kinds = [
        ("candid", pa.int64()), ("catalog", pa.string()), ("match_id", pa.string()),
        ("distance_arcsec", pa.float64()), ("distance_kpc", pa.float64()), ("rank", pa.int32()),
        ("stars_type", pa.dictionary(pa.int32(), pa.string())),
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(matches, pa.schema(kinds)), folder / "matches.parquet")
    return folder / "scores.parquet", folder / "matches.parquet"


def made(night, folder, parts=1, number=1):
    """Return rows of both tables, the night's summary and requests, from parts and shards."""
    folder.mkdir()
    index = folder / "index.parquet"
    build_index(night, ZTF, index, folder / "spool", parts=parts)
    tables, counts, requests, files = ([], []), [], [], []
    for k in range(number):
        out = folder / f"{k:04}"
        out.mkdir()
        candids = Shard.load(index, k, number).packets["candid"].to_pylist()
        inputs = ShardInputs(index, (k, number), *joined(candids, out), CATALOGS)
        outputs = ShardOutputs(out / "c.parquet", out / "v.parquet", out / "n.json")
        filter_shard(inputs, ZTF, FILTERS, outputs)
        instrument = Instrument(1, {1: [1]})
        write_payloads(
            index, (k, number), ZTF, outputs.candidates, TOLD, instrument, out / "p.jsonl"
        )
        for rows, file in zip(tables, (outputs.candidates, outputs.verdicts), strict=True):
            rows.extend(pq.read_table(file).to_pylist())
        counts.append(outputs.counts)
        requests.extend((out / "p.jsonl").read_text().splitlines())
        files.append([(out / name).read_bytes() for name in ("c.parquet", "v.parquet", "p.jsonl")])
    return Made(*tables, summarise(counts, [], folder / "night.json"), requests, files)


class Made:
    """What comes of a night, by filter: in each in the order of the tables."""

    def __init__(self, candidates, verdicts, summary, requests, files):
        self.candidates, self.verdicts = map(by_filter, (candidates, verdicts))
        self.summary, self.files = summary, files
        self.requests = by_alert(requests)

    def sorted(self):
        return [
            {name: sorted(rows, key=lambda row: row["candid"]) for name, rows in found.items()}
            for found in (self.candidates, self.verdicts)
        ]


def by_filter(rows):
    found = {}
    for row in rows:
        found.setdefault(row["filter"], []).append(row)
    return found


def by_alert(lines):
    """Return the requests of each alert, in their order: the first of each names it."""
    found, candid = {}, None
    for line in lines:
        candid = json.loads(line)["body"].get("passing_alert_id", candid)
        found.setdefault(candid, []).append(line)
    return found


@pytest.fixture(scope="module")
def whole(night, tmp_path_factory):
    return made(night[0], tmp_path_factory.mktemp("whole") / "w")


def test_the_night_is_one_that_tells(whole):
    assert set(whole.verdicts) == {one.name for one in FILTERS}
    assert {name for name, rows in whole.candidates.items() if 3 < len(rows) < 45} == {
        one.name for one in FILTERS if one.name != "wrong_sql"
    }
    assert whole.summary["alerts"] == len(whole.verdicts["by_scores"]) == NUMBER
    assert whole.summary["filters"]["wrong_sql"]["unknown"] == NUMBER
    assert len(whole.requests) > 15


def test_parts_make_the_same_index(night, tmp_path):
    """So what is read of it is the same for any number of shards."""
    for parts in (1, 3, 8):
        build_index(night[0], ZTF, tmp_path / f"{parts}", tmp_path / f"s{parts}", parts=parts)
    one, three, eight = ((tmp_path / name).read_bytes() for name in "138")
    assert one == three == eight


@pytest.mark.parametrize(("parts", "number"), [(3, 1), (1, 2), (8, 2), (3, 30)])
def test_parts_and_shards(night, whole, tmp_path, parts, number):
    folder, mixed = night
    found = made(folder, tmp_path / "cut", parts, number)
    assert found.sorted() == whole.sorted()
    assert found.summary == whole.summary
    assert found.requests == whole.requests
    if number == 1:
        assert found.files == whole.files
    if not mixed:  # alerts of each schema are asked together
        assert found.candidates == whole.candidates
        assert found.verdicts == whole.verdicts


@pytest.mark.parametrize("together", [5, 33])
def test_batches(night, whole, tmp_path, monkeypatch, together):
    monkeypatch.setattr(shards, "TOGETHER", together)
    few = Shard.batches
    monkeypatch.setattr(Shard, "batches", lambda self, survey: few(self, survey, together))
    found = made(night[0], tmp_path / "cut", number=2)
    assert found.sorted() == whole.sorted()
    assert found.summary == whole.summary
    assert found.requests == whole.requests
    if not night[1]:
        assert found.candidates == whole.candidates
        assert found.verdicts == whole.verdicts
