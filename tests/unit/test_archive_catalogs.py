"""Documents that are kept: of several schemas of packets, of shards that are no more."""

import math
from itertools import chain

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_tables import write_alerts

from pipeline.archive.places import DOCUMENTS
from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Options, Wanted
from pipeline.archive.query.positions import read_positions

EVERY = Wanted({}, {"_id": 1})


def write_documents(directory, shard, *tables):
    folder = directory / DOCUMENTS.format(survey="ztf", night="20180201", shard=shard)
    folder.mkdir(parents=True)
    for number, rows in enumerate(tables):
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{number}.parquet")


@pytest.fixture
def home(tmp_path):
    """Return a night whose documents are of two schemas."""
    write_alerts(tmp_path, [10, 10], [0, 0])
    old = [{"_id": 1000, "candidate": {"drb": None, "fid": 1}}]
    new = [{"_id": 1001, "candidate": {"fid": 2}}]
    write_documents(tmp_path, "0000", old, new)
    return FilesHome(tmp_path)


def ids(documents):
    return sorted(document["_id"] for document in documents)


def test_several_schemas(home):
    assert home.catalog_names() == ["alerts", "ZTF_alerts"]
    assert ids(home.find("ZTF_alerts", EVERY)) == [1000, 1001]
    assert home.count_documents("ZTF_alerts", {"candidate.fid": {"$gt": 0}}) == 2
    assert home.count_documents("ZTF_alerts", {"candidate.drb": {"$exists": True}}) == 1
    assert home.estimated_document_count("ZTF_alerts") == 2
    assert len(home.find("ZTF_alerts", EVERY, Options(limit=1))) == 1
    assert ids(home.find("ZTF_alerts", EVERY, Options(skip=1))) in ([1000], [1001])
    plain = [{"$match": {"candidate.fid": 2}}, {"$project": {"_id": 1}}]
    assert home.aggregate("ZTF_alerts", plain) == [{"_id": 1001}]
    here = read_positions({"a": [10, 0]})
    assert ids(home.cone_search(here, 1, {"ZTF_alerts": EVERY})["ZTF_alerts"]["a"]) == [1000, 1001]


VALUES = [
    [None, 3, -(2**60) - 1, 2**53 + 1],
    [1.5, float("nan"), float("-inf"), -(2.0**60), 2.0**53, None, -0.0],
    ["b", "a", "é", "", "B", None],
    [True, False],
]
"""Of a path in documents of one schema each, in which it is of another type."""


@pytest.fixture
def mixed(tmp_path):
    """Return documents whose path `v` has another type in each schema, and one has it not."""
    write_alerts(tmp_path, [10], [0])
    tables, number = [[{"_id": 0}, {"_id": 1}]], 2
    for values in VALUES:
        tables.append([{"_id": number + i, "v": value} for i, value in enumerate(values)])
        number += len(values)
    write_documents(tmp_path, "0000", *tables)
    return FilesHome(tmp_path)


def in_order(mixed):
    """Return _id by what MongoDB sorts by: null and missing, numbers, text, booleans."""
    keys = [(0, 0), (0, 0)]
    for value in chain.from_iterable(VALUES):
        if value is None:
            keys.append((0, 0))
        elif isinstance(value, bool):
            keys.append((3, value))
        elif isinstance(value, str):
            keys.append((2, value.encode()))
        else:  # Python's integers and floats compare exactly
            keys.append((1, -math.inf, 0) if math.isnan(value) else (1, value, 1))
    return [i for i, _ in sorted(enumerate(keys), key=lambda pair: pair[1])]


def test_schemas_are_sorted_together_in_mongodbs_order(mixed):
    by = (("v", 1), ("_id", 1))
    expected = in_order(mixed)
    assert [d["_id"] for d in mixed.find("ZTF_alerts", EVERY, Options(sort=by))] == expected
    few = mixed.find("ZTF_alerts", EVERY, Options(sort=by, skip=3, limit=8))
    assert [d["_id"] for d in few] == expected[3:11]
    with pytest.raises(ValueError, match="sorted by values of type string downwards"):
        mixed.find("ZTF_alerts", EVERY, Options(sort=(("v", -1),)))
    back = [d["_id"] for d in mixed.find("ZTF_alerts", EVERY, Options(sort=(("_id", -1),)))]
    assert back == sorted(expected, reverse=True)


