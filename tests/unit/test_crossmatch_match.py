"""The table of matches: columns, order, ranks; many surveys and catalogues."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from pipeline.crossmatch.build import build_store, build_store_from_alerts
from pipeline.crossmatch.domain import Catalog, cones
from pipeline.crossmatch.match import match_alerts, matches_schema

ARCSEC = 1 / 3600
BIG = 2475433850015010009  # not a float64


def alerts_at(ra, dec, candid=None):
    candid = range(BIG, BIG + len(ra)) if candid is None else candid
    columns = {"candid": pa.array(candid, pa.int64())}
    return pa.table(
        columns | {"ra": pa.array(ra, pa.float64()), "dec": pa.array(dec, pa.float64())}
    )


@pytest.fixture
def stars(tmp_path):
    rows = {
        "ra": [10.0, 10.0, 10.0, 200.0],
        "dec": [0.0, 1.5 * ARCSEC, -1.5 * ARCSEC, 5.0],
        "name": ["centre", "north", "south", None],
        "mag": pa.array([1, 2, 3, 4], pa.int8()),
    }
    pq.write_table(pa.table(rows), tmp_path / "stars.parquet")
    config = Catalog(path="stars.parquet", columns=["mag", "name"], surveys=["ztf", "pgir"])
    build_store(tmp_path / "stars.parquet", tmp_path / "stars", config.source)
    return config, tmp_path / "stars"


@pytest.fixture
def galaxies(tmp_path):
    (tmp_path / "gal.csv").write_text(
        "ra,dec,z,key\n10,0.004,0.05,far\n10,0.009,0.05,too far\n10,0.04,0.002,near\n"
    )
    config = Catalog(
        path="gal.csv",
        id="key",
        columns=["z"],
        radius_arcsec=300,
        distance={"column": "z", "unit": "redshift", "low_arcsec": {"ztf": 300, "wntr": 100}},
        surveys=["ztf", "wntr"],
    )
    build_store(tmp_path / "gal.csv", tmp_path / "gal", config.source)
    return config, tmp_path / "gal"


def both(stars, galaxies):
    catalogs = {"gal": galaxies[0], "stars": stars[0]}
    return catalogs, {"gal": galaxies[1], "stars": stars[1]}


def schema(stores, catalogs, survey):
    return matches_schema({name: stores[name] for name in cones(catalogs, survey)})


def test_rows_columns_and_order(stars, galaxies):
    catalogs, stores = both(stars, galaxies)
    alerts = alerts_at([200.0, 10.0, 99.0], [5.0, 0.0, 0.0])
    found = match_alerts(alerts, stores, cones(catalogs, "ztf"))
    assert found.schema.equals(schema(stores, catalogs, "ztf"), check_metadata=True)
    assert found.schema.names == [
        *("candid", "catalog", "match_id", "distance_arcsec", "distance_kpc", "rank"),
        *("gal_z", "stars_mag", "stars_name"),
    ]
    assert found.schema.field("stars_mag").type == pa.int8()
    assert found.schema.field("distance_arcsec").metadata[b"unit"] == b"arcsec"
    rows = [tuple(row.values()) for row in found.to_pylist()]
    near = pytest.approx(1.5, abs=1e-9)
    first, second = sorted([(2, "north"), (3, "south")], key=lambda s: s[0] == rows[5][7])
    assert rows == [
        (BIG, "stars", "3", 0.0, None, 1, None, 4, None),
        (BIG + 1, "gal", "far", 14.4, 14.4, 1, 0.05, None, None),
        (BIG + 1, "gal", "near", 144.0, -1.0, 2, 0.002, None, None),
        (BIG + 1, "stars", "0", 0.0, None, 1, None, 1, "centre"),
        (BIG + 1, "stars", str(first[0] - 1), near, None, 2, None, *first),
        (BIG + 1, "stars", str(second[0] - 1), near, None, 3, None, *second),
    ]


def test_each_survey_has_its_catalogues_and_radii(stars, galaxies):
    catalogs, stores = both(stars, galaxies)
    alerts = alerts_at([10.0], [0.0])
    wntr = match_alerts(alerts, stores, cones(catalogs, "wntr"))
    assert wntr["match_id"].to_pylist() == ["far"]  # near galaxies within 100" only
    assert "stars_mag" not in wntr.schema.names
    assert set(match_alerts(alerts, stores, cones(catalogs, "pgir"))["catalog"].to_pylist()) == {
        "stars"
    }
    # a survey without catalogues has an empty table, of the common columns
    none = match_alerts(alerts, {}, cones(catalogs, "lsst"))
    assert (none.num_rows, none.num_columns) == (0, 6)


@pytest.mark.parametrize("survey", ["ztf", "wntr", "lsst"])
def test_no_alerts(stars, galaxies, survey):
    catalogs, stores = both(stars, galaxies)
    found = match_alerts(alerts_at([], []), stores, cones(catalogs, survey))
    assert found.num_rows == 0
    assert found.schema.equals(
        schema(stores, catalogs, survey),
        check_metadata=True,
    )


def test_an_empty_catalogue(tmp_path):
    (tmp_path / "none.csv").write_text("ra,dec,z\n")
    distance = {"column": "z", "unit": "redshift"}
    config = Catalog(path="none.csv", columns=["z"], distance=distance)
    build_store(tmp_path / "none.csv", tmp_path / "none", config.source)
    # even so, M31 is there
    m31 = alerts_at([10.6847, 0.0], [41.26901, 0.0])
    found = match_alerts(m31, {"none": tmp_path / "none"}, cones({"none": config}, "ztf"))
    assert found["match_id"].to_pylist() == ["596900"]
    assert found["distance_kpc"].to_pylist() == [-1.0]
    assert found["none_z"].to_pylist() == [None]


def test_positions_that_are_none_match_nothing(stars):
    config, store = stars
    alerts = alerts_at([None, np.nan, np.inf, 10.0, 190.0, 370.0], [0.0, 0.0, 0.0, None, 180, 0.0])
    found = match_alerts(alerts, {"stars": store}, cones({"stars": config}, "ztf"))
    assert set(found["candid"].to_pylist()) == {BIG + 5}


def test_duplicates_each_have_their_matches(stars):
    config, store = stars
    alerts = alerts_at([10.0, 10.0], [0.0, 0.0], candid=[7, 7])
    found = match_alerts(alerts, {"stars": store}, cones({"stars": config}, "ztf"))
    assert found["rank"].to_pylist() == [1, 2, 3, 1, 2, 3]


def test_an_alert_s_matches_do_not_depend_on_the_others(tmp_path):
    rng = np.random.default_rng(3)
    ra, dec = rng.uniform(0, 0.1, 3000), rng.uniform(-0.05, 0.05, 3000)
    pq.write_table(pa.table({"ra": ra, "dec": dec}), tmp_path / "cat.parquet")
    config = Catalog(path="cat.parquet", radius_arcsec=20)
    build_store(tmp_path / "cat.parquet", tmp_path / "cat", config.source)
    alerts = alerts_at(rng.uniform(0, 0.1, 200), rng.uniform(-0.05, 0.05, 200))

    def match(part):
        return match_alerts(part, {"cat": tmp_path / "cat"}, cones({"cat": config}, "ztf"))

    whole = match(alerts)
    assert whole.num_rows > 1000
    shards = pa.concat_tables([match(alerts.slice(i, 29)) for i in range(0, 200, 29)])
    assert shards.equals(whole)


def test_other_surveys_against_alerts_of_ztf(tmp_path):
    ztf = alerts_at([83.0, 83.0], [-5.0, -5.0 + 7 * ARCSEC])
    ztf = ztf.append_column("object_id", pa.array(["ZTF1", "ZTF2"]))
    pq.write_table(ztf, tmp_path / "0.parquet")
    radius = {"pgir": 8.0, "wntr": 2.0}
    config = Catalog(
        alerts="ztf", columns=["object_id"], radius_arcsec=radius, surveys=["pgir", "wntr"]
    )
    build_store_from_alerts([tmp_path / "0.parquet"], tmp_path / "ztf", config.source)
    pgir = alerts_at([83.0], [-5.0], candid=[114297926])

    def match(survey):
        return match_alerts(pgir, {"ztf": tmp_path / "ztf"}, cones({"ztf": config}, survey))

    assert match("pgir").select(["candid", "match_id", "ztf_object_id"]).to_pylist() == [
        {"candid": 114297926, "match_id": str(BIG), "ztf_object_id": "ZTF1"},
        {"candid": 114297926, "match_id": str(BIG + 1), "ztf_object_id": "ZTF2"},
    ]
    assert match("wntr")["ztf_object_id"].to_pylist() == ["ZTF1"]


def test_columns_whose_names_collide(tmp_path):
    (tmp_path / "a.csv").write_text("ra,dec,b_c,c,id\n1,1,1,1,1\n")
    first = Catalog(path="a.csv", columns=["b_c"])
    second = Catalog(path="a.csv", columns=["c"])
    stores = {}
    for name, config in {"a": first, "a_b": second}.items():
        stores[name] = tmp_path / "stores" / name
        build_store(tmp_path / "a.csv", stores[name], config.source)
    with pytest.raises(ValueError, match="two columns of matches are 'a_b_c'"):
        matches_schema(stores)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "either path .* or alerts"),
        ({"path": "a", "alerts": "b"}, "either path .* or alerts"),
        ({"path": "a", "radius_arcsec": 0}, "radius_arcsec must lie in"),
        ({"path": "a", "radius_arcsec": {"pgir": 8}}, "radius_arcsec has no value for ztf"),
        ({"path": "a", "columns": ["x", "x"]}, "names a column twice"),
        (
            {"path": "a", "distance": {"column": "z", "unit": "redshift", "low_arcsec": -1}},
            r"distance\.low_arcsec must lie in",
        ),
        ({"path": "a", "distance": {"column": "z", "unit": "kpc"}}, "'redshift' or 'Mpc'"),
    ],
)
def test_wrong_configuration(keys, message):
    with pytest.raises(ValidationError, match=message):
        Catalog(**keys)
