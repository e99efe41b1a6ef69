"""Catalogues of the configuration on both homes: their stores, and a MongoDB that they went to."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_tables import write_alerts
from astropy.time import Time
from mongod import DATABASE
from serving import Serving
from workdir import make_workdir

from pipeline.archive.cones.regions import Area
from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Wanted
from pipeline.archive.query.mongodb import mongo_home
from pipeline.archive.query.request import answer
from pipeline.archive.stores.ingest import ingest_store
from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.domain import Catalog
from pipeline.services.mongodb import Server
from pipeline.sky.maps.build import Told
from pipeline.sky.maps.gaussian import Ellipse, map_of_ellipse

ROWS = 5000  # several batches
NAME = "stars"


def made(directory, mag_of=lambda i: 10 + i / 16):
    """Write a catalogue and its store; return the store."""
    rng = np.random.default_rng(4)
    columns = {
        "ra": np.concatenate([rng.normal(0, 0.01, 300) % 360, rng.uniform(0, 360, ROWS - 300)]),
        "dec": np.concatenate([rng.normal(10, 0.01, 300), rng.uniform(-90, 90, ROWS - 300)]),
        "source": np.arange(ROWS) + 2**40,
        "mag": pa.array([None if i % 5 == 0 else mag_of(i) for i in range(ROWS)]),
        "flags": pa.array([i % 3 for i in range(ROWS)], pa.int16()),
        "kind": pa.array([None if i % 7 == 0 else f"k{i % 4}" for i in range(ROWS)]),
    }
    pq.write_table(pa.table(columns), directory / "stars.parquet")
    source = Catalog(path="x.parquet", id="source", columns=["mag", "flags", "kind"]).source
    store = directory / "results/catalogs" / NAME
    build_store(directory / "stars.parquet", store, source)
    return store


@pytest.fixture
def writer(replica_set, monkeypatch):
    for name, value in replica_set.environment("writer").items():
        monkeypatch.setenv(name, value)
    return Server(replica_set.uri, DATABASE)


@pytest.fixture(scope="module")
def directory(tmp_path_factory, replica_set):
    directory = tmp_path_factory.mktemp("stores")
    write_alerts(directory, [0.0], [10.0])
    store = made(directory)
    with replica_set.client() as client:
        client.drop_database(DATABASE)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in replica_set.environment("writer").items():
            patch.setenv(name, value)
        server = Server(replica_set.uri, DATABASE)
        assert ingest_store(store, NAME, server, directory / "receipt.json") == ROWS
    return directory


@pytest.fixture(params=["files", "mongodb"])
def home(request, directory, writer):
    if request.param == "files":
        yield FilesHome(directory)
        return
    with mongo_home(writer) as home:
        yield home


def around(radius, **wanted):
    return {
        "object_coordinates": {
            "radec": {"at.0": [0.0, 10.0001], "pole": ["00:00:00", "+90:00:00"], "far": [200, -70]},
            "cone_search_radius": radius,
            "cone_search_unit": "arcsec",
        },
        "catalogs": {NAME: wanted},
    }


def near(least, most, **wanted):
    return {
        "radec": {"a": [0.0, 10.0]}, "min_distance": least, "max_distance": most,
        "distance_units": "arcsec", "catalogs": {NAME: wanted},
    }  # fmt: skip


FILTER = {"mag": {"$lt": 20}, "kind": {"$exists": True}}
QUERIES = {
    "cone": ("cone_search", around(30.0)),
    "wide cone": ("cone_search", around(7200.0, filter=FILTER, projection={"mag": 1})),
    "near": ("near", near(5, 40)),
    "near: limit": ("near", near(0, 40, filter=FILTER), {"limit": 5, "skip": 2}),
    "find": ("find", {"catalog": NAME, "filter": FILTER}),
    "find: no mag": ("find", {"catalog": NAME, "filter": {"mag": None, "flags": 1}}),
    "find: sorted": (
        "find",
        {"catalog": NAME, "filter": {}, "projection": {"mag": 1}},
        {"sort": [["flags", -1], ["_id", 1]], "limit": 9},
    ),
    "find_one": ("find_one", {"catalog": NAME, "filter": {"_id": 2**40 + 7}}),
    "count": ("count_documents", {"catalog": NAME, "filter": FILTER}),
    "estimated": ("estimated_document_count", {"catalog": NAME}),
    "group": (
        "aggregate",
        {"catalog": NAME, "pipeline": [
            {"$group": {"_id": "$flags", "n": {"$sum": 1}, "mag": {"$max": "$mag"}}},
            {"$sort": {"_id": 1}},
        ]},
    ),
}  # fmt: skip
answers = {}


def in_order(found):
    """Return documents by their keys: a find without sort, and a cone, may have any order."""
    if isinstance(found, dict) and NAME in found:
        return {n: sorted(some, key=lambda d: d["_id"]) for n, some in found[NAME].items()}
    return sorted(found, key=lambda d: d["_id"]) if isinstance(found, list) else found


@pytest.mark.parametrize("name", QUERIES)
def test_answers_are_equal(home, name):
    query_type, *query = QUERIES[name]
    found = answer(home, query_type, *query)
    ordered = query_type == "near" or name in ("find: sorted", "group")
    found = found if ordered else in_order(found)
    assert found
    assert found == answers.setdefault(name, found)


def test_names(home):
    assert NAME in answer(home, "info", {"command": "catalog_names"})
    info = answer(home, "info", {"command": "catalog_info", "catalog": NAME})
    assert info["count"] == ROWS


def test_again_changes_nothing_and_what_differs_is_replaced(
    directory, writer, tmp_path, replica_set
):
    first = (directory / "receipt.json").read_bytes()
    ingest_store(directory / "results/catalogs" / NAME, NAME, writer, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == first
    changed = made(tmp_path, lambda i: 10 + i / 16 + (i == 13))
    with replica_set.client() as client:
        other = client[DATABASE].other
        ingest_store(directory / "results/catalogs" / NAME, "other", writer, tmp_path / "1.json")
        ingest_store(changed, "other", writer, tmp_path / "2.json")
        assert other.count_documents({}) == ROWS
        assert other.find_one({"_id": 2**40 + 13})["mag"] == 10 + 13 / 16 + 1
        assert "coordinates.radec_geojson_2dsphere__id_1" in other.index_information()
        other.drop()


def test_rows_with_one_name_are_refused(writer, tmp_path):
    table = pa.table({"ra": [1.0, 2.0], "dec": [0.0, 0.0], "id": ["a", "a"]})
    pq.write_table(table, tmp_path / "c.parquet")
    build_store(tmp_path / "c.parquet", tmp_path / "s", Catalog(path="c.parquet", id="id").source)
    with pytest.raises(ValueError, match=r"catalogs\.c: several rows have one id"):
        ingest_store(tmp_path / "s", "c", writer, tmp_path / "r.json")
    assert not (tmp_path / "r.json").exists()


def test_in_the_workflow(replica_set, tmp_path):
    workdir = make_workdir(tmp_path)
    to = {"uri": replica_set.uri, "database": DATABASE}
    workdir.configure(1, archive={**to, "catalogs": ["planets"]})
    assert "archive.catalogs: 'planets' is not in" in workdir.snakemake("--dry-run", ok=False)
    workdir.configure(1, archive={**to, "catalogs": ["stars"]})
    environment = replica_set.environment("writer")
    receipt = "results/archive/catalogs/stars.json"
    workdir.snakemake("--cores", "2", receipt, **environment)
    told = json.loads((workdir.path / receipt).read_text())
    with replica_set.client() as client:
        stars = client[DATABASE].stars
        assert stars.count_documents({"type": {"$exists": True}}) >= told["counts"]["stars"] > 0
        assert client[DATABASE].ZTF_alerts.estimated_document_count() == 0


def test_by_penquins(directory, tmp_path):
    running = Serving(directory, tmp_path / "log").start()
    try:
        with running.client(timeout=60) as client:
            assert NAME in client.get_catalogs()
            for name in ("cone", "near", "count", "find: sorted"):
                kind, query, *kwargs = QUERIES[name]
                said = {"query_type": kind, "query": query, "kwargs": kwargs[0] if kwargs else {}}
                found = client.query(said)["default"]
                assert found["status"] == "success", found["message"]
                assert found["data"] == answer(FilesHome(directory), kind, query, *kwargs)
    finally:
        running.end()


def test_a_window_of_alerts_in_another_time_scale(replica_set, writer):
    """Rubin's alerts have TAI, as MJD; the tables, and windows, have UTC."""
    where = map_of_ellipse(Ellipse(30.0, 5.0, 1.0, 1.0), Told("circle"))
    mjd = 60000.5
    utc = Time(mjd, format="mjd", scale="tai").utc.jd
    with replica_set.client() as client:
        client[DATABASE].LSST_alerts.insert_many(
            {
                "_id": i, "diaSource": {"midpointMjdTai": mjd + i * 1e-5},
                "coordinates": {"radec_geojson": {"type": "Point", "coordinates": [-150.0, 5.0]}},
            }
            for i in range(100)
        )  # fmt: skip
    with mongo_home(writer) as home:
        area = Area(where, 0.9, first_jd=utc + 4.5e-5, last_jd=utc + 9.5e-5)
        found = home.skymap(area, "LSST_alerts", Wanted({}, {"_id": 1}))
        assert [document["_id"] for document in found] == [5, 6, 7, 8, 9]
        with pytest.raises(ValueError, match="no window"):
            home.skymap(area, NAME, Wanted({}))
    with replica_set.client() as client:
        client[DATABASE].LSST_alerts.drop()