def test_near_positions_schemas_are_sorted_together(home):
    here = read_positions({"a": [10, 0]})
    for direction in (1, -1):
        by = Options(sort=(("candidate.fid", direction),))
        found = home.cone_search(here, 1, {"ZTF_alerts": EVERY}, by)["ZTF_alerts"]["a"]
        assert [d["_id"] for d in found] == [1000, 1001][::direction]


def test_what_one_schema_has_is_grouped(home):
    """What goes through the pipeline's first stage is of one schema, whatever else there is."""
    group = {"$group": {"_id": None, "n": {"$sum": 1}}}
    with pytest.raises(ValueError, match=r"ZTF_alerts: \$group over documents of 2 schemas"):
        home.aggregate("ZTF_alerts", [group])
    for wanted, found in (({"candidate.fid": 2}, [{"_id": None, "n": 1}]), ({"_id": 7}, [])):
        assert home.aggregate("ZTF_alerts", [{"$match": wanted}, group]) == found


def test_paths_that_no_document_has_are_told(home, caplog):
    wanted = Wanted({"candidate.fdi": 1}, {"drb": 1})
    assert home.find("ZTF_alerts", wanted, Options(sort=(("candidate.nothing.at", 1),))) == []
    assert home.count_documents("alerts", {"magpfs": {"$lt": 18}}) == 0
    home.aggregate("alerts", [{"$match": {"fidd": 1}}, {"$project": {"a": "$magpfs"}}])
    here = read_positions({"a": [10, 0]})
    home.cone_search(here, 1, {"alerts": Wanted({"candidate.magpsf": 1})})
    assert [line for line in caplog.messages if "cone indexes" not in line] == [
        "ZTF_alerts: no document has 'candidate.fdi': perhaps candidate.fid",
        "ZTF_alerts: no document has 'candidate.nothing'",
        "ZTF_alerts: no document has 'drb': perhaps candidate.drb",
        "alerts: no document has 'magpfs': perhaps magpsf, magap, magzpsci",
        "alerts: no document has 'fidd': perhaps fid, rfid, field",
        "alerts: no document has 'magpfs': perhaps magpsf, magap, magzpsci",
        "alerts: no document has 'candidate': perhaps candid",
    ]
    caplog.clear()
    home.find("ZTF_alerts", Wanted({"candidate.drb": {"$exists": True}}))  # one schema has it
    home.find("alerts", Wanted({"night": "a", "_id": 1}, {"_id": 0, "magpsf": 1}))
    assert not caplog.messages


def test_documents_of_a_shard_that_is_no_more_are_not_read(home):
    write_documents(home.directory, "0007", [{"_id": 7, "candidate": {"fid": 1}}])
    assert 7 not in ids(home.find("ZTF_alerts", EVERY))


@pytest.mark.parametrize(
    "name", ["", "*", "../alerts", "alerts/ztf", "ztf_alerts", "cones", "ZTF*"]
)
def test_no_catalogues(home, name):
    with pytest.raises(ValueError, match="there is no catalogue"):
        home.find(name, EVERY)


def test_a_limit_on_what_is_sorted_by_a_field(tmp_path):
    """DuckDB 2.0 fails if it puts off the reading of a STRUCT that the filter has read of."""
    write_alerts(tmp_path, [10, 10], [0, 0], shards=2)
    kind = pa.struct([pa.field("magpsf", pa.float64(), False), pa.field("jd", pa.float64())])
    schema = pa.schema([("_id", pa.int64()), pa.field("candidate", kind, nullable=False)])
    for shard in (0, 1):
        folder = tmp_path / DOCUMENTS.format(survey="ztf", night="20180201", shard=f"{shard:04d}")
        folder.mkdir(parents=True)
        rows = [
            {"_id": shard * 100 + n, "candidate": {"magpsf": 14.0 + n / 10, "jd": float(n)}}
            for n in range(100)
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema), folder / "0.parquet")
    wanted = Wanted({"candidate.magpsf": {"$lt": 16}})
    found = FilesHome(tmp_path).find(
        "ZTF_alerts", wanted, Options(limit=2, sort=(("candidate.magpsf", 1), ("_id", 1)))
    )
    assert [document["_id"] for document in found] == [0, 100]
    assert found[1]["candidate"] == {"magpsf": 14.0, "jd": 0.0}
