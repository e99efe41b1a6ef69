"""Every query type on both homes: the tables, and a MongoDB filled from the same packets."""

import shutil

import pyarrow as pa
import pytest
from archive_nights import ingest
from mongod import DATABASE
from nights import ZTF
from object_nights import make_packets, write_night

from pipeline.alerts.decode import ShardFiles, decode_shard
from pipeline.archive.cones.regions import Area
from pipeline.archive.documents import write_documents
from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Options, Wanted
from pipeline.archive.query.mongodb import mongo_home
from pipeline.archive.query.request import answer
from pipeline.io.tables import write_table
from pipeline.services.mongodb import Server
from pipeline.sky.maps.build import Told
from pipeline.sky.maps.gaussian import Ellipse, map_of_ellipse

NIGHTS, SHARDS, EACH = 2, 2, 60


def made_scores(path, candids):
    """Write a table of scores in which one is null."""
    columns = {
        "candid": candids,
        "braai": pa.array([None, *[0.25 * (i % 4) for i in range(1, len(candids))]], pa.float32()),
        "braai_version": ["d6_m9"] * len(candids),
        "braai_reason": pa.array([None] * len(candids), pa.string()),
    }
    write_table(pa.table(columns), path)


@pytest.fixture(scope="module")
def directory(tmp_path_factory, replica_set):
    """Return a working directory with tables and documents; the MongoDB has them too."""
    directory = tmp_path_factory.mktemp("homes")
    with replica_set.client() as client:
        client.drop_database(DATABASE)
    for number in range(NIGHTS):
        night = f"2018020{number + 1}"
        packets = make_packets(EACH, 12, number, seed=5)
        for i, packet in enumerate(packets):  # some near each other, around RA 0 and a pole
            candidate = packet["candidate"]
            if i % 3 == 0:
                candidate.update(ra=(359.9999 + i * 1e-5) % 360, dec=10 + i * 1e-5 + number * 3e-6)
            elif i % 3 == 1:
                candidate.update(dec=89.9995)
        index = write_night(directory / f"packets{number}", packets)
        scores = directory / f"scores{number}.parquet"
        made_scores(scores, [p["candid"] for p in packets])
        for shard in range(SHARDS):
            of = f"ztf/{night}/{shard:04d}"
            files = {
                n: directory / f"results/{n}/{of}.parquet"
                for n in ("alerts", "history", "rejected")
            }
            counts = directory / f"results/counts/{of}.json"
            decode_shard(index, ZTF, shard, SHARDS, ShardFiles(**files, counts=counts))
            out = directory / f"results/documents/{of}"
            write_documents(index, ZTF, (shard, SHARDS), scores, out)
            receipt = directory / f"{number}{shard}.json"
            with pytest.MonkeyPatch.context() as patch:
                for name, value in replica_set.environment("writer").items():
                    patch.setenv(name, value)
                ingest(replica_set, index, receipt, (shard, SHARDS), {"scores": scores})
    return directory


def area(ra, dec, radius, level, **window):
    """Return the region of an error circle [deg]."""
    return Area(map_of_ellipse(Ellipse(ra, dec, radius, radius), Told("circle")), level, **window)


@pytest.fixture(params=["files", "mongodb"])
def home(request, directory, replica_set, monkeypatch):
    if request.param == "files":
        yield FilesHome(directory)
        return
    for name, value in replica_set.environment("reader").items():
        monkeypatch.setenv(name, value)
    with mongo_home(Server(replica_set.uri, DATABASE)) as home:
        yield home


def near_0(radius):
    return {
        "object_coordinates": {
            "radec": {"at.0": [0.0, 10.0001], "pole": ["00:00:00", "+90:00:00"], "far": [200, -70]},
            "cone_search_radius": radius,
            "cone_search_unit": "arcsec",
        },
        "catalogs": {"ZTF_alerts": {"filter": {}, "projection": {"_id": 1}}},
    }


FILTER = {"candidate.magpsf": {"$lt": 19}, "classifications.braai": {"$gte": 0.25}}
QUERIES = {
    "find": ("find", {"catalog": "ZTF_alerts", "filter": FILTER}),
    "find: all": ("find", {"catalog": "ZTF_alerts", "filter": {}}),
    "find: projection": (
        "find",
        {"catalog": "ZTF_alerts", "filter": {}, "projection": {"candid": 1, "candidate.jd": 1}},
    ),
    "find: null": ("find", {"catalog": "ZTF_alerts", "filter": {"candidate.diffmaglim": None}}),
    "find: missing": (
        "find",
        {"catalog": "ZTF_alerts", "filter": {"classifications.braai": {"$exists": False}}},
    ),
    "find: sorted": (
        "find",
        {"catalog": "ZTF_alerts", "filter": {}, "projection": {"_id": 1}},
        {"sort": [["candidate.magpsf", -1], ["candid", 1]], "skip": 3, "limit": 9},
    ),
    "find: a literal": ("find", {"catalog": "ZTF_alerts", "filter": "{'candid': 3}"}),
    "find_one": ("find_one", {"catalog": "ZTF_alerts", "filter": {"candid": 1003}}),
    "find_one: none": ("find_one", {"catalog": "ZTF_alerts", "filter": {"candid": -3}}),
    "count": ("count_documents", {"catalog": "ZTF_alerts", "filter": FILTER}),
    "estimated": ("estimated_document_count", {"catalog": "ZTF_alerts"}),
    "group": (
        "aggregate",
        {
            "catalog": "ZTF_alerts",
            "pipeline": [
                {"$match": {"candidate.magpsf": {"$lt": 19}}},
                {"$group": {
                    "_id": "$objectId", "n": {"$sum": 1}, "jd": {"$max": "$candidate.jd"},
                    "magpsf": {"$min": "$candidate.magpsf"},
                }},
                {"$sort": {"_id": 1}},
            ],
        },
    ),
    "count by stage": ("aggregate", {"catalog": "ZTF_alerts", "pipeline": [{"$count": "n"}]}),
    "top": (
        "aggregate",
        {
            "catalog": "ZTF_alerts",
            "pipeline": [
                {"$sort": {"candidate.jd": -1}}, {"$limit": 4},
                {"$project": {"objectId": 1, "late": {"$gt": ["$candidate.jd", 2458010]}}},
            ],
        },
    ),
    "cone": ("cone_search", near_0(1.5)),
    "cone: wide": ("cone_search", near_0(30.0)),
    "cone: 0": ("cone_search", near_0(0.0)),
    "cone: filter": (
        "cone_search",
        {**near_0(30.0), "catalogs": {"ZTF_alerts": {"filter": FILTER}}},
    ),
    "near": (
        "near",
        {
            "radec": {"a.b": [0.0, 10.0001]}, "min_distance": 0.1, "max_distance": 1.5,
            "distance_units": "arcsec", "catalogs": {"ZTF_alerts": {"projection": {"_id": 1}}},
        },
        {"limit": 7},
    ),
    "near: list": (
        "near",
        {
            "radec": [[0.0, 10.0001], [359.9999, 10]], "max_distance": 0.02,
            "distance_units": "arcmin", "catalogs": {"ZTF_alerts": {"filter": FILTER}},
        },
    ),
}  # fmt: skip
answers = {}


