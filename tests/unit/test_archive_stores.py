"""Catalogues of the configuration in the embedded archive: near positions, find, count."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_tables import write_alerts
from astropy.coordinates import SkyCoord

from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Options, Wanted
from pipeline.archive.query.positions import read_positions
from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.domain import Catalog

ROWS = 300


@pytest.fixture(scope="module")
def stars():
    rng = np.random.default_rng(4)
    return {
        "ra": (10 + rng.normal(0, 0.01, ROWS)) % 360,
        "dec": rng.normal(0, 0.01, ROWS),
        "name": [f"star {i}" for i in range(ROWS)],
        "mag": pa.array([None if i % 5 == 0 else 10 + i / 16 for i in range(ROWS)]),
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory, stars):
    directory = tmp_path_factory.mktemp("stores")
    write_alerts(directory, [10.0], [0.0])
    pq.write_table(pa.table(stars), directory / "stars.parquet")
    source = Catalog(path="stars.parquet", id="name", columns=["mag"]).source
    build_store(directory / "stars.parquet", directory / "results/catalogs/stars", source)
    return FilesHome(directory)


def test_names_and_counts(home):
    assert home.catalog_names()[-1] == "stars"
    assert home.catalog_info("stars")["count"] == ROWS
    assert home.catalog_info("stars")["nights"] == {}
    assert home.index_info("stars") == {}
    assert home.db_info()["objects"] >= ROWS
    assert home.estimated_document_count("stars") == home.count_documents("stars", {}) == ROWS
    assert home.count_documents("stars", {"mag": {"$exists": False}}) == ROWS / 5
    assert home.count_documents("stars", {"mag": {"$lt": 12}}) == 25


def test_cones_are_those_of_astropy(home, stars):
    positions = read_positions({"a": [10.0, 0.0], "b": [10.005, 0.005], "far": [200, 10]})
    found = home.cone_search(positions, 20.0, {"stars": Wanted({})})["stars"]
    places = SkyCoord(stars["ra"], stars["dec"], unit="deg")
    for name, ra, dec in zip(*positions, strict=True):
        arcsec = SkyCoord(ra, dec, unit="deg").separation(places).arcsec
        nearest = [f"star {i}" for i in np.argsort(arcsec) if arcsec[i] <= 20]
        assert [document["_id"] for document in found[name]] == nearest
    assert found["a"] and not found["far"]
    for document in found["a"]:
        row = int(document["_id"].split()[1])
        lon, lat = document["coordinates"]["radec_geojson"]["coordinates"]
        np.testing.assert_allclose([lon + 180, lat], [stars["ra"][row], stars["dec"][row]])
        assert ("mag" in document) is (row % 5 != 0)


def test_near_with_filter_sort_and_limit(home):
    positions = read_positions([[10.0, 0.0]])
    wanted = Wanted({"mag": {"$gt": 12}}, {"mag": 1})
    far = home.near(positions, 10.0, 40.0, {"stars": wanted})["stars"]
    all_ = home.near(positions, 0.0, 40.0, {"stars": wanted})["stars"]
    close = home.cone_search(positions, 10.0, {"stars": wanted})["stars"]
    ((name, near),) = far.items()
    assert close[name] + near == all_[name]
    assert set(near[0]) == {"_id", "mag"}
    options = Options(sort=(("mag", -1),), limit=2, skip=1)
    mags = sorted((d["mag"] for d in near), reverse=True)
    found = home.near(positions, 10.0, 40.0, {"stars": wanted}, options)["stars"][name]
    assert [d["mag"] for d in found] == mags[1:3]


def test_what_is_no_whole_store(home, tmp_path):
    write_alerts(tmp_path, [10.0], [0.0])
    folder = tmp_path / "results/catalogs/broken"
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text("{}")
    broken = FilesHome(tmp_path)
    with pytest.raises(ValueError, match="is not a catalogue store"):
        broken.find("broken", Wanted({}))
    with pytest.raises(ValueError, match="there is no catalogue"):
        home.find("planets", Wanted({}))