def in_order(found):
    """Return an answer without the order that nobody asked for."""
    if isinstance(found, list):
        return sorted(found, key=lambda document: str(document.get("_id")))
    if isinstance(found, dict) and "ZTF_alerts" in found:
        return {name: in_order(part) for name, part in found["ZTF_alerts"].items()}
    return found


@pytest.mark.parametrize("name", QUERIES)
def test_answers_are_equal(home, name):
    query_type, query, *kwargs = QUERIES[name]
    found = answer(home, query_type, query, *kwargs)
    ordered = query_type == "near" or (kwargs and "sort" in kwargs[0]) or name in ("group", "top")
    found = found if ordered else in_order(found)
    other = answers.setdefault(name, found)
    assert found == other
    assert name in ("find: a literal", "find_one: none") or found


AREAS = {
    "circle": (area(0.0, 10.0005, 0.0008, 0.9), {}, {"candid": 1}, Options()),
    "pole": (area(120.0, 89.999, 4.0, 0.9), FILTER, None, Options()),
    "part": (area(0, 10.0005, 0.0008, 0.5), {}, {"_id": 0, "candid": 1}, Options(4, 1)),
    "sorted": (area(0, 10, 4, 0.99), {}, {"candid": 1}, Options(4, 0, (("candid", -1),))),
    "window": (
        area(0, 10, 4, 0.99, first_jd=2458000.51, last_jd=2458000.54), {}, {"candid": 1}, Options()
    ),
    "all": (area(0, 10, 20.0, 1.0), {"candid": {"$lt": 9}}, {"candid": 1}, Options()),
}  # fmt: skip


@pytest.mark.parametrize("name", AREAS)
def test_regions_are_equal(home, name):
    where, filter_, projection, options = AREAS[name]
    found = home.skymap(where, "ZTF_alerts", Wanted(filter_, projection), options)
    assert found
    assert found == answers.setdefault(f"skymap {name}", found)


def test_names(home):
    names = answer(home, "info", {"command": "catalog_names"})
    assert "ZTF_alerts" in names
    for command in ("catalog_info", "index_info"):
        assert answer(home, "info", {"command": command, "catalog": "ZTF_alerts"})
    assert (
        answer(home, "info", {"command": "catalog_info", "catalog": "ZTF_alerts"})["count"] == 120
    )
    assert answer(home, "info", {"command": "db_info"})["collections"] >= 1


@pytest.mark.parametrize(
    ("query_type", "query"),
    [
        ("find", {"catalog": "ZTF_alerts", "filter": {"$where": "sleep(1000)"}}),
        ("find", {"catalog": "ZTF_alerts", "filter": {"candid": {"$function": {}}}}),
        ("find", {"catalog": "system.users", "filter": {}}),
        ("find", {"catalog": "nothing", "filter": {}}),
        ("aggregate", {"catalog": "ZTF_alerts", "pipeline": [{"$out": "ZTF_alerts"}]}),
        ("aggregate", {"catalog": "ZTF_alerts", "pipeline": [{"$lookup": {"from": "ZTF_alerts"}}]}),
        (
            "aggregate",
            {"catalog": "ZTF_alerts", "pipeline": [{"$facet": {"a": [{"$merge": "b"}]}}]},
        ),
        ("count_documents", {"catalog": "ZTF_alerts", "filter": {"$gtt": 1}}),
    ],
)
def test_what_is_refused(home, query_type, query):
    with pytest.raises(
        ValueError, match=r"not allowed|no catalogue|unknown|no map|contour|expected"
    ):
        answer(home, query_type, query)


def test_the_same_with_indexes(directory, tmp_path):
    """Cones by an index are those without one."""
    from pipeline.archive.cones.build import build_index

    copy = tmp_path / "copy"
    shutil.copytree(directory, copy)
    for night in copy.glob("results/alerts/ztf/*"):
        out = copy / f"results/cones/ztf/{night.name}"
        build_index(sorted(night.glob("*.parquet")), "ztf", night.name, [], out)
    for name in ("cone", "cone: filter", "near"):
        with_index = answer(FilesHome(copy), *QUERIES[name])
        assert with_index == answer(FilesHome(directory), *QUERIES[name])
